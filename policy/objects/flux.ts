import type { KubeObject } from "../../kube/objects.ts";
import { at, fields, list, text } from "../engine/read.ts";

/** `namespace/name` of a Flux object. */
export function fluxId(namespace: string | undefined, name: string): string {
  return `${namespace ?? ""}/${name}`;
}

/** Ids of the Kustomizations that this one depends on. An entry without a namespace refers to the Kustomization's own. */
export function dependenciesOf({ metadata, spec }: KubeObject): readonly string[] {
  return list(fields(spec).dependsOn)
    .map(fields)
    .map(({ namespace, name }) => fluxId(text(namespace) ?? metadata.namespace, text(name) ?? ""));
}

/**
 * Whether Flux deletes an object that is removed from the Kustomization; `deletionPolicy` does not affect this (kustomize-controller, `prune`).
 */
export function prunes(kustomization: KubeObject): boolean {
  const { prune, suspend } = fields(kustomization.spec);
  return prune === true && suspend !== true;
}

/** Whether deleting the Kustomization deletes what it applied (kustomize-controller, `finalizerShouldDeleteResources`). */
export function deletesAll({ spec }: KubeObject): boolean {
  const { prune, suspend, deletionPolicy = "MirrorPrune" } = fields(spec);
  if (suspend === true) return false;
  return deletionPolicy === "MirrorPrune" ? prune === true : deletionPolicy !== "Orphan";
}

/**
 * Whether the object is protected from both kinds of deletion (https://fluxcd.io/flux/components/kustomize/kustomizations/#prune).
 */
export function isGuarded(object: KubeObject): boolean {
  return ["labels", "annotations"].some((field) =>
    ["prune", "reconcile"].some(
      (what) => at(object, ["metadata", field, `kustomize.toolkit.fluxcd.io/${what}`]) === "disabled",
    ),
  );
}
