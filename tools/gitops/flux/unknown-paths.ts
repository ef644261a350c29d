import { oncePer } from "../../../lib/once-per.ts";
import { scalarText } from "../kustomize/resource.ts";
import type { Repository } from "../yaml/repository.ts";
import { originOf } from "../yaml/values.ts";
import { bootstrapsIn } from "./bootstraps.ts";
import type { BuiltCluster } from "./built.ts";
import { isFluxKustomization, pathOf, specOf } from "./flux-kustomization.ts";
import { hasVariables, VARIABLE, writtenKustomizations, templatesIn, type WrittenObject } from "./written.ts";

/** A path that a Kustomization builds, with variables that the repository does not define. */
export interface UnknownPath {
  readonly path: string;
  /** The file that the path is written in. */
  readonly file: string;
}

/** A path that the repository leaves open and that may lead to a file; undefined if there is none. */
export function unknownPathTo(
  file: string,
  clusters: readonly BuiltCluster[],
  repository: Repository,
): UnknownPath | undefined {
  const found = pathsLeftOpen(repository).find(
    (one) => mayLeadTo(file, pathOf(one.object)) && !isBuilt(one, clusters),
  );
  return found && { path: scalarText(specOf(found.object).path), file: found.file };
}

const pathsLeftOpen = oncePer((repository: Repository): readonly WrittenObject[] => {
  const files = repository.yamlFiles(".");
  const bootstraps = bootstrapsIn(repository, files, writtenKustomizations(repository, files));
  return [...bootstraps, ...templatesIn(repository, files)].filter(({ object }) =>
    hasVariables(pathOf(object)),
  );
});

/** Whether a cluster receives the Kustomization with all variables of its path. */
function isBuilt({ object: written }: WrittenObject, clusters: readonly BuiltCluster[]): boolean {
  const { source, offset } = originOf(written);
  return clusters.some(({ objects }) =>
    objects.some(
      ({ object, origin }) =>
        origin.offset === offset &&
        origin.source.file === source.file &&
        isFluxKustomization(object) &&
        !hasVariables(pathOf(object)),
    ),
  );
}

function mayLeadTo(file: string, path: string): boolean {
  const literals = path.split(VARIABLE).map((text) => RegExp.escape(text));
  return new RegExp(`^${literals.join(".+")}/`).test(file);
}
