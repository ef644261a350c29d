import { isFluxKustomization } from "../../../gitops/flux/flux-kustomization.ts";
import { idOf, nameOf } from "../../objects.ts";
import { dependsOnOperations, dependsOnPatch } from "./patches.ts";
import { presentIn, referencesOf, type Reference } from "./references.ts";
import type { MovingRoot } from "./root.ts";

/**
 * Patches for the children whose dependencies would no longer be in the namespace where it looks for them: the dependency stays, or moves to
 * another namespace. Children that need the same change share a patch. A child that shares its name is left out, because a patch selects by name.
 * @param staying dependencies outside the repository that stay
 */
export function dependsOnPatches(moving: MovingRoot, staying: readonly string[]): readonly string[] {
  const { cluster, root, children, targetOf } = moving;
  const siblings = cluster.objects.filter(
    ({ object, kustomization }) =>
      isFluxKustomization(object) &&
      kustomization !== undefined &&
      idOf(kustomization.object) === idOf(root.object),
  );
  const names = new Map<string, string[]>();
  for (const { object } of children) {
    const { name } = nameOf(object);
    if (siblings.filter((one) => nameOf(one.object).name === name).length !== 1) continue;
    const namespaces = referencesOf(object)
      .filter(({ use }) => use === "dependsOn")
      .map((reference) => {
        const wanted = namespaceAfter(reference, moving, staying);
        const found = reference.explicit ? reference.namespace : targetOf(object);
        return wanted === found ? undefined : wanted;
      });
    const operations = dependsOnOperations(namespaces);
    if (operations !== "") names.set(operations, [...(names.get(operations) ?? []), name]);
  }
  return [...names].map(([operations, own]) => dependsOnPatch(own, operations));
}

/** The namespace of a dependency after the move; undefined if the repository and the options do not determine it. */
function namespaceAfter(
  reference: Reference,
  { cluster, children, targetOf }: MovingRoot,
  staying: readonly string[],
): string | undefined {
  const { namespace, name } = reference;
  const child = children.find(({ object }) => idOf(object) === `${namespace}/${name}`);
  if (child) return targetOf(child.object);
  return presentIn(cluster, reference) || staying.includes(name) ? namespace : undefined;
}
