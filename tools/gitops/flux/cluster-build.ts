import { isDeepStrictEqual } from "node:util";
import { resourcesOf } from "../kustomize/document-objects.ts";
import { idOf } from "../kustomize/object-name.ts";
import { Resource } from "../kustomize/resource.ts";
import type { Repository } from "../yaml/repository.ts";
import { contentsOf } from "../yaml/contents.ts";
import { cloneValue, originOf, type Mapping } from "../yaml/values.ts";
import { attempt, type BuildError, type BuildProblem } from "../problem.ts";
import { buildSpecOf, isFluxKustomization, pathOf, specOf } from "./flux-kustomization.ts";
import { buildKustomization, type Built, type BuiltResource } from "./kustomization-build.ts";
import { remoteName, remoteOf } from "./remote-cluster.ts";
import { expandResourceSet, isResourceSet } from "./resource-set.ts";
import type { Artifacts } from "./artifacts.ts";
import type { Delivered } from "./delivered.ts";
import type { OwnSources } from "./roots.ts";
import { BuiltKustomization, type BuiltCluster, type BuiltObject } from "./built.ts";
import { indexOf } from "./cluster-index.ts";
import { collision, finishObject } from "./finish.ts";
import { customResourceErrors, identityError, serverErrors } from "./server-errors.ts";
import { MissingVariables } from "./missing-variables.ts";
import { isStrict } from "./strict-substitution.ts";
import type { MissingVariable } from "./substitution.ts";
import { VariableSources } from "./variable-sources.ts";
import { variablesOf } from "./variables.ts";

/** Builds the roots of a cluster, then level by level every Kustomization that they apply, and those that exist only on the cluster. */
export function buildCluster(roots: readonly Mapping[], args: ClusterBuildArgs): readonly BuiltCluster[] {
  return new ClusterBuild(args).run(roots);
}

/** The inputs of a cluster's build, in addition to its roots. */
export interface ClusterBuildArgs {
  readonly name: string;
  /** Kustomizations that exist only on the cluster. */
  readonly orphans: readonly BuiltObject[];
  readonly sources: OwnSources;
  readonly artifacts: Artifacts;
  readonly repository: Repository;
  readonly partial: boolean;
}

/** A Kustomization that is built, but not its substitution. */
interface Waiting {
  readonly kustomization: Mapping;
  readonly resources: readonly BuiltResource[];
}

/** How often a root is built again with what it has made of itself: a variable with itself in its value grows each time. */
const MAX_ROUNDS = 3;

class ClusterBuild {
  readonly #partial: boolean;
  readonly #name: string;
  readonly #orphans: readonly BuiltObject[];
  readonly #sources: OwnSources;
  readonly #artifacts: Artifacts;
  readonly #repository: Repository;
  /** Keyed by cluster: undefined for this one, otherwise the namespace and name of the Secret in `spec.kubeConfig`. */
  readonly #objects = new Map<string | undefined, BuiltObject[]>([[undefined, []]]);
  /** The clusters of Kustomizations that apply to another cluster. */
  readonly #remotes = new Map<Mapping, string>();
  readonly #kustomizations: BuiltKustomization[] = [];
  readonly #problems = new Map<string, BuildProblem>();
  readonly #seen = new Set<string>();
  /** The variables in the specs of Kustomizations whose values only the cluster has, which replaces them there. */
  readonly #supplied = new Map<Mapping, ReadonlySet<string>>();
  readonly #variableSources = new VariableSources();
  readonly #missing = new MissingVariables();
  /** How many Kustomizations have been built from the same contents. */
  readonly #builds = new Map<string, number>();

  constructor({ name, orphans, sources, artifacts, repository, partial }: ClusterBuildArgs) {
    this.#partial = partial;
    this.#name = name;
    this.#orphans = orphans;
    this.#sources = sources;
    this.#artifacts = artifacts;
    this.#repository = repository;
  }

  run(written: readonly Mapping[]): readonly BuiltCluster[] {
    const roots = written
      .map((root) => this.#attempt(() => rootObject(root)))
      .filter((root) => root !== undefined);
    for (const root of roots) this.#remember(root);
    let queue = [...roots, ...this.#orphansBelow(undefined)];
    while (queue.length > 0) {
      // A sibling may provide the ConfigMap that substituteFrom names, so substitution waits until all siblings are built.
      const waiting: Waiting[] = [];
      const children: Mapping[] = [];
      for (const kustomization of queue)
        waiting.push({ kustomization, resources: this.#build(kustomization) });
      for (const one of waiting)
        children.push(...this.#finish(roots.includes(one.kustomization) ? this.#settled(one) : one));
      queue = children;
    }
    this.#addRoots(roots);
    for (const objects of this.#objects.values())
      for (const error of customResourceErrors(objects.map(({ object }) => object))) this.#report(error);
    this.#reportMissing();
    return [...this.#objects].map(([remote, objects]) => ({
      name: remote === undefined ? this.#name : `${this.#name} (${remoteName(remote, this.#objects.keys())})`,
      objects,
      kustomizations: this.#kustomizations.filter(({ object }) => this.#remotes.get(object) === remote),
      problems: remote === undefined ? [...this.#problems.values()] : [],
    }));
  }

  #remember(kustomization: Mapping): void {
    this.#seen.add(idOf(kustomization));
    this.#seen.add(`${idOf(kustomization)} ${pathOf(kustomization)}`);
  }

  #build(kustomization: Mapping): readonly BuiltResource[] {
    const delivered = this.#delivered(kustomization);
    if (delivered === undefined) return [];
    const { digest, files } = contentsOf(buildSpecOf(kustomization));
    const key = JSON.stringify([this.#name, this.#partial, digest]);
    // Two Kustomizations never share objects, because callers look up which one applies an object.
    const count = (this.#builds.get(key) ?? 0) + 1;
    this.#builds.set(key, count);
    const build = (): Built => buildKustomization(kustomization, delivered, this.#partial);
    const { resources, errors } = delivered.once(`${count} ${key}`, build, files);
    for (const error of errors) this.#report(error);
    this.#variableSources.collect(resources.map(({ object }) => object));
    return resources;
  }

  /** A root that applies itself gets the patches of its own kustomization file, and the variables that they define, when Flux has applied it. */
  #settled(root: Waiting): Waiting {
    let settled = root;
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const { kustomization, resources } = settled;
      const own = ownOf(kustomization, resources);
      if (!own || remoteOf(kustomization) !== undefined) break;
      const next = this.#attempt(() => this.#apply(own, this.#started(kustomization)));
      if (!next || pathOf(next) !== pathOf(kustomization) || !this.#sources.has(next)) break;
      if (isDeepStrictEqual(specOf(next), specOf(kustomization))) break;
      const isSameBuild = isDeepStrictEqual(buildSpecOf(next), buildSpecOf(kustomization));
      settled = { kustomization: next, resources: isSameBuild ? resources : this.#build(next) };
    }
    return settled;
  }

  #started(kustomization: Mapping): BuiltKustomization {
    return new BuiltKustomization({
      object: kustomization,
      variables: variablesOf(kustomization, this.#variableSources.find),
      repository: this.#delivered(kustomization),
      supplied: this.#supplied.get(kustomization),
    });
  }

  /** An object as a Kustomization applies it. */
  #apply(
    { object, origin }: BuiltResource,
    by: BuiltKustomization,
    onMissing?: (variable: MissingVariable) => void,
  ): Mapping {
    const applied = finishObject(object, by.object, by.variablesFor(object, origin), onMissing);
    if (isFluxKustomization(applied)) this.#supplied.set(applied, by.leftIn(applied, object, origin));
    return applied;
  }

  /** The files in a Kustomization's source; undefined if the source is another repository. */
  #delivered(kustomization: Mapping): Delivered | undefined {
    return this.#sources.has(kustomization) ? this.#artifacts.of(kustomization, this.#name) : undefined;
  }

  /** Substitutes variables, keeps the objects, and returns the Kustomizations among them that have not been built. */
  #finish({ kustomization, resources }: Waiting): readonly Mapping[] {
    const built = this.#started(kustomization);
    const { variables } = built;
    this.#kustomizations.push(built);
    const remote = this.#remotes.get(kustomization) ?? remoteOf(kustomization);
    if (remote !== undefined) this.#remotes.set(kustomization, remote);
    const objects = this.#objects.get(remote) ?? [];
    this.#objects.set(remote, objects);
    for (const error of variables?.errors ?? []) this.#report(error);
    const children: Mapping[] = [];
    const own: Mapping[] = [];
    const applied = ownOf(kustomization, resources)?.object ?? kustomization;
    const isOwn = new Set(resources);
    const expanded = resources.flatMap((resource) => [resource, ...this.#expand(resource, resources)]);
    for (const resource of expanded) {
      const object =
        this.#attempt(() =>
          this.#apply(resource, built, (variable) => {
            this.#missing.add(variable, built);
          }),
        ) ?? resource.object;
      if (isOwn.has(resource)) own.push(object);
      const error = identityError(object);
      if (error) {
        this.#report(error);
        continue;
      }
      for (const refusal of serverErrors(object, applied)) this.#report(refusal);
      objects.push({
        object,
        kustomization: built,
        beforeSubstitution: resource.object,
        origin: resource.origin,
      });
      if (remote === undefined) this.#variableSources.collect([object]);
      // Two Kustomizations with the same name but different paths count as two, so that both are checked.
      if (!isFluxKustomization(object) || this.#seen.has(`${idOf(object)} ${pathOf(object)}`)) continue;
      this.#remember(object);
      if (remote !== undefined) this.#remotes.set(object, remote);
      children.push(object);
    }
    const clash = variables && collision(own);
    if (clash) this.#report(clash);
    return [...children, ...this.#orphansBelow(kustomization)];
  }

  /** Reports variables that nothing defines, if the cluster's Flux rejects them. */
  #reportMissing(): void {
    if (this.#missing.isEmpty) return;
    const objects = indexOf({ objects: this.#objects.get(undefined) ?? [] });
    if (!isStrict({ name: this.#name, objects, repository: this.#repository })) return;
    const describe = ({ object }: BuiltKustomization): string => `Kustomization ${idOf(object)}`;
    for (const error of this.#missing.refused(describe)) this.#report(error);
  }

  /**
   * The objects that a ResourceSet creates; none for any other kind.
   * @param siblings the objects of the same Kustomization
   */
  #expand({ object }: BuiltResource, siblings: readonly BuiltResource[]): readonly BuiltResource[] {
    if (!isResourceSet(object)) return [];
    const known = [...siblings, ...(this.#objects.get(undefined) ?? [])].map((one) => one.object);
    return (
      this.#attempt(() =>
        expandResourceSet(object, known, (error) => {
          this.#report(error);
        }).map((made) => new Resource(made, originOf(made))),
      ) ?? []
    );
  }

  /** The objects that a Kustomization applied and that exist only on the cluster; without a Kustomization, those that nothing else applied. */
  #orphansBelow(parent: Mapping | undefined): readonly Mapping[] {
    const below = this.#orphans
      .filter(({ object, kustomization }) => {
        const applier = kustomization && idOf(kustomization.object);
        return (applier === idOf(object) ? undefined : applier) === (parent && idOf(parent));
      })
      .map(({ object }) => object)
      .filter((object) => !this.#seen.has(idOf(object)));
    for (const object of below) this.#seen.add(idOf(object));
    return below;
  }

  /** Adds the roots, except those that apply themselves. */
  #addRoots(roots: readonly Mapping[]): void {
    const objects = this.#objects.get(undefined) ?? [];
    const applied = new Set(
      objects
        .map(({ object }) => object)
        .filter(isFluxKustomization)
        .map(idOf),
    );
    for (const root of roots.filter((candidate) => !applied.has(idOf(candidate)))) {
      objects.push({
        object: root,
        kustomization: undefined,
        beforeSubstitution: root,
        origin: originOf(root),
      });
    }
  }

  #attempt<T>(build: () => T): T | undefined {
    return attempt(build, (error) => {
      this.#report(error);
    });
  }

  #report(error: BuildError): void {
    const { problem } = error;
    const { file, line, column } = problem.position;
    this.#problems.set(`${file}:${line}:${column} ${problem.message}`, problem);
  }
}

/** What a Kustomization has built of itself; undefined if it does not apply itself. */
function ownOf(kustomization: Mapping, resources: readonly BuiltResource[]): BuiltResource | undefined {
  return resources.find(({ object }) => isFluxKustomization(object) && idOf(object) === idOf(kustomization));
}

/** A checked copy of a Kustomization as written. */
function rootObject(written: Mapping): Mapping {
  const [resource] = resourcesOf(cloneValue(written), originOf(written));
  const object = resource?.object ?? written;
  const error = identityError(object);
  if (error) throw error;
  return object;
}
