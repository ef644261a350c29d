import type { KubeObject } from "../../../kube/objects.ts";
import { deletesAll, isGuarded, prunes, withoutEffect } from "../../../policy/objects/flux.ts";
import type { BuiltObject } from "../../gitops/flux/built.ts";
import { asKubeObject } from "../../lint/kube-object.ts";
import type { ClusterPair, Danger } from "../change.ts";
import { applierOf, findKustomization, groupKindOf, idOf } from "../kustomizations.ts";

/** Whether Flux deletes an object that leaves the repository, and why or why not. */
export interface Removal {
  readonly isDeleted: boolean;
  /** A clause such as `Kustomization apps/media does not prune`. */
  readonly reason: string;
}

/** What happens on the cluster to an object that leaves the repository. */
export function removalOf(removed: BuiltObject, pair: ClusterPair): Removal {
  const object = asKubeObject(removed.object);
  const applier = applierOf(removed);
  if (applier === undefined) return { isDeleted: false, reason: "nothing in the repository applies it" };
  if (isGuarded(object)) return { isDeleted: false, reason: "it is annotated so that Flux never prunes it" };
  const id = idOf(applier);
  const now = findKustomization(pair.after, id);
  if (now !== undefined) {
    const isDeleted = prunes(asKubeObject(now.object));
    return {
      isDeleted,
      reason: `Kustomization ${id} ${isDeleted ? "prunes" : whyNot(asKubeObject(now.object))}`,
    };
  }
  return removedWith(applier, pair);
}

/** What happens to an object whose Kustomization leaves the repository too: the finalizer of the Kustomization decides. */
function removedWith(applier: KubeObject, pair: ClusterPair): Removal {
  const id = idOf(applier);
  const former = findKustomization(pair.before, id);
  // Without a path to build, a Kustomization that applied itself fails and prunes nothing.
  if (former === undefined || (isOwn(former, id) && pair.after === undefined))
    return { isDeleted: false, reason: `nothing deletes Kustomization ${id}` };
  if (!isOwn(former, id)) {
    const above = removalOf(former, pair);
    if (!above.isDeleted) return { isDeleted: false, reason: `Kustomization ${id} stays: ${above.reason}` };
  }
  if (!deletesAll(applier))
    return { isDeleted: false, reason: `Kustomization ${id} is deleted and leaves behind what it applied` };
  return {
    isDeleted: true,
    reason: `Kustomization ${id} is deleted, and with it everything that it applied`,
  };
}

function isOwn(kustomization: BuiltObject, id: string): boolean {
  const applier = applierOf(kustomization);
  return applier === undefined || idOf(applier) === id;
}

function whyNot({ spec }: KubeObject): string {
  return (spec as { suspend?: unknown } | undefined)?.suspend === true ? "is suspended" : "does not prune";
}

const GUARD = "kustomize.toolkit.fluxcd.io/prune: disabled";
const KEEP = `To keep it, first annotate it with ${GUARD} and let Flux apply that. Then remove it.`;

/** What is lost with an object of a kind, in addition to the object. */
const LOSSES: Readonly<Record<string, { readonly kind: Danger["kind"]; readonly loss: string }>> = {
  Namespace: {
    kind: "data",
    loss: "Kubernetes deletes everything in the namespace, including objects that are not in this repository.",
  },
  PersistentVolumeClaim: {
    kind: "data",
    loss: "Its volume and the data are deleted too, unless the reclaim policy of the volume is Retain.",
  },
  PersistentVolume: {
    kind: "data",
    loss: "A claim that is bound to it loses its volume; the data stays in the storage.",
  },
  "apiextensions.k8s.io/CustomResourceDefinition": {
    kind: "data",
    loss: "Kubernetes deletes every object of this kind in the cluster.",
  },
  "helm.toolkit.fluxcd.io/HelmRelease": {
    kind: "deletion",
    loss: "helm-controller uninstalls the release: everything that the chart created is deleted, including claims without helm.sh/resource-policy: keep.",
  },
};

/** The danger in a deletion. */
export function deletion(removed: BuiltObject, { reason }: Removal): Danger {
  const object = asKubeObject(removed.object);
  const { kind, loss } = LOSSES[groupKindOf(object)] ?? lossOfKustomization(object);
  const message = `Flux deletes it, because ${reason}.${loss === "" ? "" : ` ${loss}`}${withoutEffect(object, "prune", "disabled")}`;
  return { kind, message, remediation: KEEP };
}

function lossOfKustomization(object: KubeObject): { kind: Danger["kind"]; loss: string } {
  if (groupKindOf(object) !== "kustomize.toolkit.fluxcd.io/Kustomization")
    return { kind: "deletion", loss: "" };
  return deletesAll(object)
    ? { kind: "deletion", loss: "Everything that it applied is deleted with it." }
    : { kind: "deletion", loss: "What it applied stays on the cluster." };
}
