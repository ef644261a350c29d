import { scalarText } from "../kustomize/resource.ts";
import { BuildError } from "../problem.ts";
import type { Repository } from "../yaml/repository.ts";
import { entryOrigin, isMapping } from "../yaml/values.ts";
import { bootstrapOf } from "./bootstraps.ts";
import { fluxInstances, type FluxInstance } from "./flux-instances.ts";
import { pathOf, specOf } from "./flux-kustomization.ts";
import { repositoryName, type OwnSources } from "./own-sources.ts";
import { hasVariables, isArchived, isInTemplates, sourcesIn } from "./written.ts";
import { writtenKustomizations } from "./written-kustomizations.ts";

/** Directories with FluxInstances that are to be read, not applied. */
const EXAMPLES = /(?:^|\/)(?:docs?|examples?)\//i;

/**
 * Errors for FluxInstances whose path does not exist, although their source is this repository: Flux then applies nothing. An instance whose URL or branch is not
 * that of the others may follow another repository, or have its directory on another branch.
 */
export function missingSyncPaths(repository: Repository, sources: OwnSources): readonly BuildError[] {
  const followed = fluxInstances(repository, writtenKustomizations(repository))
    .filter(({ file }) => !isArchived(file) && !isInTemplates(file) && !EXAMPLES.test(file))
    .map(followedBy);
  const isThere = ({ path }: Followed): boolean => repository.isDirectory(path);
  const known: readonly Reference[] = [
    ...sourcesIn(repository, "GitRepository"),
    ...followed.filter(isThere),
  ];
  return followed
    .filter((one) => {
      const { name, ref } = one;
      const isElsewhere = known.some(
        (other) =>
          other.name === name &&
          (repositoryName(other.url) !== repositoryName(one.url) || (other.ref ?? ref) !== ref),
      );
      const sourceRef = { kind: "GitRepository", name };
      const isOwn = one.kind === sourceRef.kind && sources.has({ spec: { sourceRef } });
      return !isThere(one) && !hasVariables(one.path) && isOwn && !isElsewhere;
    })
    .map(({ path, sync }) => {
      const message = `the directory ${path} does not exist, so Flux would apply nothing: correct sync.path`;
      return new BuildError(message, entryOrigin(sync, "path"));
    });
}

/** A source, as far as a repository says where it is. */
interface Reference {
  readonly name: string;
  readonly url: string;
  readonly ref?: string;
}

/** What a FluxInstance follows. */
interface Followed extends Reference {
  readonly kind: string;
  readonly path: string;
  readonly sync: FluxInstance["sync"];
}

function followedBy(instance: FluxInstance): Followed {
  const { sync } = instance;
  const bootstrap = bootstrapOf(instance);
  const { sourceRef } = specOf(bootstrap);
  const { kind, name } = isMapping(sourceRef) ? sourceRef : {};
  return {
    kind: scalarText(kind),
    name: scalarText(name),
    url: scalarText(sync.url),
    ref: scalarText(sync.ref),
    path: pathOf(bootstrap),
    sync,
  };
}
