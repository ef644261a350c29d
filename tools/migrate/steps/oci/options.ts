import { z } from "zod";

/** Options for the `oci` step. */
export const ociOptions = z.strictObject({
  /** Tags known to exist in a registry, by the chart's `oci://` address. */
  published: z.record(z.string(), z.array(z.string())).default({}),
  /** Charts that put the chart's version into workload selectors, which are immutable. */
  versionInSelector: z.array(z.string()).default([]),
  /** One OCIRepository per chart and version, next to the HelmRepository that it replaces, instead of one next to each release. */
  shared: z.boolean().default(false),
  /** Unused HelmRepositories to remove, by `namespace/name`. */
  remove: z.array(z.string().regex(/^[^/]+\/[^/]+$/, "write namespace/name")).default([]),
});
