import type { KubeObject } from "../cluster/objects.ts";
import { at, fields, list, text } from "./read.ts";

/** `namespace/name` of a Flux Kustomization, or of what it refers to from its own namespace. */
export function fluxId(namespace: string | undefined, name: string): string {
  return `${namespace ?? ""}/${name}`;
}

/** The Kustomizations that this one waits for (`dependsOn`; their namespace is by default its own). */
export function dependenciesOf({ metadata, spec }: KubeObject): readonly string[] {
  return list(fields(spec).dependsOn)
    .map(fields)
    .map(({ namespace, name }) => fluxId(text(namespace) ?? metadata.namespace, text(name) ?? ""));
}

/** Whether deleting the Kustomization, or an object's leaving it, deletes what it applied. */
export function prunes(kustomization: KubeObject): boolean {
  const spec = fields(kustomization.spec);
  return spec.prune === true && spec.deletionPolicy !== "Orphan" && spec.suspend !== true;
}

/** Whether an object is kept from pruning (https://fluxcd.io/flux/components/kustomize/kustomizations/#prune). */
export function isGuarded(object: KubeObject): boolean {
  return ["labels", "annotations"].some(
    (field) => at(object, ["metadata", field, "kustomize.toolkit.fluxcd.io/prune"]) === "disabled",
  );
}
