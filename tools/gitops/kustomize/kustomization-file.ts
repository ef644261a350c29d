import { posix } from "node:path";
import { joined, KUSTOMIZATION_NAMES } from "../yaml/paths.ts";
import type { Repository } from "../yaml/repository.ts";
import { startOf, type Origin } from "../yaml/source.ts";
import {
  entryOrigin,
  isMapping,
  listAt,
  mappingAt,
  pushElement,
  setField,
  type Mapping,
} from "../yaml/values.ts";
import { BuildError } from "../problem.ts";
import { KUSTOMIZATION } from "./kustomization-type.ts";
import { scalarText } from "./resource.ts";
import { readTyped, type Reading } from "./typed.ts";

/** A kustomization file. */
export interface KustomizationFile {
  readonly directory: string;
  /** The file's name in the directory. */
  readonly name: string;
  /** The contents, with the types that Kustomize requires. */
  readonly fields: Mapping;
  readonly origin: Origin;
  readonly kind: "Kustomization" | "Component";
}

/** Path of a directory's kustomization file; undefined if there is none. */
export function findKustomizationFile(repository: Repository, directory: string): string | undefined {
  return KUSTOMIZATION_NAMES.map((name) => joined(directory, name)).find((path) => repository.isFile(path));
}

/** Reads a directory's kustomization file. @throws BuildError if there is none (with the location `from`), or if Kustomize would reject a field */
export function readKustomizationFile(
  repository: Repository,
  directory: string,
  from: Origin,
  reading: Reading = "strict",
): KustomizationFile {
  const [path, second] = KUSTOMIZATION_NAMES.map((name) => joined(directory, name)).filter((file) =>
    repository.isFile(file),
  );
  if (path === undefined) throw new BuildError(`${directory} has no kustomization.yaml`, from);
  const { documents, errors } = repository.parse(path, "v2");
  const [error] = errors;
  if (error) throw new BuildError(error.message, error.origin, "syntax");
  // Further documents are ignored, and kustomize-controller treats an empty file as an empty mapping.
  const [document = { value: null, origin: startOf(path) }] = documents;
  const first = startsEmpty(document.origin.source.text) ? null : document.value;
  const value = first === null && reading === "lenient" ? mappingAt(document.origin) : first;
  if (!isMapping(value)) throw new BuildError(`${path} must contain a mapping`, document.origin);
  if (second !== undefined)
    throw new BuildError(
      `${directory} has two kustomization files: delete ${second} or ${path}`,
      document.origin,
    );
  const fields = readTyped(value, KUSTOMIZATION, reading, document.origin) as Mapping;
  const { origin } = document;
  return { directory, name: posix.basename(path), fields, origin, kind: kindOf(fields, reading, origin) };
}

/** Whether the first document is empty, as in a file that starts with two separators: Flux and Kustomize read nothing else. */
function startsEmpty(text: string): boolean {
  return /^(?:[ \t]*(?:#.*)?\r?\n)*---[ \t]*(?:#.*)?\r?\n(?:[ \t]*(?:#.*)?\r?\n)*---\s/.test(text);
}

const API_VERSIONS = {
  Kustomization: "kustomize.config.k8s.io/v1beta1",
  Component: "kustomize.config.k8s.io/v1alpha1",
} as const;

/** Source: EnforceFields in kustomize's api/types. */
function kindOf(fields: Mapping, reading: Reading, origin: Origin): KustomizationFile["kind"] {
  const kind = scalarText(fields.kind) || "Kustomization";
  if (kind !== "Kustomization" && kind !== "Component")
    throw new BuildError(
      `the field \`kind\` must be Kustomization or Component, not ${kind}`,
      entryOrigin(fields, "kind"),
    );
  // kustomize-controller sets the apiVersion of a Kustomization where there is none; an empty one stays empty.
  const added = reading === "lenient" ? API_VERSIONS.Kustomization : "";
  const apiVersion = scalarText(fields.apiVersion ?? added);
  if (apiVersion !== "" && apiVersion !== API_VERSIONS[kind])
    throw new BuildError(
      `apiVersion of a ${kind} must be ${API_VERSIONS[kind]}, not ${apiVersion}`,
      "apiVersion" in fields ? entryOrigin(fields, "apiVersion") : origin,
    );
  return kind;
}

/** Whether Kustomize considers a kustomization empty. One with an empty list of resources is not. Source: CheckEmpty in its api/types. */
export function saysNothing({ fields }: KustomizationFile): boolean {
  return Object.entries(fields).every(
    ([field, value]) =>
      ["apiVersion", "kind"].includes(field) ||
      value === "" ||
      (field === "bases" && Array.isArray(value) && value.length === 0),
  );
}

/**
 * What kustomize-controller generates if a directory has no kustomization file: it lists every YAML file below the directory, and every subdirectory that has a
 * kustomization file. Source: generateKustomization and scanManifests in fluxcd/pkg/kustomize.
 */
export function generateKustomizationFile(
  repository: Repository,
  directory: string,
  from: Origin,
): KustomizationFile {
  if (!repository.isDirectory(directory)) throw repository.absence("directory", directory, from);
  const [name] = KUSTOMIZATION_NAMES;
  const origin = startOf(posix.join(directory, name));
  const fields = mappingAt(origin);
  const resources = listAt(origin);
  for (const path of scan(repository, directory)) pushElement(resources, path, from);
  setField(fields, "resources", resources, origin);
  // What Flux writes so that Kustomize does not reject an empty kustomization.
  if (resources.length === 0) setField(fields, "namespace", "_placeholder", origin);
  return { directory, name, fields, origin, kind: "Kustomization" };
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
