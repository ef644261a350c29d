import { list, text } from "../../../../../policy/engine/read.ts";
import { oncePer } from "../../../../../lib/once-per.ts";
import { yamlMap } from "../../../../../lib/yaml-map.ts";
import type { BuiltCluster } from "../../../../gitops/flux/built.ts";
import { isMapping, type Mapping } from "../../../../gitops/yaml/values.ts";
import { idOf, nameOf } from "../../../objects.ts";
import { isRelease } from "../../oci/artifact.ts";
import { releaseNamespace } from "./hosts.ts";
import { valuesIn } from "../release/chart.ts";

/** A Middleware in the values of a chart, and its HelmRelease. */
export interface ChartMiddleware {
  readonly object: Mapping;
  /** `namespace/name` */
  readonly release: string;
}

/** The Middlewares that charts install because their values contain them, by `namespace/name`. Sources: `extraObjects` in chart traefik, `extraDeploy` in Bitnami's charts */
export const chartMiddlewares = oncePer(
  (cluster: BuiltCluster): ReadonlyMap<string, ChartMiddleware> =>
    new Map(
      cluster.objects.flatMap(({ object }) => {
        if (!isRelease(object)) return [];
        const { extraObjects, extraDeploy } = valuesIn(object, cluster);
        return [...list(extraObjects), ...list(extraDeploy)].flatMap((value) => {
          const written = (typeof value === "string" ? yamlMap(text(value) ?? "") : value) as
            Mapping | undefined;
          if (!isMapping(written) || written.kind !== "Middleware") return [];
          const { namespace, name } = nameOf(written);
          return [
            [
              `${namespace || releaseNamespace(object)}/${name}`,
              { object: written, release: idOf(object) },
            ] as const,
          ];
        });
      }),
    ),
);
