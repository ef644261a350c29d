import { posix } from "node:path";
import { settleBlanks } from "../yaml/blank.ts";
import type { Repository } from "../yaml/repository.ts";
import type { Origin } from "../yaml/source.ts";
import { entryOrigin, isMapping, type Mapping } from "../yaml/values.ts";
import { attempt, BuildError, RefusedError, UnmatchedError, unsupported } from "../problem.ts";
import {
  DEFAULT_CONFIGURATION,
  loadConfigurations,
  mergeConfigurations,
  type Configuration,
} from "./configuration.ts";
import { loadCrds } from "./crds.ts";
import type { Directory } from "./directory.ts";
import {
  requireFiniteNumbers,
  requireReadableBlocks,
  requireTextKeys,
  requireUniqueKeys,
} from "./documents.ts";
import { absorb, generate } from "./generators.ts";
import { appendHashes } from "./hash.ts";
import { readKustomizationFile, saysNothing, type KustomizationFile } from "./kustomization-file.ts";
import { listField, mappings } from "./lists.ts";
import { localPath } from "./local-path.ts";
import { updateNameReferences } from "./name-references.ts";
import type { MergeSchemas } from "./merge-keys.ts";
import { loadSchemas, requireSchemaFile } from "./openapi.ts";
import {
  annotateOrigin,
  annotateTransformation,
  buildMetadataOf,
  markManaged,
  removeAnnotations,
  type BuildMetadata,
  type PluginOrigin,
} from "./build-metadata.ts";
import type { PluginDirectory } from "./plugin-entries.ts";
import { generatorsOf, transformersOf } from "./plugins.ts";
import { listItems, resourcesOf } from "./document-objects.ts";
import { requireIdentity, scalarText, type Resource } from "./resource.ts";
import { describeId } from "./resource-id.ts";
import { Resources } from "./resources.ts";
import { sortObjects } from "./sort-order.ts";
import { transformations } from "./transform.ts";
import { addVariable, mergeVariables, resolveVariables, type Variable } from "./variables.ts";

/** Options for building a kustomization. */
export interface KustomizeOptions {
  /** Called for files that are not valid YAML, which are then left out. Without this callback, such files fail the build. */
  readonly onError?: (error: BuildError) => void;
  /** Whether to report and leave out entries that cannot be used, instead of failing. The result may then be incomplete. */
  readonly partial?: boolean;
}

/**
 * The objects that `kustomize build` produces, in the same order, with the location where each field was written.
 * @throws BuildError for anything that Kustomize would reject or that this build does not support
 * @see https://github.com/kubernetes-sigs/kustomize, api/internal/target/kusttarget.go
 */
export function kustomizeBuild(
  file: KustomizationFile,
  repository: Repository,
  options: KustomizeOptions = {},
): readonly Resource[] {
  const metadata = buildMetadataOf(file);
  const build = new Build(repository, options, metadata);
  const { resources, configuration, variables } = build.accumulate(file, nothing());
  appendHashes(resources);
  updateNameReferences(resources, configuration.nameReference);
  build.entry(() => {
    resolveVariables(resources, variables, configuration.varReference);
  });
  build.entry(() => {
    requireFinished(resources);
  });
  const built = resources.all.filter(({ annotations }) =>
    ["", "false"].includes(scalarText(annotations["config.kubernetes.io/local-config"])),
  );
  const sorted = sortObjects(built, file.fields);
  if (metadata.managedByLabel) markManaged(sorted, file);
  for (const resource of sorted) {
    removeAnnotations(resource, metadata);
    build.entry(() => {
      resource.settleAnnotations();
    });
    settleBlanks(resource.object);
    build.entry(() => {
      requireFiniteNumbers(resource.object);
      requireUniqueKeys(resource.object);
      requireReadableBlocks(resource.object);
    });
  }
  return sorted;
}

/** @throws BuildError for objects that Kustomize would not return: without a kind or name, or with the id of another object */
function requireFinished(resources: Resources): void {
  for (const resource of resources.all) {
    requireIdentity(resource);
    if (resources.withCurrentId(resource.id).length > 1)
      throw new BuildError(`two objects have the same id: ${describeId(resource.id)}`, resource.origin);
  }
}

const DROPPED =
  "Flux ignores this document: it reads only the first one of a file in UTF-16. Save the file as UTF-8";

/** How deeply directories may include each other; limited because the build recurses. */
export const MAX_INCLUDES = 200;

interface Accumulated {
  readonly resources: Resources;
  readonly variables: Variable[];
  configuration: Configuration;
}

const nothing = (): Accumulated => ({
  resources: new Resources(),
  variables: [],
  configuration: DEFAULT_CONFIGURATION,
});

class Build {
  readonly #repository: Repository;
  readonly #options: KustomizeOptions;
  readonly #metadata: BuildMetadata;
  readonly #active: string[] = [];
  #schemas: MergeSchemas | undefined;
  /** Whether something was left out, so that references to it match nothing. */
  #isIncomplete = false;

  constructor(repository: Repository, options: KustomizeOptions, metadata: BuildMetadata) {
    this.#repository = repository;
    this.#options = options;
    this.#metadata = metadata;
  }

  /** @param root path of the directory relative to the directory that is built, as used in origin annotations */
  accumulate(file: KustomizationFile, into: Accumulated, root = ""): Accumulated {
    const { fields, directory } = file;
    if (this.#active.includes(directory)) throw new BuildError(`${directory} includes itself`, file.origin);
    if (this.#active.length >= MAX_INCLUDES)
      throw new BuildError(`more than ${MAX_INCLUDES} directories include each other`, file.origin);
    // kustomize-controller adds fields to the kustomization that it builds.
    if (this.#active.length > 0 && saysNothing(file)) {
      this.entry(() => {
        throw new BuildError(`the kustomization in ${directory} is empty`, file.origin);
      });
      return into;
    }
    this.#active.push(directory);
    this.#refuse(fields);
    const here: Directory = { repository: this.#repository, path: directory };
    this.entry(() => {
      this.#setSchemas(fields, here);
    });
    this.#addResources(fields, here, into, root);
    this.entry(() => {
      const own = loadConfigurations(listField(fields, "configurations"), here);
      into.configuration = mergeConfigurations(into.configuration, own);
      into.configuration = mergeConfigurations(into.configuration, loadCrds(listField(fields, "crds"), here));
    });
    this.#generate(file, here, into.resources, root);
    this.#addComponents(fields, here, into, root);
    for (const resource of into.resources.all) resource.schema = (gvk, path) => this.#schemas?.(gvk, path);
    this.#transform(file, here, into, root);
    for (const entry of mappings(fields, "vars"))
      this.entry(() => {
        addVariable(into.variables, entry, into.resources);
      });
    this.#active.pop();
    return into;
  }

  /** The first schema that a directory names applies to the whole build, also to its bases. Source: SetSchema in kyaml/openapi/openapi.go. */
  #setSchemas(fields: Mapping, here: Directory): void {
    if (this.#schemas) requireSchemaFile(fields, here);
    else this.#schemas = loadSchemas(fields, here);
  }

  #refuse(fields: Mapping): void {
    for (const field of ["helmCharts", "helmChartInflationGenerator", "validators"]) {
      const list = fields[field];
      if (!Array.isArray(list) || list.length === 0) continue;
      this.entry(() => {
        const origin = entryOrigin(fields, field);
        if (field === "validators") throw unsupported("validators in a kustomization", origin);
        throw new BuildError(`Flux does not render ${field}: use a HelmRelease`, origin);
      });
    }
  }

  #addResources(fields: Mapping, here: Directory, into: Accumulated, root: string): void {
    for (const field of ["resources", "bases"]) {
      const list = listField(fields, field);
      for (const [index, entry] of list.entries()) {
        const origin = entryOrigin(list, index);
        const path = this.entry(() => this.#local(here, scalarText(entry), origin));
        if (path === undefined) continue;
        const from = posix.join(root, scalarText(entry));
        if (this.#repository.isFile(path)) this.#addFile(path, into.resources, from);
        else {
          const child = this.entry(() => this.#child(path, origin, "Kustomization"));
          if (child) this.#addDirectory(child, into, from);
        }
      }
    }
  }

  #addDirectory(child: KustomizationFile, into: Accumulated, from: string): void {
    const built = this.accumulate(child, nothing(), from);
    for (const resource of built.resources.all) into.resources.append(resource);
    mergeVariables(into.variables, built.variables);
    into.configuration = mergeConfigurations(into.configuration, built.configuration);
  }

  #addFile(path: string, resources: Resources, from: string): void {
    const { documents, errors, dropped } = this.#repository.parse(path);
    if (dropped) this.#options.onError?.(new RefusedError(DROPPED, dropped));
    for (const error of errors) this.#report(new BuildError(error.message, error.origin, "syntax"));
    // Kustomize adds the items of a List after everything else in the file. Source: inlineAnyEmbeddedLists in its api/resource/factory.go.
    const queue = [...documents];
    for (const document of queue)
      this.#attempt(() => {
        requireTextKeys(document);
        const items = listItems(document.value);
        if (items) queue.push(...items.map((item) => ({ ...item, oddKey: undefined })));
        for (const resource of items ? [] : resourcesOf(document.value, document.origin)) {
          annotateOrigin(resource, this.#metadata, { path: from });
          resources.append(resource);
        }
      });
  }

  /** The result of one entry; in a partial build, undefined if the entry cannot be used. */
  entry<Result>(work: () => Result): Result | undefined {
    return this.#options.partial === true ? this.#attempt(work) : work();
  }

  #attempt<Result>(work: () => Result): Result | undefined {
    return attempt(work, (error) => {
      this.#report(error);
    });
  }

  #report(error: BuildError): void {
    if (!this.#options.onError) throw error;
    if (error instanceof UnmatchedError && this.#isIncomplete) return;
    // A patch without an object leaves nothing out.
    this.#isIncomplete ||= !(error instanceof UnmatchedError && error.patched);
    this.#options.onError(error);
  }

  #addComponents(fields: Mapping, here: Directory, into: Accumulated, root: string): void {
    const list = listField(fields, "components");
    for (const [index, entry] of list.entries()) {
      const origin = entryOrigin(list, index);
      const child = this.entry(() =>
        this.#child(this.#local(here, scalarText(entry), origin), origin, "Component"),
      );
      if (child) this.accumulate(child, into, posix.join(root, scalarText(entry)));
    }
  }

  #child(path: string, origin: Origin, kind: KustomizationFile["kind"]): KustomizationFile {
    if (!this.#repository.isDirectory(path))
      throw this.#repository.absence("file or directory", path, origin);
    const file = readKustomizationFile(this.#repository, path, origin);
    if (file.kind !== kind) throw new BuildError(`${path} must be a ${kind}, not a ${file.kind}`, origin);
    return file;
  }

  #local(here: Directory, path: string, origin: Origin): string {
    if (/^(?:[a-z][a-z+]*:\/\/|git::|gh:|git@|github\.com[:/])/i.test(path) || path.includes("?ref="))
      throw unsupported(`the remote resource ${path}: it would have to be fetched`, origin);
    return localPath(here, path, origin);
  }

  #generate(file: KustomizationFile, here: Directory, resources: Resources, root: string): void {
    const { fields } = file;
    const options = isMapping(fields.generatorOptions) ? fields.generatorOptions : {};
    for (const [field, kind] of [
      ["configMapGenerator", "ConfigMap"],
      ["secretGenerator", "Secret"],
    ] as const) {
      for (const entry of mappings(fields, field))
        this.entry(() => {
          const resource = generate({ kind, entry, options }, here);
          annotateOrigin(resource, this.#metadata, {
            configuredIn: posix.join(root, file.name),
            configuredBy: { apiVersion: "builtin", kind: `${kind}Generator` },
          });
          absorb(resources, resource);
        });
    }
    for (const generator of this.entry(() => generatorsOf(fields, this.#plugins(here))) ?? [])
      this.entry(() => {
        const resource = generator.generate();
        annotateOrigin(resource, this.#metadata, {
          configuredIn: posix.join(root, generator.file ?? file.name),
          configuredBy: generator.id,
        });
        absorb(resources, resource);
      });
  }

  /** A directory in a list of plugins has a kustomization that builds their configurations. */
  #plugins(here: Directory): PluginDirectory {
    return {
      ...here,
      build: (path, origin) =>
        this.accumulate(this.#child(path, origin, "Kustomization"), nothing(), path).resources.all.map(
          ({ object }) => object,
        ),
    };
  }

  #transform(
    { fields, name }: KustomizationFile,
    here: Directory,
    { resources, configuration }: Accumulated,
    root: string,
  ): void {
    const annotate = (file: string, configuredBy: PluginOrigin["configuredBy"]): void => {
      annotateTransformation(resources.all, this.#metadata, {
        configuredIn: posix.join(root, file),
        configuredBy,
      });
    };
    for (const { kind, parts } of transformations(resources, fields, configuration, here)) {
      for (const part of parts) this.entry(part);
      annotate(name, { apiVersion: "builtin", kind });
    }
    for (const { transform, file, id } of this.entry(() => transformersOf(fields, this.#plugins(here))) ??
      []) {
      this.entry(() => {
        transform(resources);
      });
      annotate(file ?? name, id);
    }
  }
}
