import { allContainersOf, CONTAINER_KINDS } from "../../../../policy/objects/containers.ts";
import { list, text } from "../../../../policy/engine/read.ts";
import type { BuiltCluster } from "../../../gitops/flux/built.ts";
import { OPTIONS_FILE } from "../../options-file.ts";
import type { MigrateOptions } from "../../options.ts";
import { indexOf } from "./endpoints.ts";

const FLAG = /^--auto-httproute(?:=true)?$/;

/** Why nobody would watch the endpoint of a route in a cluster; undefined where gatus-sidecar does. */
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
    : `nothing in the cluster "${cluster.name}" runs gatus-sidecar with --auto-httproute, so nobody would watch the route: once one runs there that this repository does not hold, name the cluster in annotate.sidecar of ${OPTIONS_FILE}`;
}
