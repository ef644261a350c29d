import { ENABLED_ANNOTATION, ENDPOINT_ANNOTATION, isDisabled } from "../../../../kube/gatus-annotations.ts";
import { isAnnotated } from "../../../../kube/gatus-endpoints.ts";
import type { KubeObject } from "../../../../kube/objects.ts";
import {
  gatusPrograms,
  flagValues,
  hasFlag,
  isAmong,
  readsRoutes,
  watchesRoutes,
} from "../../../../policy/objects/gatus-presence.ts";
import { at, fields, list, text } from "../../../../policy/engine/read.ts";
import type { BuiltCluster } from "../../../gitops/flux/built.ts";
import { indexOf } from "../../clusters.ts";
import { OPTIONS_FILE } from "../../options-file.ts";
import type { MigrateOptions } from "../../options.ts";

/** Whether gatus-sidecar runs in a cluster, according to the repository and the options. Gatus alone reads no annotations. */
export function runsSidecar(cluster: BuiltCluster, { annotate }: MigrateOptions): boolean {
  return annotate.sidecar.includes(cluster.name) || gatusPrograms(indexOf(cluster)).sidecars.length > 0;
}

/** Whether a gatus-sidecar in the repository watches every route of a cluster. */
export const watchesAll = (cluster: BuiltCluster): boolean =>
  gatusPrograms(indexOf(cluster)).sidecars.some(watchesRoutes);

/** Why a route's endpoint would not be monitored in a cluster as its annotation says; undefined if it would. */
export function whyNotMovable(cluster: BuiltCluster, options: MigrateOptions): string | undefined {
  return whyReadsOtherwise(cluster, Object.keys(ASSUMED)) ?? whyUnwatched(cluster, options);
}

/** Why a route would not be monitored in a cluster; undefined if gatus-sidecar watches all routes there. */
export function whyUnwatched(cluster: BuiltCluster, { annotate }: MigrateOptions): string | undefined {
  if (annotate.sidecar.includes(cluster.name)) return undefined;
  return watchesAll(cluster)
    ? undefined
    : `cluster "${cluster.name}" does not run gatus-sidecar with --auto-httproute, so the route would not be monitored. If it runs there but is not in this repository, list the cluster under annotate.sidecar in ${OPTIONS_FILE}`;
}

/** Why an annotation on a route would have no effect in a cluster, or break Gatus there. */
export function whyHarmful(
  route: KubeObject,
  cluster: BuiltCluster,
  { annotate }: MigrateOptions,
): string | undefined {
  const { sidecars } = gatusPrograms(indexOf(cluster));
  if (sidecars.length === 0) return undefined;
  const other = whyReadsOtherwise(cluster, ["annotation-enabled"]) ?? whyOutOfScope(route, cluster);
  if (other !== undefined) return other;
  if (!annotate.sidecar.includes(cluster.name) && !sidecars.some(readsRoutes))
    return `gatus-sidecar in cluster "${cluster.name}" watches other kinds only: add --enable-httproute or --auto-httproute to its arguments first`;
  return sidecars.map((args) => whyTaken(route, args, cluster)).find((reason) => reason !== undefined);
}

/**
 * Flags that change what gatus-sidecar makes of a route's annotations, with the values that this step assumes.
 * Source: internal/config/config.go of gatus-sidecar
 */
const ASSUMED: Readonly<Record<string, readonly string[]>> = {
  "annotation-enabled": [ENABLED_ANNOTATION],
  "annotation-config": [ENDPOINT_ANNOTATION],
  "default-interval": ["1m", "1m0s", "60s"],
  "prefix-httproute": [""],
  "probe-paths": ["true", "1", "t", ""],
};

/** Why a gatus-sidecar in a cluster reads routes in another way than this step assumes. */
function whyReadsOtherwise(cluster: BuiltCluster, flags: readonly string[]): string | undefined {
  const { sidecars } = gatusPrograms(indexOf(cluster));
  const set = flags.filter((flag) =>
    sidecars.some((args) => flagValues(args, flag).some((value) => !ASSUMED[flag]?.includes(value))),
  );
  if (set.length === 0) return undefined;
  const names = set.map((flag) => `--${flag}`).join(", ");
  return `gatus-sidecar in cluster "${cluster.name}" has ${names}, which this step does not take into account: write the annotations by hand, or remove ${set.length === 1 ? "it" : "them"} first`;
}

/** Why no gatus-sidecar in a cluster watches a route's namespace and Gateway; undefined if one does, or if there is none. */
export function whyOutOfScope(route: KubeObject, cluster: BuiltCluster): string | undefined {
  const { sidecars } = gatusPrograms(indexOf(cluster));
  const parents = list(at(route, ["spec", "parentRefs"])).map((parent) => text(fields(parent).name) ?? "");
  const isWatched = sidecars.some(
    (args) =>
      isAmong(args, "namespace", [route.metadata.namespace ?? ""]) && isAmong(args, "gateway-name", parents),
  );
  return sidecars.length === 0 || isWatched
    ? undefined
    : `gatus-sidecar in cluster "${cluster.name}" does not watch route ${route.metadata.name}, because of its flags --namespace or --gateway-name`;
}

/** The kinds next to HTTPRoutes whose endpoints are named after their objects, as the flags spell them. */
const NAMED = [
  { flag: "service", kind: { group: "", kind: "Service" } },
  { flag: "ingress", kind: { group: "networking.k8s.io", kind: "Ingress" } },
] as const;

/**
 * Why a route's endpoint would have the name of another: Gatus rejects a configuration with two endpoints of one name and group.
 * Source: README.md of gatus-sidecar (--prefix-service)
 */
function whyTaken(
  { metadata: { name } }: KubeObject,
  args: readonly string[],
  cluster: BuiltCluster,
): string | undefined {
  const prefixOf = (flag: string): string => flagValues(args, `prefix-${flag}`).at(-1) ?? "";
  for (const { flag, kind } of NAMED) {
    const watched = hasFlag(args, `auto-${flag}`)
      ? (one: KubeObject) => !isDisabled(one)
      : hasFlag(args, `enable-${flag}`)
        ? isAnnotated
        : undefined;
    if (watched === undefined || prefixOf(flag) !== prefixOf("httproute")) continue;
    const other = indexOf(cluster)
      .ofKind(kind)
      .find((one) => one.metadata.name === name && watched(one));
    if (other !== undefined)
      return `gatus-sidecar in cluster "${cluster.name}" gives ${kind.kind} ${other.metadata.namespace ?? ""}/${name} the same endpoint name, and Gatus rejects two endpoints of one name: add --prefix-${flag} to its arguments first`;
  }
  return undefined;
}
