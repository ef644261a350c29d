import { posix } from "node:path";
import { idOf } from "../kustomize/object-name.ts";
import { scalarText } from "../kustomize/resource.ts";
import { isIn } from "../yaml/paths.ts";
import type { Repository } from "../yaml/repository.ts";
import { originKey } from "../yaml/source.ts";
import { isMapping, originOf } from "../yaml/values.ts";
import { BuildError } from "../problem.ts";
import type { Artifacts } from "./artifacts.ts";
import { filesReached, pathOf, specOf } from "./flux-kustomization.ts";
import type { Root } from "./cluster-names.ts";
import type { OwnSources } from "./own-sources.ts";
import { clusterOf, documentsWith, hasVariables, namespaceOf, type WrittenObject } from "./written.ts";

/**
 * The roots of a cluster's tree: the Kustomizations that no other Kustomization applies. In a cycle, the first file is the root. An app that
 * the kustomization.yaml above it leaves out is not a root, nor is an unapplied app next to applied ones, nor an unapplied Kustomization that would apply a
 * bootstrapped cluster: none of them is deployed.
 */
export function findRoots(
  all: readonly WrittenObject[],
  sources: OwnSources,
  artifacts: Artifacts,
  repository: Repository,
): readonly Root[] {
  const complete = treesOf(all, sources, artifacts);
  const written = all.filter((one) => !isUnused(one, complete, repository));
  const trees = written.length === all.length ? complete : treesOf(written, sources, artifacts);
  const { reaches, children } = trees;
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
    directoriesAbove(root).some((directory) =>
      readers.get(directory)?.some(({ reader }) => !isSameObject(root, reader)),
    );
  return roots
    .filter((root) => (children.get(root) ?? []).length > 0 || !isLeftOut(root))
    .map((root) => ({
      ...root,
      descendants: descendantsOf(root, children),
      isBootstrapped: root.isBootstrap === true || isSelfApplied(root, trees),
      place: placeOf(root, reaches.has(root), artifacts),
    }));
}

/** What Kustomizations apply, as far as they read this repository. */
interface Trees {
  readonly reaches: ReadonlyMap<WrittenObject, ReadonlySet<string>>;
  readonly children: ReadonlyMap<WrittenObject, readonly WrittenObject[]>;
}

function treesOf(written: readonly WrittenObject[], sources: OwnSources, artifacts: Artifacts): Trees {
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
    written.filter(({ isBootstrap, applier }) => isBootstrap !== true && applier === undefined),
    ({ file }) => file,
  );
  const survivors = written.filter(({ applier }) => applier !== undefined);
  const children = new Map(
    [...reaches].map(([parent, files]) => [
      parent,
      [
        ...[...files].flatMap((file) => writtenIn.get(file) ?? []),
        ...survivors.filter((survivor) => hasApplied(parent, survivor)),
      ].filter((child) => !isSameObject(child, parent)),
    ]),
  );
  return { reaches, children };
}

/** Whether a Kustomization applied an object that exists only on the cluster. Its file may leave its namespace to the kustomization. */
function hasApplied({ object }: WrittenObject, { applier }: WrittenObject): boolean {
  if (applier === undefined || pathOf(object) !== pathOf(applier)) return false;
  const [own, other] = [object, applier].map(({ metadata }) =>
    isMapping(metadata) ? metadata.name : undefined,
  );
  return own === other && ["", namespaceOf(applier)].includes(namespaceOf(object));
}

/** Whether two are one object of a file, which an overlay may have changed: what it applies is then itself, not its base. */
const isSameObject = (one: WrittenObject, other: WrittenObject): boolean =>
  one === other ||
  (other.isPatched === true && originKey(originOf(one.object)) === originKey(originOf(other.object)));

/** An overlay that applies itself builds the directory of its kustomization file. */
function isSelfApplied(one: WrittenObject, { reaches }: Trees): boolean {
  const { file, isPatched } = one;
  const reached = reaches.get(one) ?? new Set();
  return reached.has(file) || (isPatched === true && reached.has(posix.dirname(file)));
}

/**
 * Whether nothing applies a Kustomization, and it is left over from an earlier bootstrap, or would apply a bootstrapped cluster without being a
 * bootstrap itself. One that applies itself may be the root of that cluster; but no build contains two bootstraps of one name, as several clusters have them.
 */
function isUnused(one: WrittenObject, trees: Trees, repository: Repository): boolean {
  if (one.isBootstrap === true || one.isPatched === true) return false;
  if ([...trees.children.values()].some((others) => others.includes(one))) return false;
  const isOwn = isSelfApplied(one, trees);
  if (!isOwn && isLeftOver(one, trees)) return true;
  const bootstraps = (trees.children.get(one) ?? []).filter(
    (child) => isSelfApplied(child, trees) && isNextToSource(child, repository),
  );
  const names = new Set(bootstraps.map(({ object }) => idOf(object)));
  return bootstraps.length > (isOwn ? names.size : 0) && !isNextToSource(one, repository);
}

/**
 * Whether the kustomization.yaml of its directory leaves a Kustomization out that would build that directory, and a bootstrapped cluster has
 * another one for the same path: as after a change of the path of `flux bootstrap`.
 */
function isLeftOver(one: WrittenObject, trees: Trees): boolean {
  const path = pathOf(one.object);
  return (
    isIn(one.file, path) &&
    [...trees.children].some(
      ([parent, children]) =>
        parent !== one &&
        (parent.isBootstrap === true || isSelfApplied(parent, trees)) &&
        children.some(({ object }) => pathOf(object) === path),
    )
  );
}

/** Whether a Kustomization is in one file with its source, as `flux bootstrap` writes both to gotk-sync.yaml. The URL of a template has variables. */
function isNextToSource({ object, file }: WrittenObject, repository: Repository): boolean {
  const { sourceRef } = specOf(object);
  const { kind, name } = isMapping(sourceRef) ? sourceRef : {};
  return documentsWith(repository, [file], scalarText(kind)).some(
    ({ object: other }) =>
      other.kind === kind &&
      isMapping(other.metadata) &&
      scalarText(other.metadata.name) === scalarText(name) &&
      !hasVariables(scalarText(specOf(other).url)),
  );
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
