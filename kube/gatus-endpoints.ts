import {
  ENABLED_ANNOTATION,
  ENDPOINT_ANNOTATION,
  isDisabled,
  yamlMap,
  type Template,
} from "./gatus-annotations.ts";
import type { KubeObject } from "./objects.ts";

/** Label, with any value, of the ConfigMaps whose files Gatus reads by way of k8s-sidecar. */
export const LABELLED_CONFIG_MAP = "gatus.io/enabled";

/** Gatus' identity of an endpoint, as its `config/key` builds it; two endpoints of one key are refused. */
export function endpointKey(group: string | undefined, name: string): string {
  const sanitize = (text: string) =>
    text
      .toLowerCase()
      .trim()
      .replace(/[/_., #+&]/g, "-");
  return `${sanitize(group ?? "")}_${sanitize(name)}`;
}

/** The key of an endpoint as gatus-sidecar names it: after its object, unless the merged fragment says otherwise. */
export function fragmentKey(ownName: string, { group, name }: Template): string {
  return endpointKey(
    typeof group === "string" ? group : undefined,
    typeof name === "string" ? name : ownName,
  );
}

/** Whether gatus-sidecar with `--auto-httproute` makes an endpoint of the route. */
export function isMonitored(route: KubeObject): boolean {
  return !isDisabled(route) && (route.spec as RouteSpec | undefined)?.hostnames?.[0] !== undefined;
}

/** Whether the object asks for monitoring by itself, which is what counts where its kind is not discovered. */
export function isAnnotated(object: KubeObject): boolean {
  const annotations = object.metadata.annotations ?? {};
  return (ENABLED_ANNOTATION in annotations || ENDPOINT_ANNOTATION in annotations) && !isDisabled(object);
}

/** `namespace/name` of the parent whose fragment a route inherits: the first one, where it is a Gateway; else "". */
export function gatewayOf(route: KubeObject): string {
  const parent = (route.spec as RouteSpec | undefined)?.parentRefs?.[0];
  if (!parent || (parent.kind ?? "Gateway") !== "Gateway") return "";
  return `${parent.namespace ?? route.metadata.namespace ?? ""}/${parent.name}`;
}

/** A file of a ConfigMap that Gatus reads: its endpoints, or undefined where it is not a YAML map. */
export interface EndpointFile {
  readonly file: string;
  readonly endpoints: readonly Template[] | undefined;
}

/** The YAML files of a ConfigMap, as Gatus would read them. */
export function endpointFiles(configMap: KubeObject): EndpointFile[] {
  const data = (configMap.data ?? {}) as Readonly<Record<string, string>>;
  return Object.entries(data)
    .filter(([file]) => /\.ya?ml$/.test(file))
    .map(([file, text]) => ({ file, endpoints: endpointsOf(text) }));
}

function endpointsOf(text: string): Template[] | undefined {
  const content = yamlMap(text);
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
  /** In a repository an entry may be empty. */
  readonly parentRefs?: readonly (ParentRef | null)[];
}
