import { posix } from "node:path";
import type { Repository } from "../yaml/repository.ts";
import { SourceFile, type Origin } from "../yaml/source.ts";
import {
  cloneValue,
  entryOrigin,
  mappingAt,
  isMapping,
  listAt,
  pushElement,
  setField,
  type Mapping,
} from "../yaml/values.ts";
import { BuildError, unsupported } from "../problem.ts";
import { scalarText } from "./resource.ts";

/** A kustomization.yaml: where it is and what it says. */
export interface KustomizationFile {
  readonly directory: string;
  readonly fields: Mapping;
  readonly origin: Origin;
  readonly kind: "Kustomization" | "Component";
}

const NAMES = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

const KNOWN = new Set([
  ...[
    "apiVersion",
    "kind",
    "metadata",
    "resources",
    "bases",
    "components",
    "configurations",
    "generatorOptions",
  ],
  ...[
    "configMapGenerator",
    "secretGenerator",
    "patches",
    "patchesStrategicMerge",
    "patchesJson6902",
    "namespace",
  ],
  ...[
    "namePrefix",
    "nameSuffix",
    "labels",
    "commonLabels",
    "commonAnnotations",
    "replicas",
    "images",
    "openapi",
  ],
  // The order of the output says nothing about the objects.
  "sortOptions",
]);

/** Path of the kustomization file of a directory, or undefined where it has none. */
export function findKustomizationFile(repository: Repository, directory: string): string | undefined {
  return NAMES.map((name) => posix.join(directory, name)).find((path) => repository.isFile(path));
}

/**
 * Reads the kustomization file of a directory.
 * @throws BuildError at `from` where there is none; at a field that the build lacks
 */
export function readKustomizationFile(
  repository: Repository,
  directory: string,
  from: Origin,
): KustomizationFile {
  const path = findKustomizationFile(repository, directory);
  if (path === undefined) throw new BuildError(`${directory} has no kustomization.yaml`, from);
  const { documents, errors } = repository.parse(path);
  const [error] = errors;
  if (error) throw new BuildError(error.message, error.origin, "syntax");
  const [document, ...more] = documents;
  if (!document || !isMapping(document.value) || more.length > 0) {
    throw new BuildError(`${path} must hold one mapping`, document?.origin ?? from);
  }
  const fields = cloneValue(document.value);
  for (const field of Object.keys(fields)) {
    if (!KNOWN.has(field)) throw unsupported(`${field} in a kustomization`, entryOrigin(fields, field));
  }
  if (isMapping(fields.openapi))
    throw unsupported("openapi in a kustomization", entryOrigin(fields, "openapi"));
  const kind = scalarText(fields.kind) === "Component" ? "Component" : "Kustomization";
  return { directory, fields, origin: document.origin, kind };
}

/** Whether Kustomize takes a kustomization to be empty; an empty list of resources is something. Source: CheckEmpty in its api/types. */
export function saysNothing({ fields }: KustomizationFile): boolean {
  return Object.entries(fields).every(
    ([field, value]) =>
      ["apiVersion", "kind"].includes(field) ||
      value === null ||
      value === "" ||
      (field === "bases" && Array.isArray(value) && value.length === 0),
  );
}

/**
 * What kustomize-controller writes where a directory has no kustomization file: every YAML file below it, and every directory that
 * has one. Source: generateKustomization and scanManifests in fluxcd/pkg/kustomize.
 */
export function generateKustomizationFile(
  repository: Repository,
  directory: string,
  from: Origin,
): KustomizationFile {
  if (!repository.isDirectory(directory)) throw repository.absence("directory", directory, from);
  const origin = { source: new SourceFile(posix.join(directory, "kustomization.yaml"), ""), offset: 0 };
  const fields = mappingAt(origin);
  const resources = listAt(origin);
  for (const path of scan(repository, directory)) pushElement(resources, path, from);
  setField(fields, "resources", resources, origin);
  return { directory, fields, origin, kind: "Kustomization" };
}

function scan(repository: Repository, base: string, below = ""): readonly string[] {
  const found: string[] = [];
  for (const entry of repository.entries(posix.join(base, below))) {
    const path = posix.join(below, entry.name);
    if (entry.isDirectory()) {
      const hasFile = findKustomizationFile(repository, posix.join(base, path)) !== undefined;
      found.push(...(hasFile ? [`./${path}`] : scan(repository, base, path)));
    } else if (entry.isFile() && /\.ya?ml$/.test(entry.name)) {
      found.push(`./${path}`);
    }
  }
  return found;
}
