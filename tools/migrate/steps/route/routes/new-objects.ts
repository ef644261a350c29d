import { isDeepStrictEqual } from "node:util";
import type { BuiltCluster } from "../../../../gitops/flux/built.ts";
import { scalarText } from "../../../../gitops/kustomize/resource.ts";
import { isMapping, type Mapping } from "../../../../gitops/yaml/values.ts";
import { fieldAt, isKind, nameOf, objectsNamed } from "../../../objects.ts";
import { nginx } from "../controllers/nginx.ts";
import { TRAEFIK_GROUP } from "../controllers/traefik.ts";
import type { NewBackend, Translation } from "../controllers/nginx-translation.ts";
import type { Backend, Reading, Served } from "../reading/served.ts";

/** The filters of a route for an Ingress with this name: names of new Middlewares, and other filters as JSON. */
export function translatedFilters(translations: readonly Translation[], name: string): readonly string[] {
  return translations.flatMap(({ middleware, filter }) => [
    ...(middleware ? [nameFor(name, [middleware])] : []),
    ...(filter ? [JSON.stringify(filter)] : []),
  ]);
}

/** The name of an object that an Ingress with this name needs for its translations. */
export const nameFor = (name: string, parts: readonly { readonly suffix: string }[]): string =>
  [name, ...parts.map(({ suffix }) => suffix)].join("-");

/** The backend of a route for an Ingress with this name: its Service, or the TraefikService that the translations need for it. */
export function translatedBackend(
  service: Backend,
  translations: readonly Translation[],
  name: string,
): Backend {
  const backends = backendsOf(translations);
  return backends.length === 0
    ? service
    : { kind: "TraefikService", name: nameFor(name, backends), weight: 1, service };
}

/** What translations need a TraefikService for. */
export const backendsOf = (translations: readonly Translation[]): readonly NewBackend[] =>
  translations.flatMap(({ backend }) => backend ?? []);

/** The annotations that need a TraefikService, if the Ingress has several Services: each would need its own. */
export function whySeveralServices(
  served: readonly Served[],
  translations: readonly Translation[],
): readonly string[] {
  const services = new Set(
    served.flatMap(({ backends }) =>
      backends.flatMap(({ service }) => (service ? [`${service.name}:${service.port}`] : [])),
    ),
  );
  const names = translations.filter(({ backend }) => backend).flatMap((one) => one.names);
  return services.size < 2
    ? []
    : [
        `${names.map((name) => nginx.prefix + name).join(", ")} would need a TraefikService for each of ${[...services].join(", ")}: write one Ingress per Service first`,
      ];
}

/** The objects of Traefik that the route needs, with the namespace and labels of the Ingress as written. */
export function newObjects({ served, annotations }: Reading, metadata: Mapping): readonly Mapping[] {
  const { translations } = annotations;
  const ingress = scalarText(metadata.name ?? "");
  const [service] = served.flatMap((one) => one.backends.flatMap((backend) => backend.service ?? []));
  const objects = [
    ...translations.flatMap(({ middleware }): readonly NewObject[] =>
      middleware ? [{ kind: "Middleware", name: nameFor(ingress, [middleware]), spec: middleware.spec }] : [],
    ),
    ...(service ? backendObjects(service, backendsOf(translations), ingress) : []),
  ];
  return objects.map((object) => manifestOf(object, metadata));
}

/** The TraefikService for the Service of an Ingress with this name, and its ServersTransport. */
function backendObjects(
  service: Backend,
  backends: readonly NewBackend[],
  ingress: string,
): readonly NewObject[] {
  const name = nameFor(ingress, backends);
  const transport = backends.find((backend) => backend.transport)?.transport;
  const reference = {
    name: service.name ?? "",
    port: service.port ?? null,
    ...(Object.assign({}, ...backends.map(({ fields }) => fields)) as Mapping),
    ...(transport && { serversTransport: name }),
  };
  return [
    { kind: "TraefikService", name, spec: { weighted: { services: [reference] } } },
    ...(transport ? [{ kind: "ServersTransport", name, spec: transport }] : []),
  ];
}

interface NewObject {
  readonly kind: string;
  readonly name: string;
  readonly spec: Mapping;
}

const manifestOf = ({ kind, name, spec }: NewObject, { namespace, labels }: Mapping): Mapping => ({
  apiVersion: `${TRAEFIK_GROUP}/v1alpha1`,
  kind,
  metadata: {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(isMapping(labels) ? { labels } : {}),
  },
  spec,
});

/** Whether an object has a kind that {@link newObjects} adds. */
export const isNewKind = (object: Mapping): boolean =>
  ["Middleware", "TraefikService", "ServersTransport"].some((kind) =>
    isKind(object, { group: TRAEFIK_GROUP, kind }),
  );

/** Why an Ingress in the values of a chart cannot get its Middlewares: a release renders no other objects. */
export function whyNotInValues(translations: readonly Translation[]): readonly string[] {
  return translations.flatMap(({ middleware, backend, filter, names }) => {
    const annotations = names.map((name) => nginx.prefix + name).join(", ");
    if (middleware)
      return [
        `annotation ${annotations}: write a route with a policy that does the same (in Traefik, a Middleware with \`${Object.keys(middleware.spec).join()}\`), then remove the Ingress`,
      ];
    if (backend)
      return [
        `annotation ${annotations}: write a route with a backend that does the same (in Traefik, a TraefikService with \`${Object.keys(backend.fields).join()}\`${backend.transport ? " and a ServersTransport" : ""}), then remove the Ingress`,
      ];
    return filter?.type === "RequestRedirect"
      ? [`annotation ${annotations}: write a route with a RequestRedirect filter, then remove the Ingress`]
      : [];
  });
}

/** Whether a cluster has an object with the same kind, namespace, name and spec: `same`, `other` for another spec, undefined without one. */
export function presentObject(
  cluster: BuiltCluster | undefined,
  namespace: string,
  wanted: Mapping,
): "same" | "other" | undefined {
  const { name } = nameOf(wanted);
  const found = (cluster ? objectsNamed(cluster, scalarText(wanted.kind), name) : []).find(
    ({ object }) => isNewKind(object) && nameOf(object).namespace === namespace,
  );
  if (!found) return undefined;
  return isDeepStrictEqual(fieldAt(found.object, ["spec"]), wanted.spec) ? "same" : "other";
}
