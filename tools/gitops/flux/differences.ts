import { isDeepStrictEqual } from "node:util";
import { isClusterScoped } from "../kustomize/kinds.ts";
import { effectiveNamespace, Resource } from "../kustomize/resource.ts";
import { isMapping, originOf, type Mapping, type Value } from "../yaml/values.ts";
import type { BuiltCluster, BuiltObject } from "./built.ts";

/** An object that changes in a cluster, or that a different Kustomization applies after the change. */
export interface Difference {
  readonly cluster: string;
  /** `HelmRelease media/plex` */
  readonly object: string;
  readonly before: BuiltObject | undefined;
  readonly after: BuiltObject | undefined;
  /** Paths of the fields that differ; `(Kustomization)` if a different one applies the object. Empty for an added or removed object. */
  readonly fields: readonly string[];
}

/** The differences between two builds of a repository, in the order of the first build. */
export function differences(
  before: readonly BuiltCluster[],
  after: readonly BuiltCluster[],
): readonly Difference[] {
  const names = new Set([...before, ...after].map(({ name }) => name));
  return [...names].flatMap((name) => {
    const [old, now] = [before, after].map((clusters) => index(clusters.find((one) => one.name === name)));
    const ids = new Set([...(old?.keys() ?? []), ...(now?.keys() ?? [])]);
    return [...ids].flatMap((id) => difference(name, id, old?.get(id), now?.get(id)));
  });
}

function difference(
  cluster: string,
  id: string,
  before: BuiltObject | undefined,
  after: BuiltObject | undefined,
): readonly Difference[] {
  const fields =
    before && after
      ? [
          ...(appliedBy(before) === appliedBy(after) ? [] : ["(Kustomization)"]),
          ...differingFields(withoutOrigin(before.object), withoutOrigin(after.object), ""),
        ]
      : [];
  if (before && after && fields.length === 0) return [];
  return [{ cluster, object: id.slice(id.indexOf(" ") + 1), before, after, fields }];
}

const ORIGIN = "config.kubernetes.io/origin";

/** For a kustomization without resources, Flux annotates each object with the file it comes from. No controller reads that annotation. */
function withoutOrigin(object: Mapping): Mapping {
  const { metadata } = object;
  if (!isMapping(metadata) || !isMapping(metadata.annotations) || !(ORIGIN in metadata.annotations))
    return object;
  const annotations = Object.fromEntries(
    Object.entries(metadata.annotations).filter(([key]) => key !== ORIGIN),
  );
  const others = Object.fromEntries(Object.entries(metadata).filter(([key]) => key !== "annotations"));
  return { ...object, metadata: Object.keys(annotations).length > 0 ? { ...others, annotations } : others };
}

/** Numbers the second and later objects with the same identity, so that none is overwritten. */
function index(cluster: BuiltCluster | undefined): ReadonlyMap<string, BuiltObject> {
  const objects = new Map<string, BuiltObject>();
  for (const built of cluster?.objects ?? []) {
    const name = identity(built);
    let id = name;
    for (let count = 2; objects.has(id); count++) id = `${name} (${count})`;
    objects.set(id, built);
  }
  return objects;
}

function identity({ object }: BuiltObject): string {
  const { id } = new Resource(object, originOf(object));
  const namespace = isClusterScoped(id.gvk) ? "" : `${effectiveNamespace(id)}/`;
  return `${id.gvk.group} ${id.gvk.kind} ${namespace}${id.name}`;
}

/** `namespace/name` of the Kustomization that applies an object; empty for a root. */
function appliedBy({ kustomization }: BuiltObject): string {
  if (!kustomization) return "";
  const { id } = new Resource(kustomization.object, originOf(kustomization.object));
  return `${effectiveNamespace(id)}/${id.name}`;
}

/** Paths of the fields that differ between two values. */
export function differingFields(before: Value | undefined, after: Value | undefined, path: string): string[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (isMapping(before) && isMapping(after)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...keys].flatMap((key) =>
      differingFields(before[key], after[key], path === "" ? key : `${path}.${key}`),
    );
  }
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length) {
    return before.flatMap((value, index) => differingFields(value, after[index], `${path}[${index}]`));
  }
  return [path];
}
