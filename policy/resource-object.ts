import type { KubeObject } from "../kube/objects.ts";
import { UNKNOWN, withUnknowns } from "./engine/unknown.ts";

/** The fields of a Pulumi resource that the conversion reads. */
export interface PulumiResource {
  /** Type token, such as `kubernetes:apps/v1:Deployment`. */
  readonly type: string;
  /** Logical name. */
  readonly name: string;
  /** The resource's inputs or outputs. Reading an unknown value throws an SDK error. */
  readonly props: Readonly<Record<string, unknown>>;
}

/** CRDs are skipped: no rule reads them, and the Gateway API's CRDs make up most of a stack's data. */
const DEFINITION = /^kubernetes:apiextensions\.k8s\.io\/v\w+:CustomResourceDefinition$/;

/**
 * The Kubernetes object that a resource declares; reading an unknown value in it throws `UnknownValue`. Undefined for a resource that no
 * rule reads: a component, a provider, a CRD, or a patch to another owner's object. An unknown name is replaced with the resource's name.
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

/** A copy in which `UNKNOWN` replaces every value that cannot be read. */
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
    // The UnknownValueError of @pulumi/policy, recognized by a field that no other error has, because this module must not import Pulumi.
    if (error instanceof Error && "unknownTypeSentinel" in error) return UNKNOWN;
    throw error;
  }
  return plain(value);
}
