import { satisfies } from "semver";
import { EdgefirstError } from "../../lib/errors.ts";

/** A rule of a Role or ClusterRole. */
export interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** Which kinds the cluster's Gatus discovers by itself. */
export interface Discovery {
  /** Every HTTPRoute that is not annotated otherwise. */
  readonly httpRoutes: boolean;
  /** Services that are annotated `gatus.home-operations.com/enabled: "true"`. */
  readonly services: boolean;
}

/** Set before a Service's name in its endpoint's, so that a Service and a route of one name get along. */
export const SERVICE_PREFIX = "svc/";

interface DiscoveryFlags {
  readonly args: readonly string[];
  readonly reads: readonly PolicyRule[];
}

/** What one range of gatus-sidecar versions is told, and what it reads for it. */
interface SidecarVersion {
  /** Versions whose source was read for this row. */
  readonly range: string;
  readonly discovery: Readonly<Record<keyof Discovery, DiscoveryFlags>>;
}

const reading = (apiGroup: string, ...resources: readonly string[]): PolicyRule => ({
  apiGroups: [apiGroup],
  resources,
  verbs: ["get", "list", "watch"],
});

/**
 * Versions, flags and rights of gatus-sidecar, which go together (github.com/home-operations/gatus-sidecar: `internal/resources` says
 * which resources a flag watches and which parent it reads annotations from, `internal/config` names the flags, README "Deployment"
 * the verbs). From 0.1.1 on a kind is watched only where one of its flags is set; with no such flag all kinds are. 0.0.11
 * watched every kind despite `--auto-httproute`, so older versions have no row.
 */
const VERSIONS: readonly SidecarVersion[] = [
  {
    range: ">=0.1.1 <0.6.0",
    discovery: {
      httpRoutes: {
        args: ["--auto-httproute"],
        reads: [reading("gateway.networking.k8s.io", "httproutes", "gateways")],
      },
      // Not --auto-service: Services of one name in two namespaces are common, and Gatus stops on the first such pair.
      services: {
        args: ["--enable-service", `--prefix-service=${SERVICE_PREFIX}`],
        reads: [reading("", "services")],
      },
    },
  },
];

/**
 * Arguments and rights of gatus-sidecar for what is to be discovered; undefined where nothing is, since the sidecar without a flag
 * would watch every kind.
 * @throws {EdgefirstError} where the table has no row for the version.
 */
export function sidecarFor(
  version: string,
  discover: Discovery,
): { readonly args: readonly string[]; readonly rules: readonly PolicyRule[] } | undefined {
  const row = VERSIONS.find(({ range }) => satisfies(version, range));
  if (row === undefined)
    throw new EdgefirstError(
      `gatus-sidecar ${version} is not in the table of components/gatus/sidecar.ts (${VERSIONS.map(({ range }) => range).join(", ")}).`,
      "Its flags and the resources it reads must be looked up before it runs: read its release's source, then widen the range or add a row.",
    );
  const chosen = (["httpRoutes", "services"] as const).filter((kind) => discover[kind]);
  if (chosen.length === 0) return undefined;
  return {
    args: chosen.flatMap((kind) => row.discovery[kind].args),
    rules: chosen.flatMap((kind) => row.discovery[kind].reads),
  };
}

/** What the sidecar for labelled ConfigMaps reads (github.com/kiwigrid/k8s-sidecar, `RESOURCE=configmap`, `NAMESPACE=ALL`). */
export const LABELLED_CONFIG_MAPS_RULE = reading("", "configmaps");
