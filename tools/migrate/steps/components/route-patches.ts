import { posix } from "node:path";
import { readKustomizationFile } from "../../../gitops/kustomize/kustomization-file.ts";
import { kustomizeBuild } from "../../../gitops/kustomize/kustomize.ts";
import { isKustomizationFile } from "../../../gitops/yaml/paths.ts";
import { parseYaml } from "../../../gitops/yaml/parse.ts";
import type { Repository } from "../../../gitops/yaml/repository.ts";
import { locate, SourceFile, startOf } from "../../../gitops/yaml/source.ts";
import { entryOrigin, isMapping, type Mapping, type Value } from "../../../gitops/yaml/values.ts";
import { attempt } from "../../../gitops/problem.ts";
import { fileText } from "../../../gitops/yaml/file-text.ts";
import type { Note } from "../../step.ts";
import { yamlFilesIn } from "../../../gitops/yaml/yaml-files.ts";
import { listOf, resolves } from "./references.ts";

/** Finds kustomizations with a component that patches HTTPRoutes, if only Helm renders HTTPRoutes there: Kustomize patches cannot reach those. */
export function patchesOutOfReach(repository: Repository): readonly Note[] {
  return yamlFilesIn(repository).flatMap((file) => {
    if (!isKustomizationFile(file)) return [];
    const fields = repository.parse(file).documents[0]?.value;
    if (!isMapping(fields) || fields.kind === "Component" || !Array.isArray(fields.components)) return [];
    const list = fields.components;
    return list.flatMap((entry, index) => {
      const directory = resolves(repository, file, entry);
      if (directory === undefined || !patchesRoutes(repository, directory)) return [];
      const kinds = kindsOf(repository, posix.dirname(file));
      if (kinds.has("HTTPRoute") || !kinds.has("HelmRelease")) return [];
      const message = `${directory} patches HTTPRoutes, but Helm renders all HTTPRoutes here, and Kustomize patches cannot reach them: move the patches' settings to the HelmRelease's values`;
      return [{ kind: "left" as const, message, position: locate(entryOrigin(list, index)) }];
    });
  });
}

function patchesRoutes(repository: Repository, directory: string): boolean {
  const fields = fieldsOf(repository, directory);
  return listOf(fields, "patches").some((patch) => {
    if (!isMapping(patch)) return false;
    if (isMapping(patch.target)) return patch.target.kind === "HTTPRoute";
    return patched(repository, directory, patch).some(
      (value) => isMapping(value) && value.kind === "HTTPRoute",
    );
  });
}

function patched(repository: Repository, directory: string, { path, patch }: Mapping): readonly Value[] {
  const file = typeof path === "string" ? repository.resolve(directory, path) : undefined;
  const text = file === undefined ? patch : fileText(repository, file);
  return typeof text === "string"
    ? parseYaml(new SourceFile(file ?? directory, text)).documents.map(({ value }) => value)
    : [];
}

function fieldsOf(repository: Repository, directory: string): Mapping {
  return attempt(() => readKustomizationFile(repository, directory, startOf(directory)).fields) ?? {};
}

function kindsOf(repository: Repository, directory: string): ReadonlySet<string> {
  const build = () =>
    kustomizeBuild(readKustomizationFile(repository, directory, startOf(directory)), repository);
  return new Set((attempt(build) ?? []).map(({ id }) => id.gvk.kind));
}
