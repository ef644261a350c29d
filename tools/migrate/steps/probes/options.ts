import { z } from "zod";

/** Options for the `probes` step. */
export const probesOptions = z.strictObject({
  /** Readiness paths, by the image's name without the tag. */
  paths: z.record(z.string().min(1), z.string().startsWith("/")).default({}),
});
