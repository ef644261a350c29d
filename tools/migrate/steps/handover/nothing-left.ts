import { idOf } from "../../objects.ts";
import type { BuiltCluster, BuiltObject } from "../../../gitops/flux/built.ts";

/**
 * Why objects cannot be removed: a Kustomization would have nothing left to build, which Flux and Kustomize refuse (`kustomization path not found`,
 * `kustomization.yaml is empty`), so that it would not become Ready any more. Undefined if each has something left.
 */
export function whyNothingLeft(
  { kustomizations, objects: all }: BuiltCluster,
  objects: readonly BuiltObject[],
): string | undefined {
  const builtBy = Map.groupBy(all, ({ kustomization }) => kustomization);
  const emptied = kustomizations.find((kustomization) => {
    const own = builtBy.get(kustomization) ?? [];
    const stays = !objects.some(({ object }) => object === kustomization.object);
    return stays && own.length > 0 && own.every((built) => objects.includes(built));
  });
  return (
    emptied &&
    `the removal leaves nothing in ${emptied.directory} for Kustomization ${idOf(emptied.object)} to build, which Flux refuses: add another object there in an earlier commit, such as a ConfigMap`
  );
}
