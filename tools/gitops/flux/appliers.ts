import { posix } from "node:path";
import { findKustomizationFile } from "../kustomize/kustomization-file.ts";
import { scalarText } from "../kustomize/resource.ts";
import { attempt } from "../problem.ts";
import { isIn } from "../yaml/paths.ts";
import type { Repository } from "../yaml/repository.ts";
import { isMapping, type Mapping } from "../yaml/values.ts";
import { finishObject } from "./finish.ts";
import { pathOf, specOf } from "./flux-kustomization.ts";
import { variablesOf, type FindSource } from "./variables.ts";
import { clusterOf, documentsWith, type WrittenObject } from "./written.ts";

/** The written Kustomizations that build a file's directory: those with the longest path above it. */
export function appliersOf(file: string, written: readonly WrittenObject[]): readonly WrittenObject[] {
  const above = written.filter(({ object }) => isIn(file, pathOf(object)));
  const longest = Math.max(...above.map(({ object }) => pathOf(object).length));
  return above.filter(({ object }) => pathOf(object).length === longest);
}

/** The namespace that a Kustomization gives to what it applies from a file; empty if it leaves the objects' own namespaces. */
export function namespaceGiven(
  file: string,
  applier: WrittenObject | undefined,
  repository: Repository,
): string {
  const target = applier && scalarText(specOf(applier.object).targetNamespace);
  if (target !== undefined && target !== "") return target;
  const own = posix.dirname(file);
  const top = applier ? pathOf(applier.object) : own;
  let given = "";
  for (let directory = own; ; directory = posix.dirname(directory)) {
    given = namespaceIn(directory, repository) || given;
    if (directory === top || directory === ".") return given;
  }
}

function namespaceIn(directory: string, repository: Repository): string {
  const file = findKustomizationFile(repository, directory);
  const value = file === undefined ? undefined : repository.parse(file).documents[0]?.value;
  return isMapping(value) ? scalarText(value.namespace) : "";
}

/** A document with the variables that its Kustomization substitutes, as far as the repository defines them. */
export function substituted(
  document: Mapping,
  applier: WrittenObject,
  repository: Repository,
  files: readonly string[],
): Mapping {
  const variables = variablesOf(applier.object, sourceNear(applier, repository, files));
  // An error is reported when the Kustomization itself is built.
  return attempt(() => finishObject(document, applier.object, variables)) ?? document;
}

/** Finds an object by its name in the applier's cluster, or in the whole repository if only one file has it. */
function sourceNear(applier: WrittenObject, repository: Repository, files: readonly string[]): FindSource {
  return (kind, _namespace, name) => {
    const all = documentsWith(repository, files, name).filter(
      ({ object }) =>
        object.kind === kind && isMapping(object.metadata) && scalarText(object.metadata.name) === name,
    );
    const near = all.filter((source) => clusterOf(source) === clusterOf(applier));
    const [only, ...others] = near.length > 0 ? near : all;
    return others.length > 0 ? undefined : only?.object;
  };
}
