import { z } from "zod";
import { CHECK_IDS } from "./check-ids.ts";
import { COMPARED_SETTINGS } from "./compared-settings.ts";
import { gatusAddress } from "./gatus-address.ts";
import { ignore } from "./ignored.ts";
import { duration } from "./values.ts";
import { windows } from "./windows.ts";

/** Name of a stack, without project and organization. */
const stackName = z
  .string()
  .regex(/^[A-Za-z0-9_.-]{1,100}$/, "the name of a stack of this project, such as edge")
  .meta({ title: "stack name" });

export const after = z.array(stackName).default([]);

export const gate = z
  .strictObject({
    maxAge: duration
      .default("168h")
      .describe(
        "Maximum age of the upstream stack's verification for a move forward; ignored for a rollback.",
      ),
    live: z
      .enum(["configured", "required"])
      .default("configured")
      .describe(
        "`configured`: a move forward checks an upstream stack's cluster only if this machine has a context for it. `required`: a move forward is refused if that check is not possible.",
      ),
    unreachable: z
      .enum(["refuse", "warn"])
      .default("refuse")
      .describe("What happens to a move forward if this machine cannot reach the upstream stack's cluster."),
    minAge: duration
      .default("0s")
      .describe(
        "How long the upstream stack must have run this release, such as `24h`, counted from its first verification.",
      ),
    minSoak: duration.default("0s").describe("Minimum soak of the upstream stack's verification."),
    requiredChecks: z
      .array(z.enum(CHECK_IDS))
      .default([])
      .describe("Checks that must have held on the upstream stack, each for at least one object."),
    overrides: z
      .enum(["accept", "refuse"])
      .default("accept")
      .describe("Whether a verification counts if the upstream stack ran the release under an override."),
    accept: z
      .partialRecord(
        z.enum(COMPARED_SETTINGS),
        z.string().trim().min(8, "a reason why the stacks differ in this setting"),
      )
      .default({})
      .describe(
        "Settings in which this stack intentionally differs from its upstream stacks, with a reason for each. These settings change what a verification means, so the gate warns about any other difference.",
      ),
    patience: duration.default("30s").describe("How long to wait for the upstream stack to become healthy."),
    windows,
    clusters: z
      .record(
        stackName,
        z.strictObject({
          context: z.string().min(1).describe("Name of the kubeconfig context on this machine."),
          kubeconfig: z
            .string()
            .min(1)
            .optional()
            .describe("Path of the kubeconfig. Defaults to this stack's."),
        }),
      )
      .default({})
      .describe(
        "How this machine reaches the upstream stacks' clusters. Defaults to the context in their evidence.",
      ),
  })
  .prefault({});

export const override = z.strictObject({
  reason: z
    .string({ error: "a reason for the override" })
    .trim()
    .min(8, "a reason for the override")
    .describe("Reason for the override. Printed on every run and kept in the evidence."),
  expires: z.iso
    .datetime({ offset: true, error: "a time in quotes, such as '2026-12-31T18:00:00Z'" })
    .describe("Time at which the override expires, such as `'2026-12-31T18:00:00Z'`."),
});

export const verification = z
  .strictObject({
    soak: duration
      .default("5m")
      .describe("How long all checks must hold without interruption. Must be shorter than `timeout`."),
    withoutSoak: z
      .string()
      .trim()
      .min(8, "a reason for verifying without a soak")
      .optional()
      .describe("Why no soak is needed; required with `soak: 0s`."),
    timeout: duration
      .default("30m")
      .describe("Time after which the verification fails if it has not passed."),
    interval: duration.default("5s").describe("Time between two runs of the checks."),
    patience: duration
      .default("2m")
      .describe(
        "How long the cluster may be unreachable before the verification ends as inconclusive, which neither proves nor revokes the release.",
      ),
    skip: z
      .partialRecord(z.enum(CHECK_IDS), z.string().min(8, "a reason for skipping the check"))
      .default({})
      .describe(
        "Checks to skip, each with a reason. The evidence and every downstream gate list them as not checked.",
      ),
    removed: z
      .record(z.string().min(1), z.string().trim().min(8, "a reason for removing the object"))
      .default({})
      .describe(
        "Objects that were removed on purpose, such as `HTTPRoute media/app`, each with a reason. By default, an object that was healthy at the last verification must still exist, unless the repository has changed since.",
      ),
    ignore,
    gatus: gatusAddress
      .optional()
      .describe(
        "Where to reach Gatus. Defaults to the Gatus that this stack installs, through the API server.",
      ),
  })
  .prefault({});

export const promotion = z
  .strictObject({
    pin: z
      .boolean()
      .default(false)
      .describe(
        "Pin the repository to the commit or digest that the upstream stack has verified. The upstream stack has verified only the paths that its cluster builds.",
      ),
    from: stackName.optional().describe("Upstream stack to promote from, if `after` lists several."),
    history: z
      .string()
      .min(1)
      .optional()
      .describe(
        "URL or path from which Git on this machine reads the repository's history. Defaults to the URL of the source. Only commits are fetched.",
      ),
  })
  .prefault({});
