import { posix } from "node:path";
import type { KubeObject } from "../../kube/objects.ts";
import { isKustomizationFile } from "../gitops/yaml/paths.ts";
import type { Repository } from "../gitops/yaml/repository.ts";
import {
  copyMapping,
  mappingAt,
  isMapping,
  originOf,
  setField,
  type Mapping,
} from "../gitops/yaml/values.ts";
import { yamlFilesIn } from "../gitops/yaml/yaml-files.ts";
import type { BuiltCluster } from "../gitops/flux/built.ts";
import { asKubeObject } from "./kube-object.ts";

/** Every kustomization file in a repository, except files that are too large. */
export function kustomizationFiles(repository: Repository): readonly string[] {
  return yamlFilesIn(repository).filter((file) => isKustomizationFile(file) && !repository.isTooLarge(file));
}

/**
 * The kustomization files that a cluster is built from, as objects for the rules. The name defaults to the file's path, the kind to
 * Kustomize's default.
 */
export function kustomizationsOf(
  repository: Repository,
  files: readonly string[],
  { name, kustomizations }: BuiltCluster,
): readonly KubeObject[] {
  const read = new Set(kustomizations.flatMap((kustomization) => [...kustomization.filesRead()]));
  // Without Flux, a cluster is the directory that is built, including everything below it.
  const isRead = (directory: string): boolean =>
    kustomizations.length > 0 ? read.has(directory) : `${directory}/`.startsWith(`${name}/`);
  return files
    .filter((file) => isRead(posix.dirname(file)))
    .flatMap((file) => repository.parse(file).documents.map(({ value }) => ({ file, value })))
    .flatMap(({ file, value }) => (isMapping(value) ? [asKubeObject(named(value, file))] : []));
}

function named(written: Mapping, file: string): Mapping {
  const origin = originOf(written);
  const fields = copyMapping(written);
  const metadata = isMapping(written.metadata) ? copyMapping(written.metadata) : mappingAt(origin);
  if (typeof metadata.name !== "string") setField(metadata, "name", file, origin);
  setField(fields, "metadata", metadata, origin);
  if (typeof fields.apiVersion !== "string") fields.apiVersion = "kustomize.config.k8s.io/v1beta1";
  if (typeof fields.kind !== "string") fields.kind = "Kustomization";
  return fields;
}
