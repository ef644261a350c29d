import type { Repository } from "../yaml/repository.ts";
import type { Origin } from "../yaml/source.ts";
import { entryOrigin, isMapping, type Mapping } from "../yaml/values.ts";
import { BuildError, unsupported } from "../problem.ts";
import {
  DEFAULT_CONFIGURATION,
  loadConfigurations,
  mergeConfigurations,
  type Configuration,
} from "./configuration.ts";
import { mergeSpecs } from "./field-spec.ts";
import { generate } from "./generators.ts";
import { contentHash } from "./hash.ts";
import { setImage } from "./images.ts";
import { readKustomizationFile, saysNothing, type KustomizationFile } from "./kustomization-file.ts";
import { addLabels } from "./label-entries.ts";
import { listField, mappings } from "./lists.ts";
import { localPath } from "./local-path.ts";
import { updateNameReferences } from "./name-references.ts";
import { applyPatch, applyStrategicMergeEntry } from "./patches.ts";
import { resourcesOf, scalarText, type Resource } from "./resource.ts";
import { Resources } from "./resources.ts";
import { affixNames, setNamespace, setPairs, setReplicas } from "./transformers.ts";

/**
 * The objects that `kustomize build` makes of a kustomization, each field with the place where it was written. A file that is no
 * YAML is told to `onError` and left out, where that is given.
 * @param partial whether an entry that cannot be used is told and left out as well: what is given may then be less than what is applied
 * @throws BuildError for what Kustomize would refuse, and for what this build does not know
 * @see https://github.com/kubernetes-sigs/kustomize, api/internal/target/kusttarget.go
 */
export function kustomizeBuild(
  file: KustomizationFile,
  repository: Repository,
  onError?: (error: BuildError) => void,
  partial = false,
): readonly Resource[] {
  const build = new Build(repository, onError, partial);
  const { resources, configuration } = build.accumulate(file, {
    resources: new Resources(),
    configuration: DEFAULT_CONFIGURATION,
  });
  for (const resource of resources.all.filter(({ hashed }) => hashed)) {
    resource.rememberId();
    resource.setMetadata("name", `${resource.name}-${contentHash(resource.object)}`, resource.origin);
    resources.renamed(resource);
  }
  updateNameReferences(resources, configuration.nameReference);
  return resources.all.filter(
    ({ annotations }) => annotations["config.kubernetes.io/local-config"] === undefined,
  );
}

/** Directories that include each other in a row: what follows them does so by recursion. */
export const MAX_INCLUDES = 200;

interface Accumulated {
  readonly resources: Resources;
  configuration: Configuration;
}

class Build {
  readonly #repository: Repository;
  readonly #onError: ((error: BuildError) => void) | undefined;
  readonly #partial: boolean;
  readonly #active: string[] = [];

  constructor(repository: Repository, onError: ((error: BuildError) => void) | undefined, partial: boolean) {
    this.#repository = repository;
    this.#onError = onError;
    this.#partial = partial;
  }

  accumulate(file: KustomizationFile, into: Accumulated): Accumulated {
    const { fields, directory } = file;
    if (this.#active.includes(directory)) throw new BuildError(`${directory} includes itself`, file.origin);
    if (this.#active.length >= MAX_INCLUDES)
      throw new BuildError(`more than ${MAX_INCLUDES} directories include each other in a row`, file.origin);
    // Of what is built itself, kustomize-controller sees to it that there is something.
    if (this.#active.length > 0 && saysNothing(file))
      throw new BuildError(`the kustomization of ${directory} is empty`, file.origin);
    this.#active.push(directory);
    for (const field of ["resources", "bases"]) this.#addResources(fields, field, directory, into);
    const own = loadConfigurations(listField(fields, "configurations"), this.#repository, directory);
    into.configuration = mergeConfigurations(into.configuration, own);
    this.#generate(fields, directory, into.resources);
    this.#addComponents(fields, directory, into);
    this.#transform(fields, directory, into);
    this.#active.pop();
    return into;
  }

  #addResources(fields: Mapping, field: string, directory: string, into: Accumulated): void {
    const list = listField(fields, field);
    for (const [index, entry] of list.entries()) {
      const origin = entryOrigin(list, index);
      const path = this.#entry(() => this.#local(directory, scalarText(entry), origin));
      if (path === undefined) continue;
      if (this.#repository.isFile(path)) this.#addFile(path, into.resources);
      else {
        const child = this.#entry(() => this.#child(path, origin, "Kustomization"));
        if (child === undefined) continue;
        const built = this.accumulate(child, {
          resources: new Resources(),
          configuration: DEFAULT_CONFIGURATION,
        });
        for (const resource of built.resources.all) into.resources.append(resource);
        into.configuration = mergeConfigurations(into.configuration, built.configuration);
      }
    }
  }

  #addFile(path: string, resources: Resources): void {
    const { documents, errors } = this.#repository.parse(path);
    for (const error of errors) this.#report(new BuildError(error.message, error.origin, "syntax"));
    for (const { value, origin } of documents)
      this.#attempt(() => {
        for (const resource of resourcesOf(value, origin)) resources.append(resource);
      });
  }

  /** What one entry gives; undefined where it cannot be used and the other entries are built without it. */
  #entry<Result>(work: () => Result): Result | undefined {
    return this.#partial ? this.#attempt(work) : work();
  }

  #attempt<Result>(work: () => Result): Result | undefined {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof BuildError)) throw error;
      this.#report(error);
      return undefined;
    }
  }

  #report(error: BuildError): void {
    if (!this.#onError) throw error;
    this.#onError(error);
  }

  #addComponents(fields: Mapping, directory: string, into: Accumulated): void {
    const list = listField(fields, "components");
    for (const [index, entry] of list.entries()) {
      const origin = entryOrigin(list, index);
      const child = this.#entry(() =>
        this.#child(this.#local(directory, scalarText(entry), origin), origin, "Component"),
      );
      if (child !== undefined) this.accumulate(child, into);
    }
  }

  #child(path: string, origin: Origin, kind: KustomizationFile["kind"]): KustomizationFile {
    if (!this.#repository.isDirectory(path))
      throw this.#repository.absence("file or directory", path, origin);
    const file = readKustomizationFile(this.#repository, path, origin);
    if (file.kind !== kind) throw new BuildError(`${path} must be a ${kind}, and is a ${file.kind}`, origin);
    return file;
  }

  #local(directory: string, path: string, origin: Origin): string {
    if (/^(?:[a-z][a-z+]*:\/\/|git::|gh:|git@|github\.com[:/])/i.test(path) || path.includes("?ref=")) {
      throw unsupported(`the remote resource ${path}: it would have to be fetched`, origin);
    }
    return localPath(this.#repository, directory, path, origin);
  }

  #generate(fields: Mapping, directory: string, resources: Resources): void {
    const options = isMapping(fields.generatorOptions) ? fields.generatorOptions : {};
    for (const [field, kind] of [
      ["configMapGenerator", "ConfigMap"],
      ["secretGenerator", "Secret"],
    ] as const) {
      for (const entry of mappings(fields, field))
        this.#entry(() => {
          generate(resources, kind, entry, options, this.#repository, directory);
        });
    }
  }

  /** In the order of Kustomize's configureBuiltinTransformers. */
  #transform(fields: Mapping, directory: string, { resources, configuration }: Accumulated): void {
    const merges = listField(fields, "patchesStrategicMerge");
    for (const index of merges.keys())
      applyStrategicMergeEntry(resources, merges, index, this.#repository, directory);
    for (const entry of mappings(fields, "patches"))
      applyPatch(resources, entry, this.#repository, directory);
    const namespace = scalarText(fields.namespace);
    if (namespace !== "")
      setNamespace(resources, namespace, configuration.namespace, entryOrigin(fields, "namespace"));
    const [prefix, suffix] = [scalarText(fields.namePrefix), scalarText(fields.nameSuffix)];
    if (prefix !== "") affixNames(resources, { prefix }, entryOrigin(fields, "namePrefix"));
    if (suffix !== "") affixNames(resources, { suffix }, entryOrigin(fields, "nameSuffix"));
    for (const entry of mappings(fields, "labels")) addLabels(resources, entry, configuration);
    if (isMapping(fields.commonLabels)) {
      setPairs(resources, fields.commonLabels, mergeSpecs(configuration.commonLabels, configuration.labels));
    }
    if (isMapping(fields.commonAnnotations))
      setPairs(resources, fields.commonAnnotations, configuration.commonAnnotations);
    for (const entry of mappings(fields, "patchesJson6902"))
      applyPatch(resources, entry, this.#repository, directory);
    for (const entry of mappings(fields, "replicas")) setReplicas(resources, entry, configuration.replicas);
    for (const entry of mappings(fields, "images")) setImage(resources, entry, configuration.images);
  }
}
