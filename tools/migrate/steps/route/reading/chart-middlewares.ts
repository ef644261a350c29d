import { MIDDLEWARE } from "../../../../../policy/objects/kinds.ts";
import { oncePer } from "../../../../../lib/once-per.ts";
import type { BuiltCluster } from "../../../../gitops/flux/built.ts";
import type { Mapping } from "../../../../gitops/yaml/values.ts";
import { idOf, nameOf } from "../../../objects.ts";
import { isRelease } from "../../oci/artifact.ts";
import { releaseNamespace } from "./hosts.ts";
import { valuesIn } from "../release/chart.ts";
import { extraObjects } from "../release/extra-objects.ts";

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
        const values = valuesIn(object, cluster);
        return [...extraObjects(values.extraObjects), ...extraObjects(values.extraDeploy)]
          .filter(({ kind }) => kind === MIDDLEWARE.kind)
          .map((written) => {
            const middleware = written as Mapping;
            const { namespace, name } = nameOf(middleware);
            const id = `${namespace || releaseNamespace(object)}/${name}`;
            return [id, { object: middleware, release: idOf(object) }] as const;
          });
      }),
    ),
);
