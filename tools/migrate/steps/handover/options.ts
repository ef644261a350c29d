import { z } from "zod";

/** Options for the `handover` step. */
export const handoverOptions = z.strictObject({
  /** Name of the Kustomization that becomes the stack's `flux.root`; its source moves with it. */
  root: z.string().min(1).default("cluster-apps"),
  /** Other objects that the stacks own, such as a Gateway or the Kustomization of an app that the stack now deploys. */
  objects: z
    .array(
      z.strictObject({
        kind: z.string(),
        /** Left out for a kind without namespaces, such as GatewayClass. */
        namespace: z.string().optional(),
        name: z.string(),
      }),
    )
    .default([]),
  /** The phase that each cluster should reach; `guard` if not set. */
  phases: z.record(z.string(), z.enum(["guard", "remove"])).default({}),
});
