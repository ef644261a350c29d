import { z } from "zod";
import { duration, hostname, labelName, labels, objectName, quantity } from "./values.ts";

const endpoint = z.looseObject({
  name: z.string().min(1).describe("Its name; name and group together must be unique."),
  group: z.string().optional().describe("The group that it is shown in."),
  url: z.string().min(1).describe("What is asked, as Gatus reads it: `https://…`, `icmp://…`, `tcp://…`."),
  interval: duration.default("1m").describe("How often."),
  conditions: z
    .array(z.string().min(1))
    .min(1)
    .describe("What must hold. `[STATUS] == 200`: `< 500` would hold on a time-out too."),
});

const storage = z.discriminatedUnion(
  "type",
  [
    z.strictObject({ type: z.literal("memory").describe("Results are lost on a restart.") }),
    z.strictObject({
      type: z.literal("sqlite").describe("A file on a claim, which outlives the stack."),
      size: quantity.default("1Gi").describe("Size of the claim."),
      storageClass: z.string().min(1).optional().describe("Its storage class; by default the cluster's."),
    }),
    z.strictObject({
      type: z.literal("postgres").describe("A database."),
      secret: objectName.describe("An existing Secret of Gatus' namespace with a `postgres://` address."),
      key: z.string().default("url").describe("The key in it."),
    }),
  ],
  { error: 'type "memory", "sqlite" or "postgres"' },
);

/** The section `gatus`. */
export const gatus = z
  .strictObject({
    install: z.boolean().describe("false: a HelmRelease owns Gatus here, or nobody."),
    namespace: labelName.default("observability").describe("Its namespace; made where it is absent."),
    hostname: hostname.optional().describe("Hostname of its page; no HTTPRoute without one."),
    gateway: labelName
      .optional()
      .describe("Name of the Gateway that serves the page; by default the first one of `gateways`."),
    endpoints: z
      .array(endpoint)
      .default([])
      .describe(
        "Endpoints that no route stands for, with any further field of Gatus' own. With none, Gatus watches itself: it refuses to run without any.",
      ),
    storage: storage.default({ type: "memory" }).describe("Where results are kept."),
    discover: z
      .strictObject({
        httpRoutes: z
          .boolean()
          .default(true)
          .describe('Every HTTPRoute that is not annotated `gatus.home-operations.com/enabled: "false"`.'),
        services: z
          .boolean()
          .default(false)
          .describe('Services that are annotated `gatus.home-operations.com/enabled: "true"`.'),
      })
      .prefault({})
      .describe("Kinds that gatus-sidecar turns into endpoints by itself."),
    labelledConfigMaps: z
      .boolean()
      .default(false)
      .describe("Endpoints from ConfigMaps of any namespace with the label `gatus.io/enabled`."),
    pushover: z
      .boolean()
      .default(false)
      .describe("Offer Pushover to endpoints that alert; needs `pushoverToken` and `pushoverUserKey`."),
  })
  .prefault({ install: false });

/** The section `alerting`. */
export const alerting = z
  .strictObject({
    install: z
      .boolean()
      .describe(
        "Rules on what Gatus, the kubelets and Flux report; off, with a note, without the Prometheus operator's CRDs.",
      ),
    namespace: labelName
      .default("observability")
      .describe("Namespace of the rules; made where it is absent."),
    ruleLabels: labels
      .default({})
      .describe("Labels by which the cluster's Prometheus and Alertmanager select what they read."),
    pushover: z
      .boolean()
      .default(true)
      .describe("Route critical alerts to Pushover; needs `pushoverToken` and `pushoverUserKey`."),
  })
  .prefault({ install: false });
