import semver from "semver";

/**
 * The Gateway API bundles that each Traefik release was built for, as semver ranges. They decide which versions of Traefik and the Gateway API release.yaml may
 * pin together. For another owner's CRDs, {@link watchedKinds} decides.
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

/** The oldest release line of the Gateway API that a Traefik release needs, such as `1.5`; undefined if the release is not in the table. */
export function leastBundle(traefikVersion: string): string | undefined {
  const fitting = fittingBundles(traefikVersion);
  const least = fitting === undefined ? null : semver.minVersion(fitting);
  return least === null ? undefined : `${least.major}.${least.minor}`;
}

/** A kind at one version. */
export interface ApiKind {
  readonly apiVersion: string;
  readonly kind: string;
}

const GROUP = "gateway.networking.k8s.io";
const at = (version: string, ...kinds: readonly string[]): ApiKind[] =>
  kinds.map((kind) => ({ apiVersion: `${GROUP}/${version}`, kind }));

/** Every Gateway API kind that a stack with a Gateway declares. */
export const DECLARED_KINDS: readonly ApiKind[] = [
  ...at("v1", "GatewayClass", "Gateway", "HTTPRoute"),
  ...at("v1beta1", "ReferenceGrant"),
];

/** What Traefik's Gateway provider watches. */
interface WatchedKinds {
  /** Releases of Traefik, as a semver range. */
  readonly traefik: string;
  readonly kinds: readonly ApiKind[];
  /** Watched as well if `experimentalChannel` is on. */
  readonly experimental: readonly ApiKind[];
}

/**
 * What Traefik's Gateway provider watches, by release. Traefik serves nothing until every watch has synced. It needs no other kinds, so newer bundles and the
 * experimental channel work too, as long as they serve these versions.
 *
 * Source: `WatchAll` in pkg/provider/kubernetes/gateway/client.go.
 */
const WATCHED_BY_TRAEFIK: readonly WatchedKinds[] = [
  {
    traefik: "3.6.x",
    kinds: [...DECLARED_KINDS, ...at("v1", "GRPCRoute", "BackendTLSPolicy")],
    experimental: at("v1alpha2", "TCPRoute", "TLSRoute"),
  },
  {
    traefik: ">=3.7.0 <3.8.0",
    kinds: [...DECLARED_KINDS, ...at("v1", "GRPCRoute", "BackendTLSPolicy", "TLSRoute")],
    // The standard channel has TCPRoute v1 since 1.6, but serves no v1alpha2.
    experimental: at("v1alpha2", "TCPRoute"),
  },
];

/** The kinds that a Traefik release watches; undefined if the release is not in the table. */
export function watchedKinds(traefikVersion: string): readonly ApiKind[] | undefined {
  return watchedBy(traefikVersion)?.kinds;
}

/** The kinds that a Traefik release also watches with `experimentalChannel`; none if the release is not in the table. */
export function experimentalKinds(traefikVersion: string | undefined): readonly ApiKind[] {
  return traefikVersion === undefined ? [] : (watchedBy(traefikVersion)?.experimental ?? []);
}

function watchedBy(traefikVersion: string): WatchedKinds | undefined {
  return WATCHED_BY_TRAEFIK.find(({ traefik }) => semver.satisfies(traefikVersion, traefik));
}
