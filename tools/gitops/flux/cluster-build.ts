import { kustomizeBuild } from "../kustomize/kustomize.ts";
import { effectiveNamespace, identityFault, Resource, resourcesOf } from "../kustomize/resource.ts";
import type { Repository } from "../yaml/repository.ts";
import { cloneValue, originOf, type Fields } from "../yaml/values.ts";
import { BuildError, type Problem } from "../problem.ts";
import { addCommonMetadata, fileWithSpec, isFluxKustomization } from "./flux-kustomization.ts";
import type { Artifacts } from "./artifacts.ts";
import type { OwnSources } from "./roots.ts";
import { BuiltKustomization, type BuiltCluster, type BuiltObject } from "./built.ts";
import { substituteObject } from "./substitution.ts";
import { lookupIn, variablesOf, type Variables } from "./variables.ts";

/** Builds roots, as they are written, and, in turn, every Kustomization that they apply, or that stands where they applied it. */
export function buildCluster(
  name: string,
  roots: readonly Fields[],
  standing: readonly BuiltObject[],
  sources: OwnSources,
  artifacts: Artifacts,
  partial: boolean,
): BuiltCluster {
  return new ClusterBuild(name, standing, sources, artifacts, partial).run(roots);
}

class ClusterBuild {
  readonly #partial: boolean;
  readonly #name: string;
  /** Kustomizations that nothing applies any more. */
  readonly #standing: readonly BuiltObject[];
  readonly #sources: OwnSources;
  readonly #artifacts: Artifacts;
  readonly #objects: BuiltObject[] = [];
  readonly #kustomizations: BuiltKustomization[] = [];
  readonly #problems = new Map<string, Problem>();
  readonly #seen = new Set<string>();
  /** ConfigMaps and Secrets, for `substituteFrom`. */
  readonly #variableSources = new Map<string, Fields>();

  constructor(
    name: string,
    standing: readonly BuiltObject[],
    sources: OwnSources,
    artifacts: Artifacts,
    partial: boolean,
  ) {
    this.#partial = partial;
    this.#name = name;
    this.#standing = standing;
    this.#sources = sources;
    this.#artifacts = artifacts;
  }

  run(written: readonly Fields[]): BuiltCluster {
    const roots = written
      .map((root) => this.#attempt(() => rootObject(root)))
      .filter((root) => root !== undefined);
    for (const root of roots) this.#seen.add(identity(root));
    let queue = [...roots, ...this.#standingBelow(undefined)];
    while (queue.length > 0) {
      // What waits for a ConfigMap that a sibling brings is built after the siblings, with what is known then.
      const waiting: { kustomization: Fields; resources: readonly Resource[] }[] = [];
      const children: Fields[] = [];
      for (const kustomization of queue) {
        const resources = this.#build(kustomization);
        this.#collectVariableSources(resources.map(({ object }) => object));
        waiting.push({ kustomization, resources });
      }
      for (const { kustomization, resources } of waiting)
        children.push(...this.#finish(kustomization, resources));
      queue = children;
    }
    this.#addRoots(roots);
    return {
      name: this.#name,
      objects: this.#objects,
      kustomizations: this.#kustomizations,
      problems: [...this.#problems.values()],
    };
  }

  #build(kustomization: Fields): readonly Resource[] {
    const delivered = this.#delivered(kustomization);
    if (delivered === undefined) return [];
    return (
      this.#attempt(() =>
        kustomizeBuild(
          fileWithSpec(kustomization, delivered),
          delivered,
          (fault) => {
            this.#tell(fault);
          },
          this.#partial,
        ),
      ) ?? []
    );
  }

  /** What a Kustomization's source delivers; undefined where that is another repository. */
  #delivered(kustomization: Fields): Repository | undefined {
    return this.#sources.has(kustomization) ? this.#artifacts.of(kustomization, this.#name) : undefined;
  }

  /** Substitutes, keeps the objects and gives the Kustomizations among them that have not been built. */
  #finish(kustomization: Fields, resources: readonly Resource[]): readonly Fields[] {
    const variables = variablesOf(kustomization, (kind, namespace, name) =>
      this.#variableSources.get(sourceKey(kind, namespace, name)),
    );
    const built = new BuiltKustomization(kustomization, variables, this.#delivered(kustomization));
    this.#kustomizations.push(built);
    const children: Fields[] = [];
    for (const resource of resources) {
      const object =
        this.#attempt(() => finished(resource.object, kustomization, variables)) ?? resource.object;
      const fault = identityFault(object);
      if (fault) {
        this.#tell(fault);
        continue;
      }
      this.#objects.push({
        object,
        kustomization: built,
        beforeSubstitution: resource.object,
        origin: resource.origin,
      });
      this.#collectVariableSources([object]);
      if (!isFluxKustomization(object) || this.#seen.has(identity(object))) continue;
      this.#seen.add(identity(object));
      children.push(object);
    }
    return [...children, ...this.#standingBelow(kustomization)];
  }

  /** What stands where a Kustomization applied it; what none applied, or only itself, where none is given. */
  #standingBelow(parent: Fields | undefined): readonly Fields[] {
    const below = this.#standing
      .filter(({ object, kustomization }) => {
        const applier = kustomization && identity(kustomization.object);
        return (applier === identity(object) ? undefined : applier) === (parent && identity(parent));
      })
      .map(({ object }) => object)
      .filter((object) => !this.#seen.has(identity(object)));
    for (const object of below) this.#seen.add(identity(object));
    return below;
  }

  /** A root that applies itself is among the objects already. */
  #addRoots(roots: readonly Fields[]): void {
    const applied = new Set(
      this.#objects
        .map(({ object }) => object)
        .filter(isFluxKustomization)
        .map(identity),
    );
    for (const root of roots.filter((candidate) => !applied.has(identity(candidate)))) {
      this.#objects.push({
        object: root,
        kustomization: undefined,
        beforeSubstitution: root,
        origin: originOf(root),
      });
    }
  }

  #collectVariableSources(objects: readonly Fields[]): void {
    for (const object of objects) {
      if (object.kind !== "ConfigMap" && object.kind !== "Secret") continue;
      const { id } = new Resource(object, originOf(object));
      this.#variableSources.set(sourceKey(object.kind, id.namespace, id.name), object);
    }
  }

  #attempt<T>(build: () => T): T | undefined {
    try {
      return build();
    } catch (error) {
      if (!(error instanceof BuildError)) throw error;
      this.#tell(error);
      return undefined;
    }
  }

  #tell(error: BuildError): void {
    const { problem } = error;
    const { file, line, column } = problem.position;
    this.#problems.set(`${file}:${line}:${column} ${problem.message}`, problem);
  }
}

function finished(object: Fields, kustomization: Fields, variables: Variables | undefined): Fields {
  const substitutes = variables && (variables.values.size > 0 || !variables.complete);
  return addCommonMetadata(
    substitutes ? substituteObject(object, lookupIn(variables)) : object,
    kustomization,
  );
}

function sourceKey(kind: string, namespace: string, name: string): string {
  return `${kind} ${namespace === "" ? "default" : namespace}/${name}`;
}

function identity(kustomization: Fields): string {
  const { id } = new Resource(kustomization, originOf(kustomization));
  return `${effectiveNamespace(id)}/${id.name}`;
}

/** A copy of a written Kustomization that a build may start from. */
function rootObject(written: Fields): Fields {
  const [resource] = resourcesOf(cloneValue(written), originOf(written));
  const object = resource?.object ?? written;
  const fault = identityFault(object);
  if (fault) throw fault;
  return object;
}
