import { scalarText } from "../kustomize/resource.ts";
import { isIn } from "../yaml/paths.ts";
import type { Repository } from "../yaml/repository.ts";
import { isMapping, type Mapping } from "../yaml/values.ts";
import type { Artifacts } from "./artifacts.ts";
import { fluxInstances, sourceOf } from "./flux-instances.ts";
import { pathOf, specOf } from "./flux-kustomization.ts";
import { hasVariables, sourcesIn, type WrittenObject } from "./written.ts";

/** Selects the Kustomizations that read this repository. */
export interface OwnSources {
  has(kustomization: Mapping): boolean;
}

/**
 * A source counts as this repository if it is the only one, or if a Kustomization that uses it has a path, other than the root, that
 * exists here. Two repositories can have the same layout, so among such GitRepositories, the one with the most Kustomizations decides: those whose URL names
 * another repository are not this one. Only Git knows the repository's own URL, and it can have many forms.
 */
export function ownSources(
  written: readonly WrittenObject[],
  repository: Repository,
  artifacts: Artifacts,
): OwnSources {
  const key = (kustomization: Mapping): string => {
    const { sourceRef } = specOf(kustomization);
    const reference = isMapping(sourceRef) ? sourceRef : {};
    return `${scalarText(reference.kind)} ${scalarText(reference.name)}`;
  };
  const all = new Set(written.map(({ object }) => key(object)));
  const users = Map.groupBy(
    written.filter(({ object }) => {
      const path = pathOf(object);
      return path !== "." && repository.isDirectory(path);
    }),
    ({ object }) => key(object),
  );
  // A single source needs no comparison.
  const names = users.size > 1 ? namesByUrl(repository, written) : new Map<string, string>();
  const [most] = [...users].toSorted(
    ([, one], [, other]) => other.length - one.length || rootsAmong(other) - rootsAmong(one),
  );
  const ownName = names.get(most?.[0] ?? "");
  const own = new Set(
    [...users.keys()].filter((source) => {
      const name = names.get(source);
      return ownName === undefined || name === undefined || name === ownName;
    }),
  );
  return {
    has: (kustomization) => {
      if (artifacts.baseOf(kustomization, ".") !== undefined) return true;
      const source = key(kustomization);
      return (all.size === 1 && all.has(source)) || own.has(source);
    },
  };
}

/** The last part of a URL, which the forms of a repository's URL have in common; undefined if it has variables. */
export function repositoryName(url: string): string | undefined {
  const name = /([^/:]+?)(?:\.git)?\/?$/.exec(url)?.[1];
  return name === undefined || hasVariables(name) ? undefined : name.toLowerCase();
}

/** How many Kustomizations apply the file that they are written in. */
const rootsAmong = (users: readonly WrittenObject[]): number =>
  users.filter(({ object, file }) => isIn(file, pathOf(object))).length;

/**
 * The last part of each GitRepository's URL, which mirrors have in common, by kind and name of the source; none where the URL is unknown or ambiguous. The Flux
 * Operator creates the source of a FluxInstance.
 */
function namesByUrl(repository: Repository, written: readonly WrittenObject[]): ReadonlyMap<string, string> {
  const instances = fluxInstances(repository, written).map((instance) => ({
    name: sourceOf(instance).name,
    url: scalarText(instance.sync.url),
  }));
  const names = new Map<string, Set<string>>();
  for (const { name: own, url } of [...sourcesIn(repository, "GitRepository"), ...instances]) {
    const source = `GitRepository ${own}`;
    const name = repositoryName(url);
    if (name === undefined) continue;
    names.set(source, (names.get(source) ?? new Set()).add(name));
  }
  return new Map(
    [...names].flatMap(([source, [name, other]]) =>
      name !== undefined && other === undefined ? [[source, name] as const] : [],
    ),
  );
}
