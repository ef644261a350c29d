import { posix } from "node:path";
import {
  findKustomizationFile,
  generateKustomizationFile,
  readKustomizationFile,
  type KustomizationFile,
} from "../kustomize/kustomization-file.ts";
import { filesOf } from "../kustomize/included-files.ts";
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
import type { Origin } from "../yaml/source.ts";
import { BuildError, unsupported } from "../problem.ts";
import { Delivered } from "./delivered.ts";

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

/** The fields of a spec on which {@link fileWithSpec} depends. */
const BUILD_FIELDS = [
  ...["path", "targetNamespace", "namePrefix", "nameSuffix", "images", "buildMetadata"],
  ...["patches", "patchesStrategicMerge", "patchesJson6902", "components", "ignoreMissingComponents"],
];

/** The part of a Flux Kustomization's spec that decides what Kustomize builds. */
export function buildSpecOf(kustomization: Mapping): Mapping {
  const { spec } = kustomization;
  if (!isMapping(spec)) return mappingAt(originOf(kustomization));
  const own = mappingAt(originOf(spec));
  for (const field of BUILD_FIELDS)
    if (spec[field] !== undefined) setField(own, field, spec[field], entryOrigin(spec, field));
  return own;
}

/** A Flux Kustomization's source, as `Kind name`. */
export function sourceName(kustomization: Mapping): string {
  const { sourceRef } = specOf(kustomization);
  return isMapping(sourceRef) ? `${scalarText(sourceRef.kind)} ${scalarText(sourceRef.name)}` : "no source";
}

/** What the fields say that decide which objects a Flux Kustomization applies: equal for two that apply the same. */
export function contentsOf(kustomization: Mapping): string {
  const { postBuild, commonMetadata } = specOf(kustomization);
  const build = { ...buildSpecOf(kustomization), path: pathOf(kustomization) };
  return JSON.stringify({ build, postBuild, commonMetadata }, (_key, value: unknown) =>
    isMapping(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}

/**
 * The directory that a Flux Kustomization builds. A path with `..` cannot leave the repository, because kustomize-controller resolves it as if the root were
 * `/`.
 */
export function pathOf(kustomization: Mapping): string {
  const path = posix.join("/", scalarText(specOf(kustomization).path));
  return path.replace(/^\/+|\/+$/g, "") || ".";
}

/** The directory's kustomization file, found or generated the way Flux would. */
export function plainFile(kustomization: Mapping, repository: Repository): KustomizationFile {
  const spec = specOf(kustomization);
  const from = entryOrigin(isMapping(kustomization.spec) ? spec : kustomization, "path");
  const path = pathOf(kustomization);
  const directory = repository instanceof Delivered ? posix.join(repository.base, path) : path;
  if (!repository.isDirectory(directory)) throw repository.absence("directory", directory, from);
  return findKustomizationFile(repository, directory) === undefined
    ? generateKustomizationFile(repository, directory, from)
    : readKustomizationFile(repository, directory, from, "lenient");
}

/** The files and directories that a Flux Kustomization's build reads; the error if its directory or kustomization file cannot be read. */
export function filesReached(
  kustomization: Mapping,
  repository: Repository,
): ReadonlySet<string> | BuildError {
  const find = (): ReadonlySet<string> => filesOf(repository, plainFile(kustomization, repository));
  try {
    return repository instanceof Delivered
      ? repository.once(`files of ${pathOf(kustomization)}`, find)
      : find();
  } catch (error) {
    if (error instanceof BuildError) return error;
    throw error;
  }
}

/**
 * The kustomization file with the additions from the spec, as kustomize-controller writes it before building. Source: WriteFile in
 * fluxcd/pkg/kustomize/kustomize_generator.go.
 */
export function fileWithSpec(kustomization: Mapping, repository: Repository): KustomizationFile {
  const file = plainFile(kustomization, repository);
  const spec = buildSpecOf(kustomization);
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
  const isWritten = findKustomizationFile(repository, file.directory) !== undefined;
  if (isWritten && !hasResources(fields)) setBuildMetadata(fields, ["originAnnotations"], file.origin);
  append(fields, spec, "patches");
  appendComponents(fields, spec, repository, file.directory);
  mergeImages(fields, spec);
  const { buildMetadata } = spec;
  if (Array.isArray(buildMetadata) && buildMetadata.length > 0)
    setField(fields, "buildMetadata", buildMetadata, entryOrigin(spec, "buildMetadata"));
  return file;
}

const hasResources = ({ resources }: Mapping): boolean => Array.isArray(resources) && resources.length > 0;

/** Flux requests origin annotations if there are no resources, so that Kustomize does not reject the kustomization as empty. */
function setBuildMetadata(fields: Mapping, names: readonly string[], origin: Origin): void {
  const list = listAt(origin);
  for (const name of names) pushElement(list, name, origin);
  setField(fields, "buildMetadata", list, origin);
}

function appendComponents(fields: Mapping, spec: Mapping, repository: Repository, directory: string): void {
  const { components } = spec;
  if (!Array.isArray(components) || components.length === 0) return;
  const list = listIn(fields, "components", entryOrigin(spec, "components"));
  for (const [index, component] of components.entries()) {
    if (!isLocal(scalarText(component)))
      throw new BuildError(
        `the component ${scalarText(component)} must be in the same source, by a relative path`,
        entryOrigin(components, index),
      );
    const path = repository.resolve(directory, scalarText(component));
    const exists = path !== undefined && (repository.isDirectory(path) || repository.isFile(path));
    if (exists || spec.ignoreMissingComponents !== true)
      pushElement(list, component, entryOrigin(components, index));
  }
}

/** Source: IsLocalRelativePath in fluxcd/pkg/kustomize. */
const isLocal = (path: string): boolean =>
  !/^(?:\/|(?:git::|gh:|ssh:\/\/|https?:\/\/|git@|github\.com[:/]).|file:\/\/\/)/i.test(path);

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

/** An image that the file already contains is merged field by field; tag and digest count as one field. */
function mergeImages(fields: Mapping, spec: Mapping): void {
  const more = spec.images;
  if (!Array.isArray(more) || more.length === 0) return;
  const list = listIn(fields, "images", entryOrigin(spec, "images"));
  for (const [index, entry] of more.entries()) {
    const own = list.find((image) => isMapping(image) && isMapping(entry) && image.name === entry.name);
    if (!isMapping(own) || !isMapping(entry)) {
      pushElement(list, isMapping(entry) ? imageOf(entry) : entry, entryOrigin(more, index));
      continue;
    }
    const take = (field: string): void => {
      setField(own, field, scalarText(entry[field]), entryOrigin(entry, field));
    };
    if (scalarText(entry.newName) !== "") take("newName");
    if (scalarText(entry.newTag) === "" && scalarText(entry.digest) === "") continue;
    take("newTag");
    take("digest");
  }
}

/** The fields that an image of a Flux Kustomization has: one of Kustomize has more. Source: Image in fluxcd/pkg/apis/kustomize. */
function imageOf(entry: Mapping): Mapping {
  const image = mappingAt(originOf(entry));
  for (const field of ["name", "newName", "newTag", "digest"])
    if (entry[field] !== undefined) setField(image, field, entry[field], entryOrigin(entry, field));
  return image;
}

/** Sets the labels and annotations from `spec.commonMetadata`, which override the object's own. */
export function addCommonMetadata(object: Mapping, kustomization: Mapping): Mapping {
  const common = specOf(kustomization).commonMetadata;
  if (!isMapping(common)) return object;
  const copy = copyMapping(object);
  const metadata = isMapping(object.metadata) ? copyMapping(object.metadata) : mappingAt(originOf(object));
  for (const field of ["labels", "annotations"]) {
    const pairs = common[field];
    if (!isMapping(pairs)) continue;
    const own = metadata[field];
    // Flux reads no labels or annotations if any of them is neither a string nor null, and so replaces them all.
    const isRead =
      isMapping(own) && Object.values(own).every((value) => value === null || typeof value === "string");
    const values = isRead ? copyMapping(own) : mappingAt(entryOrigin(common, field));
    for (const key of Object.keys(values).filter((name) => values[name] === null))
      setField(values, key, "", entryOrigin(values, key));
    for (const key of Object.keys(pairs))
      setField(values, key, scalarText(pairs[key]), entryOrigin(pairs, key));
    setField(metadata, field, values, entryOrigin(metadata, field));
  }
  setField(copy, "metadata", metadata, entryOrigin(object, "metadata"));
  return copy;
}
