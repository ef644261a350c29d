import { scalarText } from "../kustomize/resource.ts";
import type { Repository } from "../yaml/repository.ts";
import { isMapping, type Value } from "../yaml/values.ts";
import { fluxInstances, sourceOf } from "./flux-instances.ts";
import { specOf } from "./flux-kustomization.ts";
import { pushedArtifacts, type PushedArtifact } from "./pushed-artifacts.ts";
import { documentsWith, type WrittenObject } from "./written.ts";

/** The OCIRepositories that deliver a directory of this repository, because a workflow of this repository pushes it. */
export class PushedSources {
  readonly #repository: Repository;
  readonly #files: readonly string[];
  readonly #written: readonly WrittenObject[];
  #byName: ReadonlyMap<string, PushedArtifact> | undefined;

  /**
   * @param files every YAML file of the repository
   * @param written the Flux Kustomizations in these files
   */
  constructor(repository: Repository, files: readonly string[], written: readonly WrittenObject[]) {
    this.#repository = repository;
    this.#files = files;
    this.#written = written;
  }

  /** What a source delivers, given a reference to it; undefined for the whole repository, or for any other source. */
  of(reference: Value | undefined): PushedArtifact | undefined {
    if (!isMapping(reference) || reference.kind !== "OCIRepository") return undefined;
    this.#byName ??= this.#find();
    return this.#byName.get(scalarText(reference.name));
  }

  #find(): ReadonlyMap<string, PushedArtifact> {
    const pushed = pushedArtifacts(this.#repository);
    if (pushed.every(({ directory }) => directory === ".")) return new Map();
    const found = Map.groupBy(
      this.#urls().flatMap(({ name, url }) =>
        pushed.filter(({ isAt }) => isAt(url)).map((artifact) => ({ name, artifact })),
      ),
      ({ name }) => name,
    );
    return new Map(
      [...found].flatMap(([name, artifacts]) => {
        const [directory, ...others] = new Set(artifacts.map(({ artifact }) => artifact.directory));
        const [first] = artifacts;
        return first && directory !== "." && others.length === 0 ? [[name, first.artifact] as const] : [];
      }),
    );
  }

  /** The OCIRepositories with their URLs, including those that the Flux Operator creates. */
  #urls(): readonly { readonly name: string; readonly url: string }[] {
    const [repository, files, written] = [this.#repository, this.#files, this.#written];
    const objects = documentsWith(repository, files, "OCIRepository")
      .filter(({ object }) => object.kind === "OCIRepository")
      .map(({ object }) => ({
        name: scalarText(isMapping(object.metadata) ? object.metadata.name : undefined),
        url: scalarText(specOf(object).url),
      }));
    const instances = fluxInstances({ repository, files, written })
      .map((instance) => ({ ...sourceOf(instance), url: scalarText(instance.sync.url) }))
      .filter(({ kind }) => kind === "OCIRepository");
    return [...objects, ...instances];
  }
}
