import { loadManifest, manifestCache, type ManifestOptions } from "./manifest-source.ts";
import type { KubeObject } from "./objects.ts";

/** Path of the CRDs in Traefik's repository and Go module. */
export const TRAEFIK_DEFINITIONS_FILE =
  "docs/content/reference/dynamic-configuration/kubernetes-crd-definition-v1.yml";

/**
 * Traefik's CRDs, verified.
 * @param version of Traefik, such as `3.7.13`
 * @throws {EdgefirstError} if the file cannot be downloaded or has the wrong checksum
 */
export function loadTraefikDefinitions(
  version: string,
  sha256: string,
  options: ManifestOptions = {},
): Promise<KubeObject[]> {
  const source = `https://raw.githubusercontent.com/traefik/traefik/v${version}/${TRAEFIK_DEFINITIONS_FILE}`;
  const offlineHint = `Without network access, put the file at ${manifestCache()}/${sha256}, or set traefik.middlewares to false.`;
  return loadManifest({ source, sha256, offlineHint }, options);
}
