import { satisfies } from "semver";
import { EdgefirstError } from "../../lib/errors.ts";
import type { PolicyRule } from "../shared/rbac.ts";

/** Which kinds Gatus discovers automatically. */
export interface Discovery {
  /** Every HTTPRoute, unless annotated `gatus.home-operations.com/enabled: "false"`. */
  readonly httpRoutes: boolean;
  /** Services annotated `gatus.home-operations.com/enabled: "true"`. */
  readonly services: boolean;
}

/** Prefix for the endpoint names of Services, so that they cannot clash with routes of the same name. */
export const SERVICE_PREFIX = "svc/";

interface DiscoveryFlags {
  readonly args: readonly string[];
  readonly rules: readonly PolicyRule[];
}

/** Flags and RBAC rules of a range of gatus-sidecar versions. */
interface SidecarVersion {
  /** The gatus-sidecar versions to which this row applies, as found in their source code. */
  readonly range: string;
  readonly discovery: Readonly<Record<keyof Discovery, DiscoveryFlags>>;
}

const reading = (apiGroup: string, ...resources: readonly string[]): PolicyRule => ({
  apiGroups: [apiGroup],
  resources,
  verbs: ["get", "list", "watch"],
});

/**
 * Flags and RBAC rules of gatus-sidecar by version (github.com/home-operations/gatus-sidecar: `internal/config` has the flags, `internal/resources` the
 * resources that each flag watches and the parents whose annotations it reads, and the section "Deployment" of the README the verbs). Since 0.1.1,
 * gatus-sidecar watches a kind only if one of its flags is set; without any flag, it watches every kind. 0.0.11 watched every kind despite `--auto-httproute`,
 * so versions before 0.1.1 have no row. Since 0.5.0, gatus-sidecar probes Services at `<name>.<namespace>.svc.cluster.local.` instead of
 * `<name>.<namespace>.svc`, with `--cluster-domain` for clusters with a different domain; flags, verbs and annotations used here have stayed the same.
 */
const VERSIONS: readonly SidecarVersion[] = [
  {
    range: ">=0.1.1 <0.6.0",
    discovery: {
      httpRoutes: {
        args: ["--auto-httproute"],
        rules: [reading("gateway.networking.k8s.io", "httproutes", "gateways")],
      },
      // Not --auto-service: Services with the same name in two namespaces are common, and a single such pair stops Gatus.
      services: {
        args: ["--enable-service", `--prefix-service=${SERVICE_PREFIX}`],
        rules: [reading("", "services")],
      },
    },
  },
];

/**
 * Arguments and RBAC rules of gatus-sidecar. Undefined if discovery is off, since gatus-sidecar without flags watches every kind.
 * @throws {EdgefirstError} if the table has no row for the version
 */
export function sidecarFor(
  version: string,
  discover: Discovery,
): { readonly args: readonly string[]; readonly rules: readonly PolicyRule[] } | undefined {
  const row = VERSIONS.find(({ range }) => satisfies(version, range));
  if (row === undefined)
    throw new EdgefirstError(
      `gatus-sidecar ${version} is not in the table of components/gatus/sidecar.ts (${VERSIONS.map(({ range }) => range).join(", ")}).`,
      "In the source of that release, look up its flags and the resources that it reads, then widen a range or add a row.",
    );
  const chosen = (["httpRoutes", "services"] as const).filter((kind) => discover[kind]);
  if (chosen.length === 0) return undefined;
  return {
    args: chosen.flatMap((kind) => row.discovery[kind].args),
    rules: chosen.flatMap((kind) => row.discovery[kind].rules),
  };
}

/** The RBAC rule of the sidecar for labelled ConfigMaps (github.com/kiwigrid/k8s-sidecar, `RESOURCE=configmap`, `NAMESPACE=ALL`). */
export const LABELLED_CONFIG_MAPS_RULE = reading("", "configmaps");

/** The namespaces from which labelled ConfigMaps are read. */
export type LabelledNamespaces = "all" | readonly string[];
