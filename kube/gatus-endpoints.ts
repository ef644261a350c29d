import { ENABLED_ANNOTATION, ENDPOINT_ANNOTATION, isDisabled, type Template } from "./gatus-annotations.ts";
import { yamlMap } from "../lib/yaml-map.ts";
import type { KubeObject } from "./objects.ts";

/** Label (with any value) of the ConfigMaps whose files Gatus reads through k8s-sidecar. */
export const LABELLED_CONFIG_MAP = "gatus.io/enabled";

/**
 * The key by which Gatus identifies an endpoint, built as in its `config/key`; Gatus rejects two endpoints with the same key.
 */
export function endpointKey(group: string | undefined, name: string): string {
  const sanitize = (part: string) =>
    part
      .toLowerCase()
      .trim()
      .replace(/[/_., #+&]/g, "-");
  return `${sanitize(group ?? "")}_${sanitize(name)}`;
}

/** The key of an endpoint that gatus-sidecar creates. The endpoint has the object's name, unless the merged fragment sets another. */
export function fragmentKey(objectName: string, { group, name }: Template): string {
  return endpointKey(
    typeof group === "string" ? group : undefined,
    typeof name === "string" ? name : objectName,
  );
}

/** Whether gatus-sidecar with `--auto-httproute` creates an endpoint for the route. */
export function isMonitored(route: KubeObject): boolean {
  return !isDisabled(route) && probedHostname(route) !== undefined;
}

/** The hostname that gatus-sidecar probes, unless a fragment sets a URL: the route's first one. */
export function probedHostname(route: KubeObject): string | undefined {
  return (route.spec as RouteSpec | undefined)?.hostnames?.[0];
}

/** Whether the object's own annotations ask for monitoring, as they must if its kind is not discovered automatically. */
export function isAnnotated(object: KubeObject): boolean {
  const annotations = object.metadata.annotations ?? {};
  const names = [ENABLED_ANNOTATION, ENDPOINT_ANNOTATION];
  return names.some((name) => annotations[name] !== undefined) && !isDisabled(object);
}

/** `namespace/name` of the Gateway whose fragment a route inherits: its first parentRef; "" if that is not a Gateway. */
export function gatewayOf(route: KubeObject): string {
  const parent = (route.spec as RouteSpec | undefined)?.parentRefs?.[0];
  if (!parent || (parent.kind ?? "Gateway") !== "Gateway") return "";
  return `${parent.namespace ?? route.metadata.namespace ?? ""}/${parent.name}`;
}

/** A file in a ConfigMap that Gatus reads. `endpoints` is undefined if the file is not a YAML map. */
export interface EndpointFile {
  readonly file: string;
  readonly endpoints: readonly Template[] | undefined;
}

/** The YAML files in a ConfigMap that Gatus would read. */
export function endpointFiles(configMap: KubeObject): EndpointFile[] {
  const data = (configMap.data ?? {}) as Readonly<Record<string, string>>;
  return Object.entries(data)
    .filter(([file]) => /\.ya?ml$/.test(file))
    .map(([file, yaml]) => ({ file, endpoints: endpointsOf(yaml) }));
}

function endpointsOf(yaml: string): Template[] | undefined {
  const content = yamlMap(yaml);
  if (content === undefined) return undefined;
  const { endpoints } = content;
  return Array.isArray(endpoints)
    ? (endpoints as unknown[]).filter((item): item is Template => item instanceof Object)
    : [];
}

interface ParentRef {
  readonly name: string;
  readonly namespace?: string;
  readonly kind?: string;
}

interface RouteSpec {
  readonly hostnames?: readonly string[];
  /** An entry may be null in a repository, though not in a live object. */
  readonly parentRefs?: readonly (ParentRef | null)[];
}
