import { posix } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { kustomizeBuild } from "../../../gitops/kustomize/kustomize.ts";
import { readKustomizationFile } from "../../../gitops/kustomize/kustomization-file.ts";
import { scalarText } from "../../../gitops/kustomize/resource.ts";
import type { Repository } from "../../../gitops/yaml/repository.ts";
import { startOf } from "../../../gitops/yaml/source.ts";
import type { Mapping } from "../../../gitops/yaml/values.ts";
import { BuildError } from "../../../gitops/problem.ts";
import { fileText } from "../../../gitops/yaml/file-text.ts";
import { allFiles, listOf } from "./references.ts";

/**
 * Fields that have the same effect in a component. Any other field would apply to every object in the kustomization that includes the
 * component.
 */
const HARMLESS = new Set([
  "apiVersion",
  "kind",
  "metadata",
  "resources",
  "configMapGenerator",
  "secretGenerator",
]);

/** A temporary kustomization that exists only in memory. */
const PROBE = ".edgefirst/components-probe";

const NOWHERE = startOf("kustomization.yaml");

/** Why a directory cannot be used as a component without changes; undefined if it can. */
export function whyNoComponent(repository: Repository, directory: string): string | undefined {
  try {
    const { fields, kind } = readKustomizationFile(repository, directory, NOWHERE);
    if (kind === "Component") return undefined;
    const field = Object.keys(fields).find((key) => !HARMLESS.has(key));
    if (field !== undefined)
      return `as a component, its ${field} would apply to every object in the kustomizations that include it`;
    const outside = listOf(fields, "resources")
      .map(scalarText)
      .find((entry) => entry.startsWith(".."));
    if (outside !== undefined) return `it includes ${outside}, which is outside the directory`;
  } catch (error) {
    if (error instanceof BuildError) return error.message;
    throw error;
  }
  const odd = allFiles(repository, directory).find(
    (file) => fileText(repository, file)?.includes("\uFFFD") ?? true,
  );
  return odd === undefined ? undefined : `${odd} is not a plain text file`;
}

/** Why a component cannot replace a directory; undefined if both build the same objects. */
export function buildsTheSame(repository: Repository, from: string, to: string): string | undefined {
  try {
    if (readKustomizationFile(repository, to, NOWHERE).kind !== "Component")
      return `${to} is not a component`;
    const [old, now] = [objectsOf(repository, from), objectsOf(repository, to)];
    if (isDeepStrictEqual(old, now)) return undefined;
    const differing = [...old.keys()].find((key) => !isDeepStrictEqual(old.get(key), now.get(key)));
    const one = differing ?? [...now.keys()].find((key) => !old.has(key)) ?? "";
    return `${to} builds a different ${one}`;
  } catch (error) {
    if (error instanceof BuildError) return error.message;
    throw error;
  }
}

/** The objects built from a directory, by kind and name. */
function objectsOf(repository: Repository, directory: string): ReadonlyMap<string, Mapping> {
  const { kind } = readKustomizationFile(repository, directory, NOWHERE);
  const list = kind === "Component" ? "components" : "resources";
  const probe = posix.join(PROBE, "kustomization.yaml");
  const virtual = repository.with(new Map([[probe, `${list}:\n  - ${posix.relative(PROBE, directory)}\n`]]));
  const resources = kustomizeBuild(readKustomizationFile(virtual, PROBE, NOWHERE), virtual);
  return new Map(
    resources
      .map(({ object, id }): [string, Mapping] => [`${id.gvk.kind} ${id.name}`, object])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}
