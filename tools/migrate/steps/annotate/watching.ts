import { gatusPrograms, watchesRoutes } from "../../../../policy/objects/gatus-presence.ts";
import type { BuiltCluster } from "../../../gitops/flux/built.ts";
import { indexOf } from "../../clusters.ts";
import { OPTIONS_FILE } from "../../options-file.ts";
import type { MigrateOptions } from "../../options.ts";

/** Whether gatus-sidecar runs in a cluster, according to the repository and the options. Gatus alone reads no annotations. */
export function runsSidecar(cluster: BuiltCluster, { annotate }: MigrateOptions): boolean {
  return annotate.sidecar.includes(cluster.name) || gatusPrograms(indexOf(cluster)).sidecars.length > 0;
}

/** Why a route's endpoint would not be monitored in a cluster; undefined if gatus-sidecar watches routes there. */
export function whyUnwatched(cluster: BuiltCluster, { annotate }: MigrateOptions): string | undefined {
  if (annotate.sidecar.includes(cluster.name)) return undefined;
  return gatusPrograms(indexOf(cluster)).sidecars.some(watchesRoutes)
    ? undefined
    : `cluster "${cluster.name}" does not run gatus-sidecar with --auto-httproute, so the route would not be monitored. If it runs there but is not in this repository, list the cluster under annotate.sidecar in ${OPTIONS_FILE}`;
}
