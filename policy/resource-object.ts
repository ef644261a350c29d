import type { KubeObject } from "../kube/objects.ts";
import { UNKNOWN, withUnknowns } from "./engine/unknown.ts";

/** A Pulumi resource, as far as the conversion looks. */
export interface PulumiResource {
  /** Type token, such as `kubernetes:apps/v1:Deployment`. */
  readonly type: string;
  /** Logical name. */
  readonly name: string;
  /** Inputs or outputs; reading one that is not known throws the engine's own error. */
  readonly props: Readonly<Record<string, unknown>>;
}

/** No rule looks into a definition, and those of the Gateway API alone are most of what a stack declares. */
const DEFINITION = /^kubernetes:apiextensions\.k8s\.io\/v\w+:CustomResourceDefinition$/;

/**
 * The Kubernetes object that a resource declares, with what is not known yet throwing `UnknownValue` when it is read; undefined for a resource that is no object
 * that a rule looks at: a component, a provider, a definition, a patch of somebody else's object. Where even the name is not known, the resource's own stands in for it.
 */
export function objectOf({ type, name, props }: PulumiResource): KubeObject | undefined {
  if (!type.startsWith("kubernetes:") || type.endsWith("Patch") || DEFINITION.test(type)) return undefined;
  const tree = plain(props) as Record<string, unknown>;
  const { apiVersion, kind, metadata } = tree;
  if (typeof apiVersion !== "string" || typeof kind !== "string") return undefined;
  const known = typeof metadata === "object" && metadata !== null ? metadata : {};
  const named = Object.fromEntries(
    Object.entries<unknown>({ name, ...known }).map(([key, value]) =>
      value === UNKNOWN && (key === "name" || key === "namespace")
        ? [key, `(unknown: ${name})`]
        : [key, value],
    ),
  );
  const rest = metadata === UNKNOWN ? { labels: UNKNOWN, annotations: UNKNOWN } : {};
  return withUnknowns({ ...tree, metadata: { ...named, ...rest } }) as unknown as KubeObject;
}

/** A copy in which `UNKNOWN` stands for what cannot be read. */
function plain(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const container = value as Readonly<Record<string, unknown>>;
  const entries = Object.keys(container).map((key) => [key, read(container, key)] as const);
  return Array.isArray(value) ? entries.map(([, item]) => item) : Object.fromEntries(entries);
}

function read(container: Readonly<Record<string, unknown>>, key: string): unknown {
  let value: unknown;
  try {
    value = container[key];
  } catch (error) {
    // @pulumi/policy's UnknownValueError, told by the field that it alone has: rules and what they share import no Pulumi.
    if (error instanceof Error && "unknownTypeSentinel" in error) return UNKNOWN;
    throw error;
  }
  return plain(value);
}
