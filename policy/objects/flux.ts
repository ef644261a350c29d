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
  return ["prune", "reconcile"].some((name) => hasMark(object, name, "disabled"));
}

const GROUP = "kustomize.toolkit.fluxcd.io";

/** The mark because of which Flux applies an object neither if it exists nor if it does not; undefined if it has none (`shouldSkipApply`). */
export function skippedBecause(object: KubeObject): string | undefined {
  if (hasMark(object, "reconcile", "disabled")) return `${GROUP}/reconcile: disabled`;
  return hasMark(object, "ssa", "Ignore") ? `${GROUP}/ssa: Ignore` : undefined;
}

/** The mark because of which Flux does not change an existing object that it would create. */
export function createdOnlyBecause(object: KubeObject): string | undefined {
  return hasMark(object, "ssa", "IfNotPresent") ? `${GROUP}/ssa: IfNotPresent` : undefined;
}

/** Says that a mark with another value than the one that Flux knows has no effect; empty if there is none. */
export function withoutEffect(object: KubeObject, name: string, value: string): string {
  const found = ["labels", "annotations"]
    .map((field) => text(at(object, ["metadata", field, `${GROUP}/${name}`])))
    .find((one) => one !== undefined);
  return found === undefined || hasMark(object, name, value)
    ? ""
    : ` Its ${GROUP}/${name}: ${found} has no effect: Flux knows only ${value}.`;
}

/** Labels count as well as annotations, in any case (`AnyInMetadata` in fluxcd/pkg/ssa). */
export function hasMark(object: KubeObject, name: string, value: string): boolean {
  return ["labels", "annotations"].some(
    (field) =>
      text(at(object, ["metadata", field, `${GROUP}/${name}`]))?.toLowerCase() === value.toLowerCase(),
  );
}
