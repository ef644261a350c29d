import { posix } from "node:path";
import { oncePer } from "../../lib/once-per.ts";
import type { BuiltCluster } from "../gitops/flux/built.ts";
import { isKustomizationFile } from "../gitops/yaml/paths.ts";

/** Whether a build of one of these clusters reads a file. */
export function isBuilt(file: string, clusters: readonly BuiltCluster[]): boolean {
  const built = builtFiles(clusters);
  return built.has(file) || (isKustomizationFile(file) && built.has(posix.dirname(file)));
}

const builtFiles = oncePer(
  (clusters: readonly BuiltCluster[]): ReadonlySet<string> =>
    new Set(
      clusters.flatMap(({ kustomizations, objects }) => [
        ...kustomizations.flatMap((kustomization) => [...kustomization.filesRead()]),
        ...objects.map(({ origin }) => origin.source.file),
      ]),
    ),
);
