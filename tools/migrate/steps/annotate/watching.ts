import { SIDECAR_IMAGE } from "../sidecar/place.ts";
import { allContainersOf, CONTAINER_KINDS } from "../../../../policy/objects/containers.ts";
import { at, fields, list, text, type Fields } from "../../../../policy/engine/read.ts";
import type { BuiltCluster } from "../../../gitops/flux/built.ts";
import { OPTIONS_FILE } from "../../options-file.ts";
import { fieldsIn } from "../../objects.ts";
import type { MigrateOptions } from "../../options.ts";
import { oncePer } from "../../../../lib/once-per.ts";
import { isRelease } from "../oci/artifact.ts";
import { chartOf } from "../route/chart.ts";
import { indexOf } from "../../clusters.ts";

const FLAG = /^--auto-httproute(?:=true)?$/;

/** The containers in a cluster, including those in the values of charts that the linter knows. */
const containersIn = oncePer((cluster: BuiltCluster) => {
  const objects = indexOf(cluster);
  return CONTAINER_KINDS.flatMap((kind) => objects.ofKind(kind)).flatMap((object) =>
    allContainersOf(object, objects),
  );
});

/** Whether the repository deploys Gatus or gatus-sidecar to a cluster. Computed once, because it is asked for each route. */
const deploysGatus = oncePer(
  (cluster: BuiltCluster) =>
    containersIn(cluster).some(({ spec: { image } }) =>
      /(?:^|\/)gatus(?:-sidecar)?(?:[:@]|$)/.test(text(image) ?? ""),
    ) ||
    cluster.objects.some(({ object }) => isRelease(object) && chartOf(object, [cluster]).name === "gatus"),
);

/** Whether a cluster deploys gatus-sidecar in a way that watches all routes. */
const watchesRoutes = oncePer((cluster: BuiltCluster) =>
  sidecarsIn(cluster).some((args) => args.some((argument) => FLAG.test(argument))),
);

/** The arguments of each gatus-sidecar in a cluster. */
export const sidecarsIn = oncePer((cluster: BuiltCluster): readonly (readonly string[])[] => {
  const containers = containersIn(cluster).map(({ spec }) => spec);
  const inCharts = cluster.objects.flatMap(({ object }) => {
    const chart = isRelease(object) ? chartOf(object, [cluster]).name : "";
    const values = fieldsIn(object, ["spec", "values"]);
    if (chart === "gatus-sidecar") return [chartSidecar(values)];
    return chart === "gatus" ? containersInValues(values) : [];
  });
  return [...containers, ...inCharts]
    .filter(({ image }) => SIDECAR_IMAGE.test(text(image) ?? ""))
    .map(({ args }) => list(args).map((argument) => text(argument) ?? ""));
});

/** The containers in a release of Gatus's chart. */
function containersInValues(values: Fields): readonly Fields[] {
  return [...list(values.extraInitContainers), ...Object.values(fields(values.sidecarContainers))].map(
    fields,
  );
}

/** gatus-sidecar in its own chart, which watches all routes by default. */
function chartSidecar(values: Fields): Fields {
  const isAuto = at(values, ["sidecar", "kinds", "httproute", "auto"]) !== false;
  return { image: "gatus-sidecar", args: isAuto ? ["--auto-httproute"] : [] };
}

/** Whether Gatus or gatus-sidecar runs in a cluster, according to the repository and the options. */
export function runsGatus(cluster: BuiltCluster, { annotate }: MigrateOptions): boolean {
  return annotate.sidecar.includes(cluster.name) || deploysGatus(cluster);
}

/** Why a route's endpoint would not be monitored in a cluster; undefined if gatus-sidecar watches routes there. */
export function whyUnwatched(cluster: BuiltCluster, { annotate }: MigrateOptions): string | undefined {
  if (annotate.sidecar.includes(cluster.name)) return undefined;
  return watchesRoutes(cluster)
    ? undefined
    : `cluster "${cluster.name}" does not run gatus-sidecar with --auto-httproute, so the route would not be monitored. If it runs there but is not in this repository, list the cluster under annotate.sidecar in ${OPTIONS_FILE}`;
}
