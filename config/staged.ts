import { z } from "zod";
import { CHECK_IDS } from "./check-ids.ts";
import { gatusAddress } from "./gatus-address.ts";
import { duration } from "./values.ts";

/** Name of a stack, without project and organisation. */
const stackName = z
  .string()
  .regex(/^[A-Za-z0-9_.-]{1,100}$/, "the name of a stack of this project, as in edge")
  .meta({ title: "name of a stack" });

export const after = z.array(stackName).default([]);

export const gate = z
  .strictObject({
    maxAge: duration
      .default("168h")
      .describe(
        "How old a verification of the stack before may be for a move forward; a rollback does not look at it.",
      ),
    unreachable: z
      .enum(["refuse", "warn"])
      .default("refuse")
      .describe(
        "What a move forward does where this machine cannot look at the cluster of the stack before.",
      ),
    patience: duration
      .default("30s")
      .describe("How long the stack before may take to become healthy, when it is looked at."),
    clusters: z
      .record(
        stackName,
        z.strictObject({
          context: z.string().min(1).describe("Name of its kubeconfig context on this machine."),
          kubeconfig: z
            .string()
            .min(1)
            .optional()
            .describe("Path of the kubeconfig; by default this stack's own."),
        }),
      )
      .default({})
      .describe(
        "How this machine reaches the clusters of stacks before; by default the context that their evidence names.",
      ),
  })
  .prefault({});

export const override = z.strictObject({
  reason: z
    .string({ error: "why the gate may be passed, in words" })
    .trim()
    .min(8, "why the gate may be passed, in words")
    .describe("Why the gate may be passed; it is printed on every run and kept in the evidence."),
  expires: z.iso
    .datetime({ offset: true, error: "an instant in quotes, such as '2026-12-31T18:00:00Z'" })
    .describe("Instant from which it counts for nothing, such as `'2026-12-31T18:00:00Z'`."),
});

export const verification = z
  .strictObject({
    soak: duration.default("5m").describe("How long every check must hold without a break after an update."),
    timeout: duration.default("30m").describe("When a verification that has not passed has failed."),
    interval: duration.default("5s").describe("Time between two looks at the cluster."),
    skip: z
      .partialRecord(z.enum(CHECK_IDS), z.string().min(8, "why the check is not made, in words"))
      .default({})
      .describe(
        "Checks that are not made, each with the reason; the evidence and every later gate name them as not checked.",
      ),
    gatus: gatusAddress
      .optional()
      .describe(
        "Where Gatus answers; by default the one that this stack installs, by way of the API server.",
      ),
  })
  .prefault({});

export const promotion = z
  .strictObject({
    pin: z
      .boolean()
      .default(false)
      .describe(
        "Pin the repository to the commit or digest that the stack before has verified. It proves only the paths that the other cluster builds.",
      ),
    from: stackName.optional().describe("Which one of `after`, where there are several."),
    history: z
      .string()
      .min(1)
      .optional()
      .describe(
        "Address or path by which git on this machine reads the repository's history; by default the source's own address. Only commits are fetched.",
      ),
  })
  .prefault({});
