import { posix } from "node:path";
import { oncePer } from "../../../lib/once-per.ts";
import { scalarText } from "../kustomize/resource.ts";
import { isIn } from "../yaml/paths.ts";
import { isMapping, mappingsIn, type Mapping } from "../yaml/values.ts";
import { contentsOf, pathOf, specOf } from "./flux-kustomization.ts";
import type { OwnerCluster } from "./owner-clusters.ts";
import { clusterOf, namespaceOf, type WrittenObject } from "./written.ts";

/** A Kustomization at the top of a cluster's tree. */
export interface Root extends WrittenObject {
  /** Every Kustomization that this one applies, directly or through others, as written in its file. */
  readonly descendants: readonly WrittenObject[];
  /** Whether it applies its own file, as after `flux bootstrap`, or the Flux Operator creates it. */
  readonly isBootstrapped: boolean;
  /**
   * The directory that decides the cluster: the one that it builds from this repository if that contains its file, the Flux Operator creates it or a patch gives it its path;
   * otherwise the file's directory.
   */
  readonly place: string;
}

/**
 * The roots, keyed by cluster. A root belongs to the cluster that the owner has named for its directory. For all other roots, the directory layout names the cluster;
 * but two roots that would apply different Kustomizations with the same name are on two clusters, named after the directories in which they, or else what they
 * build, differ.
 * If one cluster is bootstrapped, directories with nothing but apps that no Kustomization applies are not clusters. A root that others depend on is in their
 * clusters: a dependency is always on the same cluster.
 */
export function rootsByCluster(
  roots: readonly Root[],
  named: readonly OwnerCluster[],
): ReadonlyMap<string, readonly Root[]> {
  const ownerOf = (root: Root): string | undefined =>
    named.find(({ directory }) => isIn(root.place, directory))?.name;
  const byOwner = Map.groupBy(roots, ownerOf);
  const result = new Map<string, readonly Root[]>();
  for (const [name, group] of byOwner) if (name !== undefined) result.set(name, group);
  const others = Map.groupBy(byOwner.get(undefined) ?? [], ({ place }) => clusterOf({ file: `${place}/` }));
  const isBootstrapped = roots.some((root) => root.isBootstrapped);
  for (const [name, group] of others) {
    if (isBootstrapped && group.every(isUnapplied)) continue;
    for (const [own, part] of split(name, group)) {
      const there = result.get(own) ?? [];
      const isTaken = part.some((root) => there.some((other) => areRivals(root, other)));
      result.set(isTaken ? `${own} (${name})` : own, isTaken ? part : [...there, ...part]);
    }
  }
  return withDependencies(result, new Set(byOwner.get(undefined)));
}

/**
 * Adds to each cluster the roots of other clusters that its roots depend on, unless it has another Kustomization with the same name. A cluster of which
 * nothing else is left is none.
 * @param free the roots that the owner has not assigned to a cluster
 */
function withDependencies(
  clusters: ReadonlyMap<string, readonly Root[]>,
  free: ReadonlySet<Root>,
): ReadonlyMap<string, readonly Root[]> {
  const result = new Map([...clusters].map(([name, roots]) => [name, [...roots]]));
  const freeById = Map.groupBy(free, ({ object }) => idOf(object));
  const shared = new Set<Root>();
  for (const roots of result.values()) {
    const ids = new Set(roots.map(({ object }) => idOf(object)));
    // The list grows: a dependency may have dependencies.
    for (const root of roots)
      for (const id of dependenciesOf(root.object)) {
        const [only, ...others] = freeById.get(id) ?? [];
        if (!only || others.length > 0 || ids.has(id)) continue;
        if (roots.some((other) => areRivals(other, only))) continue;
        roots.push(only);
        ids.add(id);
        shared.add(only);
      }
  }
  for (const [name, roots] of clusters) if (roots.every((root) => shared.has(root))) result.delete(name);
  return result;
}

/** The Kustomizations that one depends on, as `namespace/name`. */
function dependenciesOf(kustomization: Mapping): readonly string[] {
  const { dependsOn } = specOf(kustomization);
  const own = namespaceOf(kustomization);
  return mappingsIn(dependsOn).map(
    ({ namespace, name }) => `${scalarText(namespace) || own}/${scalarText(name)}`,
  );
}

const idOf = (kustomization: Mapping): string =>
  `${namespaceOf(kustomization)}/${isMapping(kustomization.metadata) ? scalarText(kustomization.metadata.name) : ""}`;

/** How deep below the cluster's directory the first Kustomizations are, as in `flux/config`. */
const ENTRY_DEPTH = 2;

/**
 * Whether a root looks like an app's Kustomization, which applies no other and is in a directory below the cluster's, next to what it builds or deep; or
 * like a patch, which has no source.
 */
function isUnapplied(root: Root): boolean {
  const { file, object, descendants, isBootstrapped } = root;
  if (isBootstrapped || descendants.length > 0) return false;
  if (specOf(object).sourceRef === undefined) return true;
  const [directory, path] = [posix.dirname(file), pathOf(object)];
  const depth = posix.relative(clusterOf(root), directory).split("/").length;
  const isNextTo = path !== "." && (isIn(path, directory) || isIn(directory, path));
  return directory !== clusterOf(root) && (isNextTo || depth > ENTRY_DEPTH);
}

/** What may tell the roots of two clusters apart: the directory that decides the cluster, or else what they build, or else their files. */
const KEYS: readonly ((root: Root) => string)[] = [
  ({ place }) => place,
  ({ object }) => pathOf(object),
  ({ file }) => file,
];

/** The clusters of some roots, named after the shortest directories that tell them apart. */
function split(
  name: string,
  roots: readonly Root[],
  [keyOf, ...others] = KEYS,
): readonly (readonly [name: string, roots: readonly Root[]])[] {
  const rivals = roots.filter((root) => roots.some((other) => other !== root && areRivals(root, other)));
  if (rivals.length === 0) return [[name, roots]];
  if (!keyOf) return roots.map((root) => [`${name} (${pathOf(root.object)})`, [root]]);
  const keys = rivals.map((root) => keyOf(root).split("/"));
  const shared = sharedLength(keys);
  const directories = keys.map((key) => key.slice(0, shared + 1).join("/"));
  const directoryOf = (root: Root): string =>
    directories.find((directory) => isIn(keyOf(root), directory)) ?? name;
  const groups = [...Map.groupBy(roots, directoryOf)];
  if (groups.length === 1) return split(name, roots, others);
  return groups.flatMap(([directory, group]) => split(directory, group, [keyOf, ...others]));
}

function sharedLength(places: readonly (readonly string[])[]): number {
  const [first = [], ...others] = places;
  const end = first.findIndex((step, index) => others.some((place) => place[index] !== step));
  return end < 0 ? first.length - 1 : end;
}

/** Whether two roots would apply different Kustomizations with the same name: of different paths, or what they make of one path differs. */
function areRivals(a: Root, b: Root): boolean {
  const own = identifiedIn(a);
  return [...identifiedIn(b)].some(([id, theirs]) => {
    const mine = own.get(id) ?? [];
    const [last] = mine.slice(-1);
    if (last === undefined) return false;
    const path = pathOf(last.object);
    if (theirs.some(({ object }) => pathOf(object) !== path)) return true;
    return !mine.some((one) => theirs.some((two) => isCopy(one, two)));
  });
}

/** The root and what it applies, by id; not what has no written namespace, because a kustomization may set any namespace. */
const identifiedIn = oncePer((root: Root): ReadonlyMap<string, readonly WrittenObject[]> =>
  Map.groupBy(
    [root, ...root.descendants].filter(({ object }) => namespaceOf(object) !== ""),
    ({ object }) => idOf(object),
  ),
);

/** Whether two Kustomizations with the same name are the same one, or apply the same. */
export function isCopy(a: WrittenObject, b: WrittenObject): boolean {
  return a.object === b.object || a.file === b.file || contentsOf(a.object) === contentsOf(b.object);
}
