import type { ClusterReader, Finding } from "../../kube/client.ts";
import { describeObject, STACK_LABEL, type KubeObject } from "../../kube/objects.ts";
import {
  ENABLED_ANNOTATION,
  ENDPOINT_ANNOTATION,
  template,
  type Template,
} from "../../kube/gatus-annotations.ts";
import {
  endpointFiles,
  endpointKey,
  fragmentKey,
  gatewayOf,
  isAnnotated,
  isMonitored,
  LABELLED_CONFIG_MAP,
} from "../../kube/gatus-endpoints.ts";
import { baseEndpoints, type GatusEndpoint } from "./config.ts";
import { SERVICE_PREFIX, type Discovery, type LabelledNamespaces } from "./sidecar.ts";

/** A Gateway and the endpoint fragment in its annotation. */
export interface GatewayDefaults {
  readonly name: string;
  readonly namespace: string;
  readonly endpoint?: Readonly<Record<string, unknown>> | undefined;
}

/** Everything that adds endpoints to Gatus. */
export interface EndpointSources {
  readonly endpoints: readonly GatusEndpoint[];
  readonly discover: Discovery;
  /** undefined: labelled ConfigMaps are not read. */
  readonly labelledConfigMaps: LabelledNamespaces | undefined;
  /** Gateways that this stack declares; they take precedence over the live ones. */
  readonly gateways: readonly GatewayDefaults[];
  /** Routes that this stack declares; they take precedence over the live ones. */
  readonly routes: readonly KubeObject[];
}

interface NamedEndpoint {
  /** Whether the endpoint comes from a labelled ConfigMap. */
  readonly labelled?: true;
  readonly key: string;
  readonly source: string;
  /** The stack that the label of the source object names. */
  readonly stack?: string | undefined;
}
interface Endpoints {
  readonly found: readonly NamedEndpoint[];
  readonly findings: readonly Finding[];
}

/**
 * Reports endpoints with the same name and group, among all that Gatus would read on this cluster. If there are any, Gatus rejects its whole configuration,
 * both at startup and on reload, and then monitors nothing. Duplicates are likely, because gatus-sidecar names an endpoint after its route, without the
 * namespace.
 */
export async function endpointConflicts(
  sources: EndpointSources,
  cluster: ClusterReader,
): Promise<Finding[]> {
  const live = await Promise.all([
    sources.discover.httpRoutes && routeEndpoints(sources, cluster),
    sources.discover.services && serviceEndpoints(cluster),
    sources.labelledConfigMaps !== undefined && labelledEndpoints(sources.labelledConfigMaps, cluster),
  ]);
  const endpoints = [configuredEndpoints(sources.endpoints), ...live.filter((found) => found !== false)];
  const byKey = Map.groupBy(
    endpoints.flatMap(({ found }) => found),
    ({ key }) => key,
  );
  const conflicts = [...byKey].filter(([, { length }]) => length > 1);
  return [...endpoints.flatMap(({ findings }) => findings), ...conflicts.map(conflict)];
}

function conflict([key, endpoints]: readonly [string, readonly NamedEndpoint[]]): Finding {
  if (endpoints.filter(({ labelled }) => labelled !== true).length < 2) return leftOut(key, endpoints);
  return {
    severity: "error",
    message: `Gatus would reject its whole configuration: ${endpoints.map(({ source }) => source).join(" and ")} have the same endpoint key ${key}.`,
    hint: isMove(endpoints)
      ? "Gatus is about to move to another namespace, and the route of its old page is deleted only once the new Gatus runs. Move Gatus in two updates: first set gatus.install to false, then set it to true with the new namespace."
      : `Give one of them a different group or name (for a route: annotation ${ENDPOINT_ANNOTATION} with "group: …"), or stop monitoring it (annotation ${ENABLED_ANNOTATION}: "false").`,
  };
}

/** A duplicate in a labelled ConfigMap does no harm, because the sidecar's script omits endpoints whose key is taken. */
function leftOut(key: string, endpoints: readonly NamedEndpoint[]): Finding {
  return {
    severity: "warning",
    message: `${endpoints.map(({ source }) => source).join(" and ")} have the same endpoint key ${key}: Gatus will monitor only the first.`,
    hint: "Give the endpoint in the ConfigMap a different group or name.",
  };
}

/** Whether all endpoints are for status pages of the same stack, as when Gatus moves to another namespace. */
function isMove(endpoints: readonly NamedEndpoint[]): boolean {
  const [first] = endpoints;
  return first?.stack !== undefined && endpoints.every(({ stack }) => stack === first.stack);
}

function configuredEndpoints(configured: readonly GatusEndpoint[]): Endpoints {
  const found = baseEndpoints(configured).map(({ group, name }) => ({
    key: endpointKey(group, name),
    source: `the configured endpoint ${name}`,
  }));
  return { found, findings: [] };
}

async function routeEndpoints(
  { gateways, routes: declared }: EndpointSources,
  cluster: ClusterReader,
): Promise<Endpoints> {
  const live = await cluster.list("gateway.networking.k8s.io/v1", "HTTPRoute");
  const names = new Set(declared.map(describeObject));
  const routes = [...declared, ...live.filter((route) => !names.has(describeObject(route)))].filter(
    isMonitored,
  );
  const defaults = await gatewayDefaults(routes, gateways, cluster);
  return named(routes, "", (route) => defaults.get(gatewayOf(route)) ?? {});
}

/** The endpoint fragments that routes inherit from their Gateways, by the Gateway's `namespace/name`. */
async function gatewayDefaults(
  routes: readonly KubeObject[],
  declared: readonly GatewayDefaults[],
  cluster: ClusterReader,
): Promise<Map<string, Template>> {
  const defaults = new Map<string, Template>(
    declared.map(({ namespace, name, endpoint }) => [`${namespace}/${name}`, endpoint ?? {}] as const),
  );
  for (const id of new Set(routes.map(gatewayOf))) {
    const [namespace, name] = id.split("/");
    if (defaults.has(id) || namespace === undefined || name === undefined) continue;
    const gateway = await cluster.get({
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "Gateway",
      metadata: { namespace, name },
    });
    defaults.set(id, (gateway && template(gateway)) ?? {});
  }
  return defaults;
}

async function serviceEndpoints(cluster: ClusterReader): Promise<Endpoints> {
  const services = await cluster.list("v1", "Service");
  return named(services.filter(isAnnotated), SERVICE_PREFIX, () => ({}));
}

/**
 * Endpoints with the names that gatus-sidecar gives them: from the object's own fragment, or else from the inherited one, or else the object's name with the
 * prefix.
 */
function named(
  objects: readonly KubeObject[],
  prefix: string,
  inherited: (object: KubeObject) => Template,
): Endpoints {
  const found: NamedEndpoint[] = [];
  const findings: Finding[] = [];
  for (const object of objects) {
    const own = template(object);
    if (own === undefined)
      findings.push(unreadable(describeObject(object), `annotation ${ENDPOINT_ANNOTATION}`));
    else found.push(endpointOf(`${prefix}${object.metadata.name}`, { ...inherited(object), ...own }, object));
  }
  return { found, findings };
}

function endpointOf(objectName: string, fragment: Template, object: KubeObject): NamedEndpoint {
  const stack = object.metadata.labels?.[STACK_LABEL];
  return { key: fragmentKey(objectName, fragment), source: describeObject(object), stack };
}

async function labelledEndpoints(namespaces: LabelledNamespaces, cluster: ClusterReader): Promise<Endpoints> {
  const configMaps = (await cluster.list("v1", "ConfigMap")).filter(
    ({ metadata }) =>
      metadata.labels?.[LABELLED_CONFIG_MAP] !== undefined &&
      (namespaces === "all" || namespaces.includes(metadata.namespace ?? "")),
  );
  const found: NamedEndpoint[] = [];
  const findings: Finding[] = [];
  for (const object of configMaps) {
    for (const { file, endpoints } of endpointFiles(object)) {
      if (endpoints === undefined) findings.push(unreadable(describeObject(object), file));
      else
        for (const endpoint of endpoints) found.push({ ...endpointOf("", endpoint, object), labelled: true });
    }
  }
  return { found, findings };
}

function unreadable(object: string, part: string): Finding {
  return {
    severity: "warning",
    message: `${object} is not monitored as intended: its ${part} is not a YAML map.`,
    hint: "Gatus and gatus-sidecar expect a map of endpoint fields there. Fix it where the object is defined.",
  };
}
