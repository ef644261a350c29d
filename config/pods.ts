import { z } from "zod";
import { objectName, labels, quantity } from "./values.ts";

/** Keys for both Traefik and Gatus that decide where their pods run. */
export const placement = {
  nodeSelector: labels.default({}).describe("Labels of the nodes on which the pods may run."),
  tolerations: z
    .array(
      z.strictObject({
        key: z.string().optional().describe("Key of the taint. If omitted, every taint matches."),
        operator: z.enum(["Exists", "Equal"]).optional().describe("Defaults to `Equal`."),
        value: z.string().optional().describe("Value of the taint, for the operator `Equal`."),
        effect: z
          .enum(["NoSchedule", "PreferNoSchedule", "NoExecute"])
          .optional()
          .describe("Effect of the taint. If omitted, every effect matches."),
        tolerationSeconds: z
          .int()
          .min(0)
          .optional()
          .describe("How long a taint with effect `NoExecute` is tolerated."),
      }),
    )
    .default([])
    .describe("Taints that the pods tolerate."),
  affinity: z
    .record(z.string(), z.unknown())
    .optional()
    .describe("Affinity of the pods, as in a pod's `spec.affinity`."),
  priorityClassName: objectName.optional().describe("PriorityClass of the pods."),
  podPatch: z
    .record(z.string(), z.unknown())
    .optional()
    .describe(
      "A strategic merge patch to the pod template (`metadata` and `spec`), for fields that no key sets. The policies check the result.",
    ),
};

/** Requests and limits of a container. */
export const resources = z.strictObject({
  requests: z
    .strictObject({
      cpu: quantity.describe("CPU request."),
      memory: quantity.describe("Memory request."),
    })
    .describe("Resource requests for each replica."),
  limits: z
    .strictObject({
      cpu: quantity
        .optional()
        .describe("CPU limit. Without one, a replica may use any spare CPU on the node."),
      memory: quantity.describe("Memory limit."),
    })
    .describe("Resource limits for each replica."),
});

/** The section `images`. */
export const images = z
  .strictObject({
    mirrors: z
      .record(
        z.string().regex(/^[a-z0-9.-]+(:[0-9]+)?$/, "the host of a registry, such as docker.io"),
        z
          .string()
          .regex(
            /^[a-z0-9.-]+(:[0-9]+)?(\/[a-z0-9._-]+)*$/,
            "a registry and a path, such as mirror.example.com/docker",
          ),
      )
      .default({})
      .describe(
        "Mirrors to pull from, by the host of the original registry: `docker.io: mirror.example.com/docker`. The digests stay the same.",
      ),
    pullSecrets: z
      .array(objectName)
      .default([])
      .describe("Secrets with registry credentials. They must exist in the namespace of each pod."),
  })
  .prefault({});
