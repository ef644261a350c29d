import { z } from "zod";

/** Options for the `annotate` step. */
export const annotateOptions = z.strictObject({
  /** Clusters that run gatus-sidecar with `--auto-httproute` although this repository does not deploy it. */
  sidecar: z.array(z.string()).default([]),
});
