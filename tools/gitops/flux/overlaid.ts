import { posix } from "node:path";
import { oncePer, oncePerText } from "../../../lib/once-per.ts";
import { includersOf, outermost } from "../kustomize/includers.ts";
import { findKustomizationFile } from "../kustomize/kustomization-file.ts";
import { patchFilesIn } from "../kustomize/included-files.ts";
import { searchedText } from "../yaml/file-text.ts";
import type { Repository } from "../yaml/repository.ts";
import { originOf, type Mapping } from "../yaml/values.ts";
import { builds, objectsOf } from "./applied-units.ts";
import { isFluxKustomization, pathOf } from "./flux-kustomization.ts";
import type { WrittenObject } from "./written.ts";

/** The fields of a kustomization that may change another one's path. */
const CHANGES = /\b(?:patches\w*|replacements|transformers|components|vars)["']?\s*:/;

/**
 * The written Kustomizations; if an overlay gives one that no other applies another path, then as each overlay makes it, for each is the first on a cluster of its
 * own. The base is one only if it applies itself.
 */
export function withOverlays(
  written: readonly WrittenObject[],
  repository: Repository,
): readonly WrittenObject[] {
  const overlays = written.map((one) => overlaysOf(one, written, repository));
  const all = overlays.flat();
  if (all.length === 0) return written;
  const isOverlaid = (patch: WrittenObject): boolean => {
    const includers = includersOf(patch.file, repository);
    return all.some(({ file }) => includers.has(posix.dirname(file)));
  };
  return written.flatMap((one, index) => {
    const own = overlays[index] ?? [];
    if (own.length > 0) return isOwn(one, own, repository) ? [one, ...own] : own;
    return patchFilesIn(repository).has(one.file) && isOverlaid(one) ? [] : [one];
  });
}

/** The overlays of a Kustomization; none if all of them leave its path. */
function overlaysOf(
  one: WrittenObject,
  written: readonly WrittenObject[],
  repository: Repository,
): readonly WrittenObject[] {
  const patches = patchFilesIn(repository);
  if (patches.has(one.file)) return [];
  const includers = includersOf(one.file, repository);
  if (![...includers].some(mayChange(repository))) return [];
  const isApplied = written.some(
    (other) => other !== one && !patches.has(other.file) && builds(other, one.file, includers, repository),
  );
  if (isApplied) return [];
  const found = outermost(includers, repository).flatMap((directory): readonly WrittenObject[] => {
    const object = objectIn(one, directory, repository);
    const file = findKustomizationFile(repository, directory);
    return object && file !== undefined ? [{ object, file, isPatched: true }] : [];
  });
  return found.every(({ object }) => pathOf(object) === pathOf(one.object)) ? [] : found;
}

/** Whether a Kustomization applies itself as written, without an overlay. */
function isOwn(one: WrittenObject, overlays: readonly WrittenObject[], repository: Repository): boolean {
  const outer = new Set(overlays.map(({ file }) => posix.dirname(file)));
  const plain = [...includersOf(one.file, repository)].filter((directory) => !outer.has(directory));
  return plain.some((directory) => builds(one, directory, new Set([directory]), repository));
}

/** Whether the kustomization in a directory may change another one's path. One may include thousands of others. */
const mayChange = oncePer((repository: Repository) =>
  oncePerText((directory): boolean => {
    const file = findKustomizationFile(repository, directory);
    return file !== undefined && CHANGES.test(searchedText(repository, file));
  }),
);

/** What a kustomization makes of a Kustomization in one of its files. */
function objectIn(one: WrittenObject, directory: string, repository: Repository): Mapping | undefined {
  const { source, offset } = originOf(one.object);
  return objectsOf({ applier: undefined, directory }, repository)
    .filter(({ origin }) => origin.source.file === source.file && origin.offset === offset)
    .map(({ object }) => object)
    .find(isFluxKustomization);
}
