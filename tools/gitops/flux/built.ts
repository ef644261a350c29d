import { filesOf } from "../kustomize/included-files.ts";
import { kustomizeBuild } from "../kustomize/kustomize.ts";
import type { Repository } from "../yaml/repository.ts";
import type { Origin } from "../yaml/source.ts";
import type { Mapping } from "../yaml/values.ts";
import { BuildError, type BuildProblem } from "../problem.ts";
import { plainFile } from "./flux-kustomization.ts";
import type { Variables } from "./variables.ts";

/** A Flux Kustomization and what it builds. */
export class BuiltKustomization {
  /** As its parent applies it. */
  readonly object: Mapping;
  readonly variables: Variables | undefined;
  /** What its source delivers; undefined where that is another repository. */
  readonly #repository: Repository | undefined;
  #plain: ReadonlyMap<string, Mapping> | undefined;
  #filesRead: ReadonlySet<string> | undefined;

  constructor(object: Mapping, variables: Variables | undefined, repository: Repository | undefined) {
    this.object = object;
    this.variables = variables;
    this.#repository = repository;
  }

  /** The object of a document before this Kustomization's own patches, target namespace and the like; built when first asked for. */
  beforePatches(origin: Origin): Mapping | undefined {
    this.#plain ??= this.#buildPlain();
    return this.#plain.get(originKey(origin));
  }

  /** Files that it reads, built or not, and directories with all that lies right in them; none where they come from elsewhere. */
  filesRead(): ReadonlySet<string> {
    this.#filesRead ??= this.#findFiles();
    return this.#filesRead;
  }

  #buildPlain(): ReadonlyMap<string, Mapping> {
    if (this.#repository === undefined) return new Map();
    try {
      const file = plainFile(this.object, this.#repository);
      const resources = kustomizeBuild(file, this.#repository, () => undefined);
      return new Map(resources.map((resource) => [originKey(resource.origin), resource.object]));
    } catch (error) {
      // Told where the Kustomization itself was built.
      if (error instanceof BuildError) return new Map();
      throw error;
    }
  }

  #findFiles(): ReadonlySet<string> {
    if (this.#repository === undefined) return new Set();
    try {
      return filesOf(this.#repository, plainFile(this.object, this.#repository));
    } catch (error) {
      if (error instanceof BuildError) return new Set([error.problem.position.file]);
      throw error;
    }
  }
}

/** One object as it reaches the cluster. */
export interface BuiltObject {
  readonly object: Mapping;
  /** Undefined for a root that nothing in the repository applies. */
  readonly kustomization: BuiltKustomization | undefined;
  /** Before `postBuild` substitution. */
  readonly beforeSubstitution: Mapping;
  /** The document that it began as. */
  readonly origin: Origin;
}

/** Kustomizations and sources that are on a cluster though the repository no longer holds them, by the cluster's name. */
export type Orphans = ReadonlyMap<string, readonly BuiltObject[]>;

/** Everything that one cluster gets from the repository. */
export interface BuiltCluster {
  /** `kubernetes/main`, or `.` for the whole repository. */
  readonly name: string;
  readonly objects: readonly BuiltObject[];
  readonly kustomizations: readonly BuiltKustomization[];
  readonly problems: readonly BuildProblem[];
}

const originKey = ({ source, offset }: Origin): string => `${source.file}:${offset}`;
