import {
  findKustomizationFile,
  generateKustomizationFile,
  readKustomizationFile,
  type KustomizationFile,
} from "../kustomize/kustomization-file.ts";
import { scalarText } from "../kustomize/resource.ts";
import type { Repository } from "../yaml/repository.ts";
import {
  copyMapping,
  entryOrigin,
  mappingAt,
  isMapping,
  listAt,
  originOf,
  pushElement,
  setField,
  type Mapping,
  type Value,
} from "../yaml/values.ts";
import { BuildError, unsupported } from "../problem.ts";

/** Whether an object is a Flux Kustomization. */
export function isFluxKustomization(value: unknown): value is Mapping {
  return (
    isMapping(value) &&
    value.kind === "Kustomization" &&
    scalarText(value.apiVersion).startsWith("kustomize.toolkit.fluxcd.io/")
  );
}

/** A Flux Kustomization's spec. */
export function specOf(kustomization: Mapping): Mapping {
  return isMapping(kustomization.spec) ? kustomization.spec : {};
}

/** `Kind name` of a Flux Kustomization's source. */
export function sourceName(kustomization: Mapping): string {
  const { sourceRef } = specOf(kustomization);
  return isMapping(sourceRef) ? `${scalarText(sourceRef.kind)} ${scalarText(sourceRef.name)}` : "no source";
}

/** The directory that a Flux Kustomization builds. */
export function pathOf(kustomization: Mapping, repository: Repository): string {
  const path = scalarText(specOf(kustomization).path) || "./";
  const resolved = repository.resolve(".", path.replace(/^\/+/, ""));
  if (resolved === undefined) throw new BuildError(`${path} leaves the repository`, originOf(kustomization));
  return resolved;
}

/** The kustomization file of the directory, found or generated as Flux does. */
export function plainFile(kustomization: Mapping, repository: Repository): KustomizationFile {
  const spec = specOf(kustomization);
  const from = entryOrigin(isMapping(kustomization.spec) ? spec : kustomization, "path");
  const directory = pathOf(kustomization, repository);
  if (!repository.isDirectory(directory)) throw repository.absence("directory", directory, from);
  return findKustomizationFile(repository, directory) === undefined
    ? generateKustomizationFile(repository, directory, from)
    : readKustomizationFile(repository, directory, from);
}

/**
 * The kustomization file with the additions of the spec, as kustomize-controller writes it before it builds.
 * Source: WriteFile in fluxcd/pkg/kustomize/kustomize_generator.go.
 */
export function fileWithSpec(kustomization: Mapping, repository: Repository): KustomizationFile {
  const file = plainFile(kustomization, repository);
  const spec = specOf(kustomization);
  for (const field of ["patchesStrategicMerge", "patchesJson6902"]) {
    if (spec[field] !== undefined)
      throw unsupported(`spec.${field}: use spec.patches`, entryOrigin(spec, field));
  }
  const { fields } = file;
  for (const [field, target] of [
    ["targetNamespace", "namespace"],
    ["namePrefix", "namePrefix"],
    ["nameSuffix", "nameSuffix"],
  ] as const) {
    if (scalarText(spec[field]) !== "")
      setField(fields, target, scalarText(spec[field]), entryOrigin(spec, field));
  }
  append(fields, spec, "patches");
  append(fields, spec, "components");
  replaceImages(fields, spec);
  return file;
}

function append(fields: Mapping, spec: Mapping, field: string): void {
  const more = spec[field];
  if (!Array.isArray(more) || more.length === 0) return;
  const list = listIn(fields, field, entryOrigin(spec, field));
  for (const [index, entry] of more.entries()) pushElement(list, entry, entryOrigin(more, index));
}

function listIn(fields: Mapping, field: string, origin: ReturnType<typeof originOf>): Value[] {
  if (!Array.isArray(fields[field])) setField(fields, field, listAt(origin), origin);
  return fields[field] as Value[];
}

/** An image that the file names already is replaced. */
function replaceImages(fields: Mapping, spec: Mapping): void {
  const more = spec.images;
  if (!Array.isArray(more) || more.length === 0) return;
  const list = listIn(fields, "images", entryOrigin(spec, "images"));
  for (const [index, entry] of more.entries()) {
    const at = list.findIndex((own) => isMapping(own) && isMapping(entry) && own.name === entry.name);
    if (at >= 0) list[at] = entry;
    else pushElement(list, entry, entryOrigin(more, index));
  }
}

/** Sets the labels and annotations of `spec.commonMetadata`, which override those of an object. */
export function addCommonMetadata(object: Mapping, kustomization: Mapping): Mapping {
  const common = specOf(kustomization).commonMetadata;
  if (!isMapping(common)) return object;
  const copy = copyMapping(object);
  const metadata = isMapping(object.metadata) ? copyMapping(object.metadata) : mappingAt(originOf(object));
  for (const field of ["labels", "annotations"]) {
    const pairs = common[field];
    if (!isMapping(pairs)) continue;
    const values = isMapping(metadata[field])
      ? copyMapping(metadata[field])
      : mappingAt(entryOrigin(common, field));
    for (const key of Object.keys(pairs))
      setField(values, key, scalarText(pairs[key]), entryOrigin(pairs, key));
    setField(metadata, field, values, entryOrigin(metadata, field));
  }
  setField(copy, "metadata", metadata, entryOrigin(object, "metadata"));
  return copy;
}
