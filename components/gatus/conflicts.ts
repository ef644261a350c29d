import type { ClusterReader, Finding } from "../../kube/client.ts";
import { describeObject, type KubeObject } from "../../kube/objects.ts";
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
import { ignoredFields } from "./ignored-fields.ts";
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
  readonly from: "configuration" | "annotation" | "label";
  readonly key: string;
  readonly source: string;
}
interface Endpoints {
  readonly found: readonly NamedEndpoint[];
  readonly findings: readonly Finding[];
}

/**
 * Reports endpoints with the same name and group, among all that Gatus would read on this cluster. Gatus itself would reject its whole configuration because of
 * them; the endpoint filter renames those of routes and leaves out those of ConfigMaps, but cannot know which of them is meant. Duplicates are likely, because
 * gatus-sidecar names an endpoint after its route, without the namespace.
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
  return [
    ...sources.gateways.flatMap(({ namespace, name, endpoint = {} }) =>
      sources.discover.httpRoutes ? ignoredFields(`Gateway ${namespace}/${name}`, endpoint) : [],
    ),
    ...endpoints.flatMap(({ findings }) => findings),
    ...conflicts.map(conflict),
  ];
}

function conflict([key, endpoints]: readonly [string, readonly NamedEndpoint[]]): Finding {
  const isConfigured = endpoints.filter(({ from }) => from === "configuration").length > 1;
  const isLabelled = endpoints.filter(({ from }) => from !== "label").length < 2;
  const same = `${endpoints.map(({ source }) => source).join(" and ")} have the same endpoint key ${key}`;
  const hint = isLabelled
    ? "Give the endpoint in the ConfigMap a different group or name."
    : `Give one of them a different group or name (for a route: annotation ${ENDPOINT_ANNOTATION} with "group: …"), or stop monitoring it (annotation ${ENABLED_ANNOTATION}: "false").`;
  if (isConfigured)
    return { severity: "error", message: `Gatus would reject its whole configuration: ${same}.`, hint };
  return {
    severity: "warning",
    message: isLabelled
      ? `${same}: Gatus will monitor only the first.`
      : `${same}: Gatus will add hostnames to the names of all but one, and the verification cannot distinguish them.`,
    hint,
  };
}

function configuredEndpoints(configured: readonly GatusEndpoint[]): Endpoints {
  const found = baseEndpoints(configured).map(({ group, name }) => ({
    from: "configuration" as const,
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
    else {
      found.push({
        from: "annotation",
        key: fragmentKey(`${prefix}${object.metadata.name}`, { ...inherited(object), ...own }),
        source: describeObject(object),
      });
      findings.push(...ignoredFields(describeObject(object), own));
    }
  }
  return { found, findings };
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
        for (const endpoint of endpoints) {
          found.push({ from: "label", key: fragmentKey("", endpoint), source: describeObject(object) });
          findings.push(...ignoredFields(describeObject(object), endpoint));
        }
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
