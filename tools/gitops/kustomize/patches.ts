import { parseYaml } from "../yaml/parse.ts";
import type { Repository } from "../yaml/repository.ts";
import { EmbeddedText, type SourceText } from "../yaml/source.ts";
import {
  cloneValue,
  entryOrigin,
  isMapping,
  originOf,
  setField,
  type Mapping,
  type Value,
} from "../yaml/values.ts";
import { BuildError, unsupported } from "../problem.ts";
import { applyJsonPatch } from "./json-patch.ts";
import { localPath } from "./local-path.ts";
import { strategicMerge } from "./merge.ts";
import { Resource, scalarText } from "./resource.ts";
import type { Resources } from "./resources.ts";
import { select, targetOf } from "./selector.ts";

/** Applies one entry of `patches`, or of `patchesJson6902`, which has the same fields. */
export function applyPatch(
  resources: Resources,
  entry: Mapping,
  repository: Repository,
  directory: string,
): void {
  const options = entry.options;
  if (isMapping(options) && (options.allowNameChange === true || options.allowKindChange === true)) {
    throw unsupported(
      "patches with options.allowNameChange or allowKindChange",
      entryOrigin(entry, "options"),
    );
  }
  const source = patchText(entry, repository, directory);
  const documents = readPatch(source);
  const target = targetOf(entry);
  const [first] = documents;
  if (Array.isArray(first)) {
    if (!target) throw new BuildError("a JSON patch needs a target", originOf(entry));
    for (const resource of select(resources, target)) {
      resource.rememberId();
      applyJsonPatch(resource.object, first);
      resources.renamed(resource);
    }
    return;
  }
  applyStrategicPatches(resources, documents, target);
}

/** Applies `patchesStrategicMerge`: each entry is a patch itself or the path of one. */
export function applyStrategicMergeEntry(
  resources: Resources,
  entries: Value[],
  index: number,
  repository: Repository,
  directory: string,
): void {
  const entry = scalarText(entries[index]);
  const origin = entryOrigin(entries, index);
  const path = repository.resolve(directory, entry.trim());
  const source =
    path !== undefined && !entry.includes("\n")
      ? repository.read(path, origin)
      : new EmbeddedText(entry, origin);
  applyStrategicPatches(resources, readPatch(source), undefined);
}

function applyStrategicPatches(
  resources: Resources,
  patches: readonly (Mapping | Value[])[],
  target: Mapping | undefined,
): void {
  for (const patch of patches) {
    if (!isMapping(patch))
      throw new BuildError("a patch must be a mapping or a list of operations", originOf(patch));
    requireIdentity(patch);
    const found = target
      ? select(resources, target)
      : [resources.one(new Resource(patch, originOf(patch)).id, originOf(patch))];
    if (target && patches.length > 1) {
      throw new BuildError("several patches in one entry cannot have a target", originOf(patch));
    }
    for (const resource of found) applyTo(resources, resource, patch);
  }
}

/** The object keeps its kind, name and namespace whatever the patch says of them. */
function applyTo(resources: Resources, resource: Resource, patch: Mapping): void {
  const own = cloneValue(patch);
  const metadata = own.metadata as Mapping;
  for (const field of ["name", "namespace"]) Reflect.deleteProperty(metadata, field);
  for (const field of ["apiVersion", "kind"]) Reflect.deleteProperty(own, field);
  if (Object.keys(metadata).length === 0) Reflect.deleteProperty(own, "metadata");
  const merged = strategicMerge(resource.object, own, resource.gvk);
  if (merged === undefined) {
    resources.remove(resource);
    return;
  }
  for (const key of Object.keys(resource.object)) Reflect.deleteProperty(resource.object, key);
  for (const key of Object.keys(merged))
    setField(resource.object, key, merged[key] as Value, entryOrigin(merged, key));
}

function requireIdentity(patch: Mapping): void {
  const metadata = patch.metadata;
  for (const [field, value] of [
    ["apiVersion", patch.apiVersion],
    ["kind", patch.kind],
    ["metadata.name", isMapping(metadata) ? metadata.name : undefined],
  ] as const) {
    if (scalarText(value) === "") throw new BuildError(`a patch needs ${field}`, originOf(patch));
  }
}

function patchText(entry: Mapping, repository: Repository, directory: string): SourceText {
  // As Kustomize takes it: without its last line ending, of which a block scalar on its last line has one less.
  const inline = scalarText(entry.patch).trimEnd();
  const path = scalarText(entry.path);
  if ((inline === "") === (path === "")) {
    throw new BuildError("a patch needs exactly one of patch and path", originOf(entry));
  }
  if (inline !== "") return new EmbeddedText(inline, entryOrigin(entry, "patch"));
  const origin = entryOrigin(entry, "path");
  return repository.read(localPath(repository, directory, path, origin), origin);
}

function readPatch(source: SourceText): readonly (Mapping | Value[])[] {
  const { documents, errors } = parseYaml(source);
  const [error] = errors;
  if (error) throw new BuildError(error.message, error.origin, "syntax");
  const values = documents.map(({ value }) => value).filter((value) => value !== null);
  if (values.length === 0) throw new BuildError("the patch is empty", { source, offset: 0 });
  return values.map((value) => {
    if (typeof value === "object") return value;
    throw new BuildError("a patch must be a mapping or a list of operations", { source, offset: 0 });
  });
}
