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
import { SERVICE_PREFIX, type Discovery } from "./sidecar.ts";

/** A Gateway and the endpoint fragment that it is annotated with. */
export interface GatewayDefaults {
  readonly name: string;
  readonly namespace: string;
  readonly endpoint?: Readonly<Record<string, unknown>> | undefined;
}

/** What decides which endpoints Gatus gets. */
export interface EndpointSources {
  readonly endpoints: readonly GatusEndpoint[];
  readonly discover: Discovery;
  readonly labelledConfigMaps: boolean;
  /** The Gateways that this stack declares; they stand in for the live ones. */
  readonly gateways: readonly GatewayDefaults[];
  /** Routes that this stack declares; they stand in for the live ones. */
  readonly routes: readonly KubeObject[];
}

interface NamedEndpoint {
  readonly key: string;
  readonly source: string;
  /** The stack that declares it, or did. */
  readonly stack?: string | undefined;
}
interface Endpoints {
  readonly found: readonly NamedEndpoint[];
  readonly findings: readonly Finding[];
}

/**
 * Endpoints that would share a name and a group, from all that Gatus would read on this cluster. Gatus refuses such a configuration as a
 * whole, at its start and on a reload, and watches nothing any more; gatus-sidecar names an endpoint after its route alone.
 */
export async function endpointConflicts(
  sources: EndpointSources,
  cluster: ClusterReader,
): Promise<Finding[]> {
  const live = await Promise.all([
    sources.discover.httpRoutes && routeEndpoints(sources, cluster),
    sources.discover.services && serviceEndpoints(cluster),
    sources.labelledConfigMaps && labelledEndpoints(cluster),
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
  return {
    severity: "error",
    message: `Gatus would refuse its whole configuration: ${endpoints.map(({ source }) => source).join(" and ")} become one endpoint, ${key}.`,
    hint: isMove(endpoints)
      ? "The one is the page of before, which would go only once the new Gatus runs. Move Gatus in two steps: gatus.install: false and an update, then its new place."
      : `Set another group or name for one of them (a route: annotation ${ENDPOINT_ANNOTATION} with "group: …"), or turn its monitoring off (annotation ${ENABLED_ANNOTATION}: "false").`,
  };
}

/** Two pages of one stack: Gatus is to run in another namespace. */
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

/** The endpoint fragments of the Gateways that the routes name first, by `namespace/name`. */
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

/** Endpoints as gatus-sidecar names them: prefix and name of the object, overruled by its own fragment, then by what it inherits. */
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

function endpointOf(ownName: string, fragment: Template, object: KubeObject): NamedEndpoint {
  const stack = object.metadata.labels?.[STACK_LABEL];
  return { key: fragmentKey(ownName, fragment), source: describeObject(object), stack };
}

async function labelledEndpoints(cluster: ClusterReader): Promise<Endpoints> {
  const configMaps = (await cluster.list("v1", "ConfigMap")).filter(
    ({ metadata }) => metadata.labels?.[LABELLED_CONFIG_MAP] !== undefined,
  );
  const found: NamedEndpoint[] = [];
  const findings: Finding[] = [];
  for (const object of configMaps) {
    for (const { file, endpoints } of endpointFiles(object)) {
      if (endpoints === undefined)
        findings.push({ ...unreadable(describeObject(object), file), severity: "error" });
      else for (const endpoint of endpoints) found.push(endpointOf("", endpoint, object));
    }
  }
  return { found, findings };
}

function unreadable(object: string, part: string): Finding {
  return {
    severity: "warning",
    message: `${object} is not monitored as it says: its ${part} is not a YAML map.`,
    hint: "Gatus and its sidecar read it as a part of an endpoint's configuration; mend it where the object comes from.",
  };
}
