import { resourcesOf } from "../kustomize/document-objects.ts";
import { idOf } from "../kustomize/object-name.ts";
import { Resource } from "../kustomize/resource.ts";
import type { Repository } from "../yaml/repository.ts";
import { cloneValue, originOf, type Mapping } from "../yaml/values.ts";
import { contentsOf, isFluxKustomization, pathOf } from "./flux-kustomization.ts";
import {
  KustomizationBuilds,
  ownOf,
  type BuiltResource,
  type KustomizationBuildArgs,
  type Unsubstituted,
} from "./kustomization-build.ts";
import { remoteName, remoteOf } from "./remote-cluster.ts";
import { expandResourceSet, isResourceSet } from "./resource-set.ts";
import type { BuiltCluster, BuiltKustomization, BuiltObject } from "./built.ts";
import { indexOf } from "./cluster-index.ts";
import { ClusterProblems } from "./cluster-problems.ts";
import { collision } from "./finish.ts";
import { customResourceErrors, identityError, rootErrors, serverErrors } from "./server-errors.ts";
import { MissingVariables } from "./missing-variables.ts";
import { strictFlux } from "./strict-substitution.ts";

/** Builds the roots of a cluster, then level by level every Kustomization that they apply, and those that exist only on the cluster. */
export function buildCluster(roots: readonly Mapping[], args: ClusterBuildArgs): readonly BuiltCluster[] {
  return new ClusterBuild(args).run(roots);
}

/** The inputs of a cluster's build, in addition to its roots. */
export interface ClusterBuildArgs extends KustomizationBuildArgs {
  /** Kustomizations that exist only on the cluster. */
  readonly orphans: readonly BuiltObject[];
  readonly repository: Repository;
}

class ClusterBuild {
  readonly #name: string;
  readonly #orphans: readonly BuiltObject[];
  readonly #repository: Repository;
  readonly #builds: KustomizationBuilds;
  /** Keyed by cluster: undefined for this one, otherwise the namespace and name of the Secret in `spec.kubeConfig`. */
  readonly #objects = new Map<string | undefined, BuiltObject[]>([[undefined, []]]);
  /** The clusters of Kustomizations that apply to another cluster. */
  readonly #remotes = new Map<Mapping, string>();
  readonly #kustomizations: BuiltKustomization[] = [];
  readonly #problems = new ClusterProblems();
  readonly #seen = new Set<string>();
  readonly #missing = new MissingVariables();

  constructor(args: ClusterBuildArgs) {
    this.#name = args.name;
    this.#orphans = args.orphans;
    this.#repository = args.repository;
    this.#builds = new KustomizationBuilds(args, this.#problems);
  }

  run(written: readonly Mapping[]): readonly BuiltCluster[] {
    const roots = written
      .map((root) => this.#problems.attempt(() => rootObject(root)))
      .filter((root) => root !== undefined);
    for (const root of roots) this.#remember(root);
    let queue = [...roots, ...this.#orphansBelow(undefined)];
    while (queue.length > 0) {
      // A sibling may provide the ConfigMap that substituteFrom names, so substitution waits until all siblings are built.
      const waiting = queue.map((kustomization) => this.#builds.build(kustomization));
      queue = waiting.flatMap((one) =>
        this.#finish(roots.includes(one.kustomization) ? this.#builds.settled(one) : one),
      );
    }
    this.#addRoots(roots);
    for (const objects of this.#objects.values())
      for (const error of customResourceErrors(objects.map(({ object }) => object)))
        this.#problems.report(error);
    this.#reportMissing();
    return [...this.#objects].map(([remote, objects]) => ({
      name: remote === undefined ? this.#name : `${this.#name} (${remoteName(remote, this.#objects.keys())})`,
      objects,
      kustomizations: this.#kustomizations.filter(({ object }) => this.#remotes.get(object) === remote),
      problems: remote === undefined ? this.#problems.all : [],
    }));
  }

  #remember(kustomization: Mapping): void {
    this.#seen.add(idOf(kustomization));
    this.#seen.add(`${idOf(kustomization)} ${contentsOf(kustomization)}`);
  }

  /** Substitutes variables, keeps the objects, and returns the Kustomizations among them that have not been built. */
  #finish(unsubstituted: Unsubstituted): readonly Mapping[] {
    const { kustomization, resources, failures } = unsubstituted;
    const built = this.#builds.withVariables(kustomization);
    built.failures = failures;
    const { variables } = built;
    this.#kustomizations.push(built);
    const remote = this.#remotes.get(kustomization) ?? remoteOf(kustomization);
    if (remote !== undefined) this.#remotes.set(kustomization, remote);
    const objects = this.#objects.get(remote) ?? [];
    this.#objects.set(remote, objects);
    for (const error of variables?.errors ?? []) this.#problems.report(error);
    const children: Mapping[] = [];
    const own: Mapping[] = [];
    const applied = ownOf(unsubstituted)?.object ?? kustomization;
    const isOwn = new Set(resources);
    const expanded = resources.flatMap((resource) => [resource, ...this.#expand(resource, resources)]);
    for (const resource of expanded) {
      const object =
        this.#problems.attempt(() =>
          this.#builds.apply(resource, built, (variable) => {
            this.#missing.add(variable, built);
          }),
        ) ?? resource.object;
      if (isOwn.has(resource)) own.push(object);
      const error = identityError(object);
      if (error) {
        this.#problems.report(error);
        continue;
      }
      for (const refusal of serverErrors(object, applied)) this.#problems.report(refusal);
      objects.push({
        object,
        kustomization: built,
        beforeSubstitution: resource.object,
        origin: resource.origin,
      });
      if (remote === undefined) this.#builds.variableSources.collect([object]);
      // Two Kustomizations with the same name that apply different objects count as two, so that both are checked; one that applies itself does not.
      if (!isFluxKustomization(object) || this.#seen.has(`${idOf(object)} ${contentsOf(object)}`)) continue;
      if (idOf(object) === idOf(kustomization) && pathOf(object) === pathOf(kustomization)) continue;
      this.#remember(object);
      if (remote !== undefined) this.#remotes.set(object, remote);
      children.push(object);
    }
    const clash = variables && collision(own);
    if (clash) this.#problems.report(clash);
    return [...children, ...this.#orphansBelow(kustomization)];
  }

  /** Reports variables that nothing defines, if the cluster's Flux rejects them. */
  #reportMissing(): void {
    if (this.#missing.isEmpty) return;
    const objects = indexOf({ objects: this.#objects.get(undefined) ?? [] });
    const flux = strictFlux({ name: this.#name, objects, repository: this.#repository });
    if (flux === undefined) return;
    const describe = ({ object }: BuiltKustomization): string => `Kustomization ${idOf(object)}`;
    for (const error of this.#missing.refused(describe, flux)) this.#problems.report(error);
  }

  /**
   * The objects that a ResourceSet creates; none for any other kind.
   * @param siblings the objects of the same Kustomization
   */
  #expand({ object }: BuiltResource, siblings: readonly BuiltResource[]): readonly BuiltResource[] {
    if (!isResourceSet(object)) return [];
    const known = [...siblings, ...(this.#objects.get(undefined) ?? [])].map((one) => one.object);
    return (
      this.#problems.attempt(() =>
        expandResourceSet(object, known, this.#problems.report).map(
          (made) => new Resource(made, originOf(made)),
        ),
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
      for (const error of rootErrors(root)) this.#problems.report(error);
      objects.push({
        object: root,
        kustomization: undefined,
        beforeSubstitution: root,
        origin: originOf(root),
      });
    }
  }
}

/** A checked copy of a Kustomization as written. */
function rootObject(written: Mapping): Mapping {
  const [resource] = resourcesOf(cloneValue(written), originOf(written));
  const object = resource?.object ?? written;
  const error = identityError(object);
  if (error) throw error;
  return object;
}
