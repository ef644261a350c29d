import { kustomizeBuild } from "../build/kustomize.ts";
import type { Repository } from "../documents/repository.ts";
import type { Origin } from "../documents/source.ts";
import type { Fields } from "../documents/values.ts";
import { BuildError, type Problem } from "../problem.ts";
import { plainFile } from "./flux-kustomization.ts";
import type { Variables } from "./variables.ts";

/** A Flux Kustomization and what it builds. */
export class BuiltKustomization {
  /** As its parent applies it. */
  readonly object: Fields;
  readonly variables: Variables | undefined;
  readonly #repository: Repository;
  #plain: ReadonlyMap<string, Fields> | undefined;

  constructor(object: Fields, variables: Variables | undefined, repository: Repository) {
    this.object = object;
    this.variables = variables;
    this.#repository = repository;
  }

  /** The object of a document before this Kustomization's own patches, target namespace and the like; built when first asked for. */
  beforePatches(origin: Origin): Fields | undefined {
    this.#plain ??= this.#buildPlain();
    return this.#plain.get(originKey(origin));
  }

  #buildPlain(): ReadonlyMap<string, Fields> {
    try {
      const resources = kustomizeBuild(
        plainFile(this.object, this.#repository),
        this.#repository,
        () => undefined,
      );
      return new Map(resources.map((resource) => [originKey(resource.origin), resource.object]));
    } catch (error) {
      // Told where the Kustomization itself was built.
      if (error instanceof BuildError) return new Map();
      throw error;
    }
  }
}

/** One object as it reaches the cluster. */
export interface BuiltObject {
  readonly object: Fields;
  /** Undefined for a root that nothing in the repository applies. */
  readonly kustomization: BuiltKustomization | undefined;
  /** Before `postBuild` substitution. */
  readonly beforeSubstitution: Fields;
  /** The document that it began as. */
  readonly origin: Origin;
}

/** Everything that one cluster gets from the repository. */
export interface BuiltCluster {
  /** `kubernetes/main`, or `.` for the whole repository. */
  readonly name: string;
  readonly objects: readonly BuiltObject[];
  readonly kustomizations: readonly BuiltKustomization[];
  readonly problems: readonly Problem[];
}

const originKey = ({ source, offset }: Origin): string => `${source.file}:${offset}`;
