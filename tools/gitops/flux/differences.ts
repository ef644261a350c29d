import { oncePer } from "../../../lib/once-per.ts";
import { isClusterScoped } from "../kustomize/kinds.ts";
import { idOf } from "../kustomize/object-name.ts";
import { Resource } from "../kustomize/resource.ts";
import { effectiveNamespace } from "../kustomize/resource-id.ts";
import { isMapping, originOf, type Mapping, type Value } from "../yaml/values.ts";
import type { BuiltCluster, BuiltKustomization, BuiltObject } from "./built.ts";

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
    const [old, now] = [before, after].map((clusters) => {
      const cluster = clusters.find((one) => one.name === name);
      return cluster && byIdentity(cluster);
    });
    const ids = new Set([...(old?.keys() ?? []), ...(now?.keys() ?? [])]);
    return [...ids].flatMap((id) =>
      pairs(old?.get(id) ?? [], now?.get(id) ?? []).flatMap(([one, other], index) =>
        difference(name, index === 0 ? id : `${id} (${index + 1})`, one, other),
      ),
    );
  });
}

type Pair = readonly [before: BuiltObject | undefined, after: BuiltObject | undefined];

/** Objects with the same identity: those of one Kustomization belong together, in whichever order the Kustomizations are built. */
function pairs(before: readonly BuiltObject[], after: readonly BuiltObject[]): readonly Pair[] {
  if (before.length < 2 && after.length < 2) return [[before[0], after[0]]];
  const rest = [...after];
  const same = before.map((one) => {
    const index = rest.findIndex((other) => appliedBy(other) === appliedBy(one));
    return index < 0 ? undefined : rest.splice(index, 1)[0];
  });
  const known = before.map((one, index): Pair => [one, same[index] ?? rest.shift()]);
  return [...known, ...rest.map((other): Pair => [undefined, other])];
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

/** Several Kustomizations may apply an object with the same identity. */
const byIdentity = oncePer(({ objects }: BuiltCluster): ReadonlyMap<string, readonly BuiltObject[]> =>
  Map.groupBy(objects, identity),
);

function identity({ object }: BuiltObject): string {
  const { id } = new Resource(object, originOf(object));
  const namespace = isClusterScoped(id.gvk) ? "" : `${effectiveNamespace(id)}/`;
  return `${id.gvk.group} ${id.gvk.kind} ${namespace}${id.name}`;
}

/** `namespace/name` of the Kustomization that applies an object; empty for a root. */
export function appliedBy({ kustomization }: BuiltObject): string {
  return kustomization === undefined ? "" : nameOf(kustomization);
}

const nameOf = oncePer(({ object }: BuiltKustomization): string => idOf(object));

/** Paths of the fields that differ between two values. */
export function differingFields(before: Value | undefined, after: Value | undefined, path: string): string[] {
  const found: string[] = [];
  collectDiffering(before, after, path, found);
  return found;
}

/** Visits each value once: equal values in differing ones are not compared as a whole first. */
function collectDiffering(
  before: Value | undefined,
  after: Value | undefined,
  path: string,
  found: string[],
): void {
  if (Object.is(before, after)) return;
  if (isMapping(before) && isMapping(after)) {
    for (const key of Object.keys(before))
      collectDiffering(before[key], after[key], path === "" ? key : `${path}.${key}`, found);
    for (const key of Object.keys(after))
      if (!Object.hasOwn(before, key))
        collectDiffering(undefined, after[key], path === "" ? key : `${path}.${key}`, found);
  } else if (Array.isArray(before) && Array.isArray(after) && before.length === after.length) {
    for (const [index, value] of before.entries())
      collectDiffering(value, after[index], `${path}[${index}]`, found);
  } else found.push(path);
}
