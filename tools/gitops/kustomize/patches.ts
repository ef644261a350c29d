import { parseYaml } from "../yaml/parse.ts";
import { EmbeddedText, type Origin, type SourceText } from "../yaml/source.ts";
import { entryOrigin, isMapping, originOf, type Mapping, type Value } from "../yaml/values.ts";
import { BuildError } from "../problem.ts";
import { localPath } from "./local-path.ts";
import { patchWithJson } from "./patch-json.ts";
import { mergeInto, mergeIntoAll, optionsOf } from "./patch-merge.ts";
import { patchesIn, readJsonPatch } from "./patch-text.ts";
import { Resource, scalarText } from "./resource.ts";
import type { Resources } from "./resources.ts";
import { select, targetOf } from "./selector.ts";
import type { Directory } from "./directory.ts";

/** Applies one entry of `patches`, which cannot name a file if there is no directory. Source: internal/builtins/PatchTransformer.go. */
export function applyPatch(resources: Resources, entry: Mapping, directory?: Directory): void {
  const source = patchText(entry, "patch", directory);
  const target = targetOf(entry);
  const patches = patchesIn(source);
  if (patches.kind === "json") {
    if (!target) throw new BuildError("a JSON patch needs the field `target`", originOf(entry));
    for (const resource of select(resources, target)) {
      resource.rememberId();
      patchWithJson(resource, patches.operations);
      resources.renamed(resource);
    }
    return;
  }
  if (!target) {
    for (const patch of patches.objects)
      mergeInto(resources, named(resources, patch), patch, optionsOf(entry));
    return;
  }
  const [patch, second] = patches.objects;
  if (second) throw new BuildError("a patch with a target must be a single document", originOf(second));
  if (patch) mergeIntoAll(resources, select(resources, target), patch, optionsOf(entry));
}

/** Applies one entry of `patchesJson6902`. Source: internal/builtins/PatchJson6902Transformer.go. */
export function applyJson6902(resources: Resources, entry: Mapping, directory: Directory): void {
  const operations = readJsonPatch(patchText(entry, "patch", directory));
  const target = targetOf(entry);
  if (!target || scalarText(target.name) === "")
    throw new BuildError("an entry of `patchesJson6902` needs a target with a name", originOf(entry));
  if (operations.length === 0) throw new BuildError("the patch is empty", originOf(entry));
  for (const resource of select(resources, target)) {
    patchWithJson(resource, operations);
    resources.renamed(resource);
  }
}

/** Applies `patchesStrategicMerge`, of which each entry is a patch or the path of a patch, in parts that can fail separately. */
export function strategicMerges(
  resources: Resources,
  entries: Value[],
  directory: Directory,
): readonly (() => void)[] {
  let empty = 0;
  return [...entries.keys()].map((index) => () => {
    if (applyStrategicMerge(resources, entries, index, directory) === 0) empty++;
    if (empty === entries.length)
      throw new BuildError("`patchesStrategicMerge` contains no patch", entryOrigin(entries, index));
  });
}

/** Returns the number of patches. */
function applyStrategicMerge(
  resources: Resources,
  entries: Value[],
  index: number,
  directory: Directory,
): number {
  const entry = scalarText(entries[index]);
  const origin = entryOrigin(entries, index);
  const inline = parseYaml(new EmbeddedText(entry, origin), { acceptsRepeatedKeys: true });
  const isInline = inline.errors.length === 0 && inline.documents.every(({ value }) => isMapping(value));
  const path = isInline ? undefined : localPath(directory, entry, origin);
  return applyNamed(
    resources,
    path === undefined ? new EmbeddedText(entry, origin) : directory.repository.read(path, origin),
    origin,
  );
}

/** Applies strategic merge patches to the objects that they name, and returns their number. */
export function applyNamed(resources: Resources, source: SourceText, origin: Origin): number {
  const patches = patchesIn(source);
  if (patches.kind === "json")
    throw new BuildError("`patchesStrategicMerge` does not accept JSON patches", origin);
  for (const patch of patches.objects) mergeIntoAll(resources, [named(resources, patch)], patch);
  return patches.objects.length;
}

/** The object that a patch names. */
function named(resources: Resources, patch: Mapping): Resource {
  return resources.one(new Resource(patch, originOf(patch)).id, originOf(patch));
}

function patchText(entry: Mapping, field: string, directory: Directory | undefined): SourceText {
  const inline = scalarText(entry[field]).trim();
  const path = scalarText(entry.path);
  if ((inline === "") === (path === ""))
    throw new BuildError("a patch needs either the field `patch` or the field `path`", originOf(entry));
  if (inline !== "") return new EmbeddedText(scalarText(entry[field]).trimEnd(), entryOrigin(entry, field));
  const origin = entryOrigin(entry, "path");
  if (directory === undefined) throw new BuildError("this patch cannot name a file", origin);
  return directory.repository.read(localPath(directory, path, origin), origin);
}
