import { posix } from "node:path";
import { scalarText } from "../kustomize/resource.ts";
import { isMapping } from "../yaml/values.ts";
import { pathOf } from "./flux-kustomization.ts";
import type { OwnerCluster } from "./owner-clusters.ts";
import { clusterOf, type WrittenObject } from "./written.ts";

/** A Kustomization where a cluster's tree starts. */
export interface Root extends WrittenObject {
  /** Every Kustomization that it applies, directly or through others, as written. */
  readonly descendants: readonly WrittenObject[];
}

/**
 * The roots by cluster. The directory names a cluster only as a start: two roots that would apply two different Kustomizations of one name are on two
 * clusters, each named after the directory in which they differ. What the owner has named goes first.
 */
export function rootsByCluster(
  roots: readonly Root[],
  named: readonly OwnerCluster[],
): ReadonlyMap<string, readonly Root[]> {
  const ownerOf = (root: Root): string | undefined =>
    named.find(({ directory }) => isIn(placeOf(root), directory))?.name;
  const byOwner = Map.groupBy(roots, ownerOf);
  const result = new Map<string, readonly Root[]>();
  for (const [name, group] of byOwner) if (name !== undefined) result.set(name, group);
  const others = Map.groupBy(byOwner.get(undefined) ?? [], (root) =>
    clusterOf({ file: `${placeOf(root)}/` }),
  );
  for (const [name, group] of others)
    for (const [own, part] of split(name, group)) result.set(own, [...(result.get(own) ?? []), ...part]);
  return result;
}

/** Where a root starts: the directory that it builds if that is where it is written, or if it is a bootstrap; otherwise the directory of its file. */
function placeOf({ object, file, isBootstrap }: WrittenObject): string {
  const path = pathOf(object);
  return isBootstrap === true || isIn(file, path) ? path : posix.dirname(file);
}

const isIn = (path: string, directory: string): boolean =>
  directory === "." || path === directory || path.startsWith(`${directory}/`);

function split(name: string, roots: readonly Root[]): ReadonlyMap<string, readonly Root[]> {
  const rivals = roots.filter((root) => roots.some((other) => other !== root && areRivals(root, other)));
  if (rivals.length === 0) return new Map([[name, roots]]);
  const places = rivals.map((root) => placeOf(root).split("/"));
  const shared = sharedLength(places);
  const directories = places.map((place) => place.slice(0, shared + 1).join("/"));
  const directoryOf = (root: Root): string =>
    directories.find((directory) => isIn(placeOf(root), directory)) ?? name;
  const byDirectory = Map.groupBy(roots, directoryOf);
  const result = new Map<string, readonly Root[]>();
  for (const [directory, group] of byDirectory) {
    const isSplit = group.every((root) => !group.some((other) => other !== root && areRivals(root, other)));
    if (isSplit) result.set(directory, group);
    else for (const root of group) result.set(`${directory} (${pathOf(root.object)})`, [root]);
  }
  return result;
}

function sharedLength(places: readonly (readonly string[])[]): number {
  const [first = [], ...others] = places;
  const end = first.findIndex((step, index) => others.some((place) => place[index] !== step));
  return end < 0 ? first.length - 1 : end;
}

/** Whether the two would apply different Kustomizations of one name. */
function areRivals(a: Root, b: Root): boolean {
  const own = new Map([a, ...a.descendants].flatMap(identified));
  return [b, ...b.descendants].flatMap(identified).some(([id, path]) => {
    const other = own.get(id);
    return other !== undefined && other !== path;
  });
}

/** Only a written namespace identifies: a kustomization may set another. */
function identified({ object }: WrittenObject): readonly (readonly [string, string])[] {
  const { name, namespace } = isMapping(object.metadata) ? object.metadata : {};
  return scalarText(namespace) === ""
    ? []
    : [[`${scalarText(namespace)}/${scalarText(name)}`, pathOf(object)]];
}
