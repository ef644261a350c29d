import { isMapping, originOf, type Mapping } from "../../../gitops/yaml/values.ts";
import type { BuiltCluster, BuiltObject } from "../../../gitops/flux/built.ts";
import { isFluxKustomization } from "../../../gitops/flux/flux-kustomization.ts";
import { pruneOf } from "../namespace/data.ts";
import { referencesOf } from "../namespace/references.ts";
import { isGuarded } from "../namespace/root.ts";
import { nameOf } from "../../objects.ts";
import { describeObject, type KubeObject } from "../../../../kube/objects.ts";
import { hasNoNamespace } from "../../../gitops/kustomize/kinds.ts";
import { Resource, scalarText } from "../../../gitops/kustomize/resource.ts";
import type { MigrateOptions } from "../../options.ts";

/** How far along the repository is. `before`: Flux would prune something; `guarded`: it would not; `removed`: nothing is left to hand over. */
export type HandoverPhase = "before" | "guarded" | "removed";

/** What the cluster's stack will own: the root, its source and the objects in the options, if the repository still contains them. */
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
  wanted: { readonly kind: string; readonly namespace?: string | undefined; readonly name: string },
): boolean {
  if (object.kind !== wanted.kind || !isMapping(object.metadata)) return false;
  const { namespace, name } = referenceTo(object).metadata;
  return (namespace === undefined || namespace === wanted.namespace) && name === wanted.name;
}

/** What names an object on a cluster; a cluster-scoped one has no namespace, even if Kustomize has set one. */
export function referenceTo(object: Mapping): Pick<KubeObject, "apiVersion" | "kind" | "metadata"> {
  const { gvk } = new Resource(object, originOf(object)).id;
  const { namespace, name } = nameOf(object);
  const metadata = hasNoNamespace(gvk) ? { name } : { namespace, name };
  return { apiVersion: scalarText(object.apiVersion), kind: gvk.kind, metadata };
}

/** An object in a sentence. */
export const described = (object: Mapping): string => describeObject(referenceTo(object));

/** The phase that the repository has reached. */
export function handoverPhase(objects: readonly BuiltObject[]): HandoverPhase {
  if (objects.length === 0) return "removed";
  return objects.every(({ object }) => isKept(object)) ? "guarded" : "before";
}

/** Whether an object and everything that it applied survive once the repository no longer contains it. */
export function isKept(object: Mapping): boolean {
  return pruneOf(object) === "disabled" && (!isFluxKustomization(object) || isGuarded(object));
}
