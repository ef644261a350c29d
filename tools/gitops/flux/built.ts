import { posix } from "node:path";
import { findKustomizationFile } from "../kustomize/kustomization-file.ts";
import { kustomizeBuild } from "../kustomize/kustomize.ts";
import type { Repository } from "../yaml/repository.ts";
import { originKey, type Origin } from "../yaml/source.ts";
import type { Mapping } from "../yaml/values.ts";
import { BuildError, type BuildProblem } from "../problem.ts";
import { Delivered } from "./delivered.ts";
import { filesReached, pathOf, plainFile } from "./flux-kustomization.ts";
import { optsOut } from "./substitution.ts";
import { lookupIn, namesIn, substitutes, type Variables } from "./variables.ts";

/** What a {@link BuiltKustomization} is made of. */
interface BuiltFrom {
  readonly object: Mapping;
  readonly variables: Variables | undefined;
  /** The files in its source; undefined if the source is another repository. */
  readonly repository: Repository | undefined;
  /** The variables in its spec whose values only its parent on the cluster has. */
  readonly supplied: ReadonlySet<string> | undefined;
}

/** A Flux Kustomization and the objects that it builds. */
export class BuiltKustomization {
  /** The Kustomization as its parent applies it; a root that applies itself, as it does so. */
  readonly object: Mapping;
  readonly variables: Variables | undefined;
  readonly #supplied: ReadonlySet<string>;
  /** Whether the cluster's Flux applies nothing of it, because nothing defines some of its variables. */
  refusesMissing = false;
  /** Why Flux cannot build it and so applies nothing of it; empty if it can, or if that is not known. */
  failures: readonly BuildProblem[] = [];
  readonly #repository: Repository | undefined;
  #plain: ReadonlyMap<string, Mapping> | undefined;
  #filesRead: ReadonlySet<string> | undefined;

  constructor({ object, variables, repository, supplied }: BuiltFrom) {
    this.object = object;
    this.variables = variables;
    this.#repository = repository;
    this.#supplied = supplied ?? new Set();
  }

  /**
   * The variables for an object. A variable that its files do not have comes from this Kustomization's spec, where the parent has replaced it: its value
   * is unknown, whatever this Kustomization defines.
   * @param object before substitution
   */
  variablesFor(object: Mapping, origin: Origin): Variables | undefined {
    const { variables } = this;
    if (this.#supplied.size === 0 || !substitutes(variables)) return variables;
    const lookup = lookupIn(variables);
    const known = [...namesIn(object)].filter(
      (name) => this.#supplied.has(name) && typeof lookup(name) !== "symbol",
    );
    const plain = known.length > 0 ? this.beforePatches(origin) : undefined;
    if (!plain) return variables;
    const own = namesIn(plain);
    const supplied = known.filter((name) => !own.has(name)).map((name) => [name, undefined] as const);
    return { ...variables, values: new Map([...variables.values, ...supplied]) };
  }

  /**
   * The variables that are left in an object although the cluster replaces them here: this repository does not have their values.
   * @param before the object before substitution
   * @param variables those for the object
   */
  leftIn(object: Mapping, before: Mapping, variables: Variables | undefined): ReadonlySet<string> {
    if (!substitutes(variables) || optsOut(before)) return new Set();
    const lookup = lookupIn(variables);
    const escaped = JSON.stringify(before);
    return new Set(
      [...namesIn(object)].filter(
        (name) =>
          (typeof lookup(name) === "symbol" || this.#supplied.has(name)) && !escaped.includes(`$\${${name}`),
      ),
    );
  }

  /** The directory of the repository that it builds. */
  get directory(): string {
    const path = pathOf(this.object);
    return this.#repository instanceof Delivered ? posix.join(this.#repository.base, path) : path;
  }

  /** Whether Flux generates its kustomization file, because the directory has none. */
  get isGenerated(): boolean {
    return (
      this.#repository !== undefined && findKustomizationFile(this.#repository, this.directory) === undefined
    );
  }

  /** Whether the Kustomization's source is another repository. */
  get isExternal(): boolean {
    return this.#repository === undefined;
  }

  /** The files of its source; undefined if that is another repository. */
  get artifact(): Repository | undefined {
    return this.#repository;
  }

  /** The lines of Flux's own list of exclusions that keep files out of its source's artifact; none where an ignore file has replaced that list. */
  get fluxExclusions(): readonly string[] {
    return this.#repository instanceof Delivered ? this.#repository.fluxExclusions() : [];
  }

  /** The object built from a document, before this Kustomization's own patches, target namespace and so on. Built on first use. */
  beforePatches(origin: Origin): Mapping | undefined {
    this.#plain ??= this.#buildPlain();
    return this.#plain.get(originKey(origin));
  }

  /** The files and directories that the Kustomization's build reads; none if its source is another repository. */
  filesRead(): ReadonlySet<string> {
    this.#filesRead ??= this.#findFiles();
    return this.#filesRead;
  }

  #buildPlain(): ReadonlyMap<string, Mapping> {
    if (this.#repository === undefined) return new Map();
    try {
      const file = plainFile(this.object, this.#repository);
      // These errors are reported when the Kustomization itself is built.
      const resources = kustomizeBuild(file, this.#repository, { onError: () => undefined, partial: true });
      return new Map(resources.map((resource) => [originKey(resource.origin), resource.object]));
    } catch (error) {
      // Already reported by the build of the Kustomization itself.
      if (error instanceof BuildError) return new Map();
      throw error;
    }
  }

  #findFiles(): ReadonlySet<string> {
    if (this.#repository === undefined) return new Set();
    const files = filesReached(this.object, this.#repository);
    return files instanceof BuildError ? new Set([files.problem.position.file]) : files;
  }
}

/** An object as applied to the cluster. */
export interface BuiltObject {
  readonly object: Mapping;
  /** The Kustomization that applies it; undefined for a root, which nothing in the repository applies. */
  readonly kustomization: BuiltKustomization | undefined;
  /** Before `postBuild` substitution. */
  readonly beforeSubstitution: Mapping;
  /** The document that it was built from. */
  readonly origin: Origin;
}

/** Kustomizations and sources that exist on a cluster but no longer in the repository, by cluster. */
export type Orphans = ReadonlyMap<string, readonly BuiltObject[]>;

/** Everything that the repository applies to one cluster. */
export interface BuiltCluster {
  /** `kubernetes/main`, or `.` for the whole repository. */
  readonly name: string;
  readonly objects: readonly BuiltObject[];
  readonly kustomizations: readonly BuiltKustomization[];
  readonly problems: readonly BuildProblem[];
}
