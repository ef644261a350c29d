import { GATUS_NAME } from "../components/gatus/deployment.ts";
import type { GatusAddress, RouteProbes } from "../config/gatus-address.ts";
import type { FluxConfig } from "../config/schema.ts";
import type { StackConfig } from "../config/load.ts";

/** How the verification reaches Gatus: as configured, or else through the API server if this stack installs Gatus. Null if neither applies. */
export function gatusAddress({ gatus, verification }: StackConfig): GatusAddress | null {
  if (verification.gatus !== undefined) return verification.gatus;
  // Without route discovery, Gatus has no endpoints for routes.
  if (!gatus.install || !gatus.discover.httpRoutes) return null;
  return { namespace: gatus.namespace, service: GATUS_NAME, port: "http" };
}

/** Where the endpoints of routes come from; undefined if this stack's Gatus reads no annotations. */
export function routeProbes({ gatus }: Pick<StackConfig, "gatus">): RouteProbes | undefined {
  if (!gatus.install) return { discovered: false };
  return gatus.discover.httpRoutes ? { discovered: true } : undefined;
}

/** The configuration, with the repository pinned to the promoted revision. */
export function promoted(
  config: StackConfig,
  ref: Readonly<Record<string, string>> | undefined,
): StackConfig {
  const { flux } = config;
  if (ref === undefined || flux === undefined) return config;
  // A promotion pins a commit on a branch, or a digest. If it pins nothing, it keeps the ref of the live source.
  const source = { ...flux.source, ref: ref as FluxConfig["source"]["ref"] };
  return { ...config, flux: { ...flux, source } };
}
