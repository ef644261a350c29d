import { GATUS_NAME } from "../components/gatus/deployment.ts";
import type { FluxConfig } from "../config/schema.ts";
import type { StackConfig } from "../config/load.ts";

/** Where the stack's Gatus answers, for the verification: as configured, or by way of the API server where this stack installs it. */
export function gatusAddress({ gatus, verification }: StackConfig) {
  if (verification.gatus !== undefined) return verification.gatus;
  // A Gatus that discovers no routes has no endpoint for any.
  if (!gatus.install || !gatus.discover.httpRoutes) return null;
  return { namespace: gatus.namespace, service: GATUS_NAME, port: "http" };
}

/** The configuration with another revision of the repository. */
export function promoted(
  config: StackConfig,
  ref: Readonly<Record<string, string>> | undefined,
): StackConfig {
  const { flux } = config;
  if (ref === undefined || flux === undefined) return config;
  // What a promotion pins to is a commit of a branch or a digest, and else what the live source has.
  const source = { ...flux.source, ref: ref as FluxConfig["source"]["ref"] };
  return { ...config, flux: { ...flux, source } };
}
