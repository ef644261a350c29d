import { deletesAll, isGuarded, prunes } from "../../../policy/objects/flux.ts";
import type { BuiltObject } from "../../gitops/flux/built.ts";
import { asKubeObject } from "../../lint/kube-object.ts";
import type { ClusterPair, Danger } from "../change.ts";
import { applierOf, findKustomization, groupKindOf, idOf, waitsFor } from "../kustomizations.ts";

/** Whether the handover of an object from one Kustomization to another is safe. */
export interface Handover {
  readonly isSafe: boolean;
  readonly reason: string;
}

/**
 * Whether the new Kustomization certainly owns an object before the old one prunes. Flux prunes only objects that still carry the labels of the
 * Kustomization that prunes (`DeleteOptions.Inclusions` in kustomize-controller), so it is safe if the new one applies the object first.
 */
export function handoverOf(before: BuiltObject, after: BuiltObject, pair: ClusterPair): Handover {
  const [old, next] = [applierOf(before), applierOf(after)];
  if (old === undefined) return { isSafe: true, reason: "nothing in the repository applied it before" };
  if (isGuarded(asKubeObject(before.object)))
    return { isSafe: true, reason: "it is annotated so that Flux never prunes it" };
  const now = findKustomization(pair.after, idOf(old));
  if (now === undefined) {
    return deletesAll(old)
      ? { isSafe: false, reason: `Flux deletes Kustomization ${idOf(old)} and what still belongs to it` }
      : { isSafe: true, reason: `Kustomization ${idOf(old)} deletes nothing when it is deleted` };
  }
  const current = asKubeObject(now.object);
  if (!prunes(current)) return { isSafe: true, reason: `Kustomization ${idOf(old)} does not prune now` };
  if (next !== undefined && pair.after !== undefined && waitsFor(current, next, pair.after))
    return {
      isSafe: true,
      reason: `Kustomization ${idOf(old)} waits for ${idOf(next)}, which takes the object over first`,
    };
  return { isSafe: false, reason: `Kustomization ${idOf(old)} prunes what it no longer builds` };
}

/** Kinds whose deletion deletes data or other objects. */
const HEAVY = new Set([
  "Namespace",
  "PersistentVolumeClaim",
  "apiextensions.k8s.io/CustomResourceDefinition",
  "helm.toolkit.fluxcd.io/HelmRelease",
  "kustomize.toolkit.fluxcd.io/Kustomization",
]);

/** The danger in a handover that is not safe. */
export function unsafeMove(before: BuiltObject, after: BuiltObject, { reason }: Handover): Danger {
  const [old, next] = [applierOf(before), applierOf(after)].map((one) =>
    one ? idOf(one) : "no Kustomization",
  );
  return {
    kind: HEAVY.has(groupKindOf(asKubeObject(before.object))) ? "data" : "move",
    message: `It moves from Kustomization ${old} to ${next}. ${reason}: if that happens before ${next} has applied the object, the object is deleted and created again.`,
    remediation: `Let ${old} depend on ${next} (spec.dependsOn) in this change, or first annotate the object with kustomize.toolkit.fluxcd.io/prune: disabled and let Flux apply that.`,
  };
}
