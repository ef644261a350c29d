import { isDeepStrictEqual } from "node:util";
import type { BuiltCluster } from "../../../gitops/flux/built.ts";
import { scalarText } from "../../../gitops/kustomize/resource.ts";
import { isMapping, type Mapping } from "../../../gitops/yaml/values.ts";
import { fieldAt, nameOf, objectsNamed } from "../../objects.ts";
import { nginx } from "./controllers/nginx.ts";
import type { NewMiddleware, Translation } from "./controllers/nginx-translation.ts";

/** The filters of a route for an Ingress with this name: names of new Middlewares, and other filters as JSON. */
export function translatedFilters(translations: readonly Translation[], name: string): readonly string[] {
  return translations.flatMap(({ middleware, filter }) => [
    ...(middleware ? [nameFor(name, middleware)] : []),
    ...(filter ? [JSON.stringify(filter)] : []),
  ]);
}

const nameFor = (name: string, { suffix }: NewMiddleware): string => `${name}-${suffix}`;

/** The Middlewares that translations need, with the namespace and labels of the Ingress as written. */
export function newMiddlewares(translations: readonly Translation[], metadata: Mapping): readonly Mapping[] {
  const { name = "", namespace, labels } = metadata;
  return translations.flatMap(({ middleware }) =>
    middleware
      ? [
          {
            apiVersion: "traefik.io/v1alpha1",
            kind: "Middleware",
            metadata: {
              name: nameFor(scalarText(name), middleware),
              ...(namespace === undefined ? {} : { namespace }),
              ...(isMapping(labels) ? { labels } : {}),
            },
            spec: middleware.spec,
          },
        ]
      : [],
  );
}

/** Why an Ingress in the values of a chart cannot get its Middlewares: a release renders no other objects. */
export function whyNotInValues(translations: readonly Translation[]): readonly string[] {
  return translations.flatMap(({ middleware, filter, names }) => {
    const annotations = names.map((name) => nginx.prefix + name).join(", ");
    if (middleware)
      return [
        `annotation ${annotations}: write a Traefik Middleware that does the same (\`${Object.keys(middleware.spec).join()}\`), attach it to a route, then remove the Ingress`,
      ];
    return filter?.type === "RequestRedirect"
      ? [`annotation ${annotations}: write a route with a RequestRedirect filter, then remove the Ingress`]
      : [];
  });
}

/** Whether a cluster has a Middleware with the same namespace, name and spec: `same`, `other` for another spec, undefined without one. */
export function presentMiddleware(
  cluster: BuiltCluster | undefined,
  namespace: string,
  wanted: Mapping,
): "same" | "other" | undefined {
  const { name } = nameOf(wanted);
  const found = (cluster ? objectsNamed(cluster, "Middleware", name) : []).find(
    ({ object }) => nameOf(object).namespace === namespace,
  );
  if (!found) return undefined;
  return isDeepStrictEqual(fieldAt(found.object, ["spec"]), wanted.spec) ? "same" : "other";
}
