import { z } from "zod";

/** Options for the `sidecar` step. */
export const sidecarOptions = z.strictObject({
  /** Also monitor Services annotated `gatus.home-operations.com/enabled: "true"`. */
  services: z.boolean().default(false),
});
