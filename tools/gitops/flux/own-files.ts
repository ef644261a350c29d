import { idOf } from "../kustomize/object-name.ts";
import { HOW_TO_EXCLUDE, withFluxLines } from "../own-directory.ts";
import { isIn } from "../yaml/paths.ts";
import type { BuiltCluster, BuiltKustomization } from "./built.ts";

/** A file of edgefirst, wherever one of them may be. */
const OWN_FILE = ".edgefirst/migrate.yaml";

/** What to do before a file of edgefirst is pushed; undefined if Flux would not build it. */
export function beforeOwnFiles(clusters: readonly BuiltCluster[]): string | undefined {
  const builder = clusters.flatMap(({ kustomizations }) => kustomizations).find(wouldBuild);
  return (
    builder &&
    `before you push a file in .edgefirst, ${HOW_TO_EXCLUDE}${withFluxLines(builder.fluxExclusions)}: Kustomization ${idOf(builder.object)} builds every YAML file of the repository, because the root has no kustomization.yaml, and Flux applies nothing of it once one of them is no object`
  );
}

/** Flux does not skip hidden directories. Source: generateKustomization in fluxcd/pkg/kustomize/kustomize_generator.go. */
function wouldBuild({ artifact, directory, isGenerated }: BuiltKustomization): boolean {
  if (artifact === undefined || !isGenerated || !isIn(OWN_FILE, directory)) return false;
  return artifact.with(new Map([[OWN_FILE, ""]])).isFile(OWN_FILE);
}
