import semver from "semver";

/**
 * The Gateway API bundles that each Traefik release was built for, as semver ranges. Its provider watches fixed kinds at fixed versions and serves nothing
 * until every watch has synced: 3.6 watches `v1` BackendTLSPolicies, which bundles before 1.4 lack; 3.7 also watches `v1` TLSRoutes, which the standard channel
 * contains since 1.5.
 *
 * Sources: `sigs.k8s.io/gateway-api` in the release's go.mod and the provider's page in its docs/ (3.6), pkg/provider/kubernetes/gateway/client.go (3.7), and
 * Traefik's own conformance reports in kubernetes-sigs/gateway-api, conformance/reports/<bundle>/traefik-traefik (3.1, 3.2, 3.5). Releases that are not listed
 * have not been checked.
 */
const BUNDLES_BY_TRAEFIK: readonly { readonly traefik: string; readonly bundle: string }[] = [
  { traefik: "3.1.x", bundle: "1.1.x" },
  { traefik: "3.2.x", bundle: "1.2.x" },
  { traefik: "3.5.x", bundle: "1.3.x" },
  { traefik: "3.6.x", bundle: "1.4.x" },
  { traefik: ">=3.7.0 <3.7.10", bundle: "1.5.x" },
  { traefik: ">=3.7.10 <3.8.0", bundle: "1.5.x || 1.6.x" },
];

/** The Gateway API bundles that a Traefik release needs, as a semver range; undefined if the release is not in the table. */
export function fittingBundles(traefikVersion: string): string | undefined {
  return BUNDLES_BY_TRAEFIK.find(({ traefik }) => semver.satisfies(traefikVersion, traefik))?.bundle;
}
