import { z } from "zod";

/** Options for the `namespace` step. */
export const namespaceOptions = z.strictObject({
  /** Name of the Kustomization whose children move. */
  root: z.string().min(1).default("cluster-apps"),
  /** The namespace that the children move to. */
  target: z.string().min(1).default("flux-apps"),
  /** Move each child to its own `targetNamespace` instead of `target`. */
  perApp: z.boolean().default(false),
  /** Children with this label set to "true" are exempt from the root's patches and stay where they are. */
  optOutLabel: z.string().min(1).default("substitution.flux.home.arpa/disabled"),
  /** Kinds that hold data, as `Kind` or `Kind.group`, in addition to the table `data-kinds`. Flux must never prune objects of these kinds. */
  data: z.array(z.string()).default([]),
  /** Kustomizations outside this repository that children depend on and that move to the target as well. */
  dependencies: z.array(z.string().min(1)).default([]),
  /** Kustomizations outside this repository that children depend on and that stay in their namespace. */
  staying: z.array(z.string().min(1)).default([]),
  /** The phase that each cluster should reach; `guard` if not set. */
  phases: z.record(z.string(), z.enum(["guard", "move", "unguard"])).default({}),
});

/** Options for the `namespace` step, with defaults. */
export type NamespaceOptions = z.output<typeof namespaceOptions>;
