import { isDeepStrictEqual } from "node:util";
import { kustomizeBuild } from "../kustomize/kustomize.ts";
import { idOf } from "../kustomize/object-name.ts";
import type { Resource } from "../kustomize/resource.ts";
import { attempt, TwiceError, type BuildError, type BuildProblem } from "../problem.ts";
import { contentsOf } from "../yaml/contents.ts";
import { locate } from "../yaml/source.ts";
import { originOf, type Mapping } from "../yaml/values.ts";
import type { Artifacts } from "./artifacts.ts";
import { BuiltKustomization } from "./built.ts";
import type { ClusterProblems } from "./cluster-problems.ts";
import type { Delivered } from "./delivered.ts";
import { finishObject } from "./finish.ts";
import { buildSpecOf, fileWithSpec, isFluxKustomization, pathOf, specOf } from "./flux-kustomization.ts";
import { remoteOf } from "./remote-cluster.ts";
import type { OwnSources } from "./own-sources.ts";
import type { MissingVariable } from "./substitution.ts";
import { VariableSources } from "./variable-sources.ts";
import { variablesOf } from "./variables.ts";

/** What the build of a cluster's Kustomizations depends on. */
export interface KustomizationBuildArgs {
  /** The name of the cluster. */
  readonly name: string;
  readonly sources: OwnSources;
  readonly artifacts: Artifacts;
  readonly partial: boolean;
}

/** An object that Kustomize has built, without what only its build needs. */
export type BuiltResource = Pick<Resource, "object" | "origin">;

/** A Kustomization that is built, but not its substitution. */
export interface Unsubstituted {
  readonly kustomization: Mapping;
  readonly resources: readonly BuiltResource[];
  /** See {@link BuiltKustomization.failures}. */
  readonly failures: readonly BuildProblem[];
}

/** What Kustomize builds for a Flux Kustomization. */
interface Built {
  readonly resources: readonly BuiltResource[];
  readonly errors: readonly BuildError[];
}

/** How often a root is built again with what it has made of itself: a variable with itself in its value grows each time. */
const MAX_ROUNDS = 3;

/** Builds a cluster's Kustomizations, each on its own: first what Kustomize makes of it, then each object as the Kustomization applies it. */
export class KustomizationBuilds {
  readonly #name: string;
  readonly #sources: OwnSources;
  readonly #artifacts: Artifacts;
  readonly #partial: boolean;
  readonly #problems: ClusterProblems;
  /** What the Kustomizations have built for `substituteFrom`. */
  readonly variableSources = new VariableSources();
  /** The variables in the specs of Kustomizations whose values only the cluster has, which replaces them there. */
  readonly #supplied = new Map<Mapping, ReadonlySet<string>>();
  /** How many Kustomizations have been built from the same contents. */
  readonly #counts = new Map<string, number>();

  constructor({ name, sources, artifacts, partial }: KustomizationBuildArgs, problems: ClusterProblems) {
    this.#name = name;
    this.#sources = sources;
    this.#artifacts = artifacts;
    this.#partial = partial;
    this.#problems = problems;
  }

  build(kustomization: Mapping): Unsubstituted {
    const delivered = this.#delivered(kustomization);
    if (delivered === undefined) return { kustomization, resources: [], failures: [] };
    const { digest, files } = contentsOf(buildSpecOf(kustomization));
    const key = JSON.stringify([this.#name, this.#partial, digest]);
    // Two Kustomizations never share objects, because callers look up which one applies an object.
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    const build = (): Built => builtFrom(kustomization, delivered, this.#partial);
    const { resources, errors } = delivered.once(`${count} ${key}`, build, files);
    for (const error of errors) this.#problems.report(error);
    this.variableSources.collect(resources.map(({ object }) => object));
    return { kustomization, resources, failures: failuresIn(errors, delivered) };
  }

  /** A root that applies itself gets the patches of its own kustomization file, and the variables that they define, when Flux has applied it. */
  settled(root: Unsubstituted): Unsubstituted {
    let settled = root;
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const { kustomization, resources, failures } = settled;
      const own = ownOf(settled);
      if (!own || remoteOf(kustomization) !== undefined) break;
      const next = this.#problems.attempt(() => this.apply(own, this.withVariables(kustomization)));
      if (!next || pathOf(next) !== pathOf(kustomization) || !this.#sources.has(next)) break;
      if (isDeepStrictEqual(specOf(next), specOf(kustomization))) break;
      const isSameBuild = isDeepStrictEqual(buildSpecOf(next), buildSpecOf(kustomization));
      settled = isSameBuild ? { kustomization: next, resources, failures } : this.build(next);
    }
    return settled;
  }

  /** A Kustomization with the variables that are known by now. */
  withVariables(kustomization: Mapping): BuiltKustomization {
    return new BuiltKustomization({
      object: kustomization,
      variables: variablesOf(kustomization, this.variableSources.find),
      repository: this.#delivered(kustomization),
      supplied: this.#supplied.get(kustomization),
    });
  }

  /** An object as a Kustomization applies it. @throws BuildError if Flux cannot substitute the variables in it */
  apply(
    { object, origin }: BuiltResource,
    by: BuiltKustomization,
    onMissing?: (variable: MissingVariable) => void,
  ): Mapping {
    const variables = by.variablesFor(object, origin);
    const applied = finishObject(object, by.object, variables, onMissing);
    if (isFluxKustomization(applied)) this.#supplied.set(applied, by.leftIn(applied, object, variables));
    return applied;
  }

  /** The files in a Kustomization's source; undefined if the source is another repository. */
  #delivered(kustomization: Mapping): Delivered | undefined {
    return this.#sources.has(kustomization) ? this.#artifacts.of(kustomization, this.#name) : undefined;
  }
}

/** What a Kustomization has built of itself; undefined if it does not apply itself. */
export function ownOf({ kustomization, resources }: Unsubstituted): BuiltResource | undefined {
  return resources.find(({ object }) => isFluxKustomization(object) && idOf(object) === idOf(kustomization));
}

/** The errors that Flux meets, too. Where part of a build is left out, only a file that is no YAML is sure to fail it. */
function failuresIn(errors: readonly BuildError[], delivered: Delivered): readonly BuildProblem[] {
  const isWhole = errors.every(({ kind }) => kind !== "unsupported");
  return errors
    .map(({ problem }) => problem)
    .filter(({ kind, isBuilt, position: { file } }) =>
      kind === "syntax" ? !delivered.isReadByFlux(file) : kind === "build" && !isBuilt && isWhole,
    );
}

function builtFrom(kustomization: Mapping, delivered: Delivered, partial: boolean): Built {
  const errors: BuildError[] = [];
  const onError = (error: BuildError): void => {
    const { file } = locate(originOf(kustomization));
    const name = `Kustomization ${idOf(kustomization)} (${file})`;
    errors.push(error instanceof TwiceError ? error.in(name) : error);
  };
  const build = (): readonly Resource[] =>
    kustomizeBuild(fileWithSpec(kustomization, delivered), delivered, { onError, partial });
  const resources = attempt(build, onError) ?? [];
  return { resources: resources.map(({ object, origin }) => ({ object, origin })), errors };
}
