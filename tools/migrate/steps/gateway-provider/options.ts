import { z } from "zod";

/** Options for the `gateway-provider` step. */
export const gatewayProviderOptions = z.strictObject({
  /** Traefik's HelmReleases, by `namespace/name`. */
  releases: z
    .record(
      z.string().regex(/^[^/]+\/[^/]+$/, "write namespace/name"),
      z.strictObject({
        /** Selects the one GatewayClass that this Traefik serves. */
        labelSelector: z.string().min(1),
        /** Ports of the Gateway's listeners, by the entry point that serves them. */
        ports: z.record(z.string().min(1), z.int().positive()),
      }),
    )
    .default({}),
});
