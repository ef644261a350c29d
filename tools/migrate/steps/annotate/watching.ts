import { allContainersOf, CONTAINER_KINDS } from "../../../../policy/objects/containers.ts";
import { list, text } from "../../../../policy/engine/read.ts";
import type { BuiltCluster } from "../../../gitops/flux/built.ts";
import { OPTIONS_FILE } from "../../options-file.ts";
import type { MigrateOptions } from "../../options.ts";
import { indexOf } from "./endpoints.ts";

const FLAG = /^--auto-httproute(?:=true)?$/;

/** Why a route's endpoint would not be monitored in a cluster; undefined if gatus-sidecar watches routes there. */
export function whyUnwatched(cluster: BuiltCluster, { annotate }: MigrateOptions): string | undefined {
  if (annotate.sidecar.includes(cluster.name)) return undefined;
  const objects = indexOf(cluster);
  const isSidecar = CONTAINER_KINDS.flatMap((kind) => objects.ofKind(kind))
    .flatMap((object) => allContainersOf(object, objects))
    .some(
      ({ spec: { image, args } }) =>
        /(?:^|\/)gatus-sidecar(?:[:@]|$)/.test(text(image) ?? "") &&
        list(args).some((argument) => FLAG.test(text(argument) ?? "")),
    );
  return isSidecar
    ? undefined
    : `cluster "${cluster.name}" does not run gatus-sidecar with --auto-httproute, so the route would not be monitored. If it runs there but is not in this repository, list the cluster under annotate.sidecar in ${OPTIONS_FILE}`;
}
