import { isMapping, type Mapping } from "../../../gitops/yaml/values.ts";
import type { BuiltCluster, BuiltObject } from "../../../gitops/flux/built.ts";
import { isFluxKustomization } from "../../../gitops/flux/flux-kustomization.ts";
import { pruneOf } from "../namespace/guard.ts";
import { referencesOf } from "../namespace/references.ts";
import { isGuarded } from "../namespace/root.ts";
import { nameOf } from "../../objects.ts";
import type { MigrateOptions } from "../../options.ts";

/** How far a handover has come, as the repository says. before: something would be pruned; guarded: nothing would; removed: it holds none of it. */
export type HandoverPhase = "before" | "guarded" | "removed";

/** What a cluster's stack is to own: the root, its source, and what the options list; as far as the repository still holds it. */
export function handedOver(
  { objects }: BuiltCluster,
  { handover }: Pick<MigrateOptions, "handover">,
): readonly BuiltObject[] {
  const root = objects.find(
    ({ object }) => isFluxKustomization(object) && nameOf(object).name === handover.root,
  );
  const source = root && referencesOf(root.object).find(({ use }) => use === "sourceRef");
  const wanted = [...(source ? [source] : []), ...handover.objects];
  return objects.filter((built) => built === root || wanted.some((one) => isNamed(built.object, one)));
}

function isNamed(
  object: Mapping,
  wanted: { readonly kind: string; readonly namespace: string; readonly name: string },
): boolean {
  if (object.kind !== wanted.kind || !isMapping(object.metadata)) return false;
  const { namespace, name } = nameOf(object);
  return namespace === wanted.namespace && name === wanted.name;
}

/** How far the repository has come. */
export function handoverPhase(objects: readonly BuiltObject[]): HandoverPhase {
  if (objects.length === 0) return "removed";
  return objects.every(({ object }) => isKept(object)) ? "guarded" : "before";
}

/** Whether an object stays when the repository no longer holds it, and with it what it has applied. */
export function isKept(object: Mapping): boolean {
  return pruneOf(object) === "disabled" && (!isFluxKustomization(object) || isGuarded(object));
}
