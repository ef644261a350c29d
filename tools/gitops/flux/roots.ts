import { posix } from "node:path";
import { scalarText } from "../kustomize/resource.ts";
import { isIn } from "../yaml/paths.ts";
import type { Repository } from "../yaml/repository.ts";
import { isMapping, type Mapping } from "../yaml/values.ts";
import { BuildError } from "../problem.ts";
import type { Artifacts } from "./artifacts.ts";
import { fluxInstances, sourceOf } from "./flux-instances.ts";
import { filesReached, pathOf, specOf } from "./flux-kustomization.ts";
import type { Root } from "./cluster-names.ts";
import { clusterOf, documentsWith, hasVariables, type WrittenObject } from "./written.ts";

/**
 * The roots of a cluster's tree: the Kustomizations that no other Kustomization applies. In a cycle, the first file is the root. An app that
 * the kustomization.yaml above it leaves out is not a root, nor is an unapplied app next to applied ones: neither is deployed.
 */
export function findRoots(
  written: readonly WrittenObject[],
  sources: OwnSources,
  artifacts: Artifacts,
): readonly Root[] {
  const reaches = new Map<WrittenObject, ReadonlySet<string>>();
  for (const kustomization of written) {
    if (!sources.has(kustomization.object)) continue;
    const files = filesReached(
      kustomization.object,
      artifacts.of(kustomization.object, clusterOf(kustomization)),
    );
    if (!(files instanceof BuildError)) reaches.set(kustomization, files);
  }
  const writtenIn = Map.groupBy(
    written.filter(({ isBootstrap }) => isBootstrap !== true),
    ({ file }) => file,
  );
  const children = new Map(
    [...reaches].map(([parent, files]) => [
      parent,
      [...files].flatMap((file) => writtenIn.get(file) ?? []).filter((child) => child !== parent),
    ]),
  );
  const applied = new Set([...children.values()].flat());
  const roots: WrittenObject[] = [];
  const reached = new Set<WrittenObject>();
  const visit = (root: WrittenObject): void => {
    if (reached.has(root)) return;
    reached.add(root);
    for (const child of children.get(root) ?? []) visit(child);
  };
  for (const candidate of written) {
    if (applied.has(candidate)) continue;
    roots.push(candidate);
    visit(candidate);
  }
  for (const candidate of written) {
    if (reached.has(candidate)) continue;
    roots.push(candidate);
    visit(candidate);
  }
  const apps = new Set([...applied].map(appKey));
  const readers = Map.groupBy(
    [...reaches].flatMap(([reader, files]) => [...files].map((file) => ({ reader, file }))),
    ({ file }) => file,
  );
  const isLeftOut = (root: WrittenObject): boolean =>
    apps.has(appKey(root)) ||
    directoriesAbove(root).some((directory) => readers.get(directory)?.some(({ reader }) => reader !== root));
  return roots
    .filter((root) => (children.get(root) ?? []).length > 0 || !isLeftOut(root))
    .map((root) => ({
      ...root,
      descendants: descendantsOf(root, children),
      isBootstrapped: root.isBootstrap === true || (reaches.get(root)?.has(root.file) ?? false),
      place: placeOf(root, reaches.has(root), artifacts),
    }));
}

function descendantsOf(
  root: WrittenObject,
  children: ReadonlyMap<WrittenObject, readonly WrittenObject[]>,
): readonly WrittenObject[] {
  const found = new Set<WrittenObject>();
  const visit = (parent: WrittenObject): void => {
    for (const child of children.get(parent) ?? []) {
      if (child === root || found.has(child)) continue;
      found.add(child);
      visit(child);
    }
  };
  visit(root);
  return [...found];
}

/** See {@link Root.place}. */
function placeOf(root: WrittenObject, isOwn: boolean, artifacts: Artifacts): string {
  const { object, file, isBootstrap, isPatched } = root;
  const path = posix.join(artifacts.baseOf(object, clusterOf(root)) ?? ".", pathOf(object));
  return isBootstrap === true || isPatched === true || (isOwn && isIn(file, path))
    ? path
    : posix.dirname(file);
}

/** The directories above a file, up to the cluster's directory. */
function directoriesAbove({ file }: WrittenObject): readonly string[] {
  const parts = file.split("/");
  const all = parts.slice(1).map((_, index) => parts.slice(0, index + 1).join("/"));
  return all.filter((directory) => clusterOf({ file: `${directory}/` }) === clusterOf({ file }));
}

/** A key that is equal for files of the same name in neighboring app directories, such as the ks.yaml of each app. */
function appKey(written: WrittenObject): string {
  const { dir, base } = posix.parse(written.file);
  return [clusterOf(written), posix.dirname(dir), base].join(" ");
}

/** Selects the Kustomizations that read this repository. */
export interface OwnSources {
  has(kustomization: Mapping): boolean;
}

/**
 * A source counts as this repository if it is the only one, or if a Kustomization that uses it has a path, other than the root, that
 * exists here. Two repositories can have the same layout, so among such GitRepositories, the one with the most Kustomizations decides: those whose URL names
 * another repository are not this one. Only Git knows the repository's own URL, and it can have many forms.
 */
export function ownSources(
  written: readonly WrittenObject[],
  repository: Repository,
  artifacts: Artifacts,
  files: readonly string[],
): OwnSources {
  const key = (kustomization: Mapping): string => {
    const { sourceRef } = specOf(kustomization);
    const reference = isMapping(sourceRef) ? sourceRef : {};
    return `${scalarText(reference.kind)} ${scalarText(reference.name)}`;
  };
  const all = new Set(written.map(({ object }) => key(object)));
  const users = Map.groupBy(
    written.filter(({ object }) => {
      const path = pathOf(object);
      return path !== "." && repository.isDirectory(path);
    }),
    ({ object }) => key(object),
  );
  // A single source needs no comparison.
  const names = users.size > 1 ? namesByUrl(repository, files, written) : new Map<string, string>();
  const [most] = [...users].toSorted(
    ([, one], [, other]) => other.length - one.length || rootsAmong(other) - rootsAmong(one),
  );
  const ownName = names.get(most?.[0] ?? "");
  const own = new Set(
    [...users.keys()].filter((source) => {
      const name = names.get(source);
      return ownName === undefined || name === undefined || name === ownName;
    }),
  );
  return {
    has: (kustomization) => {
      if (artifacts.baseOf(kustomization, ".") !== undefined) return true;
      const source = key(kustomization);
      return (all.size === 1 && all.has(source)) || own.has(source);
    },
  };
}

/** How many Kustomizations apply the file that they are written in. */
const rootsAmong = (users: readonly WrittenObject[]): number =>
  users.filter(({ object, file }) => isIn(file, pathOf(object))).length;

/**
 * The last part of each GitRepository's URL, which mirrors have in common, by kind and name of the source; none where the URL is unknown or ambiguous. The Flux
 * Operator creates the source of a FluxInstance.
 */
function namesByUrl(
  repository: Repository,
  files: readonly string[],
  written: readonly WrittenObject[],
): ReadonlyMap<string, string> {
  const gitRepositories = documentsWith(repository, files, "GitRepository")
    .filter(({ object }) => object.kind === "GitRepository")
    .map(({ object: { metadata, spec } }) => ({
      name: scalarText(isMapping(metadata) ? metadata.name : undefined),
      url: scalarText(isMapping(spec) ? spec.url : undefined),
    }));
  const instances = fluxInstances({ repository, files, written }).map((instance) => ({
    name: sourceOf(instance).name,
    url: scalarText(instance.sync.url),
  }));
  const names = new Map<string, Set<string>>();
  for (const { name: own, url } of [...gitRepositories, ...instances]) {
    const source = `GitRepository ${own}`;
    const name = /([^/:]+?)(?:\.git)?\/?$/.exec(url)?.[1];
    if (name === undefined || hasVariables(name)) continue;
    names.set(source, (names.get(source) ?? new Set()).add(name.toLowerCase()));
  }
  return new Map(
    [...names].flatMap(([source, [name, other]]) =>
      name !== undefined && other === undefined ? [[source, name] as const] : [],
    ),
  );
}
