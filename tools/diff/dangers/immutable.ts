import type { KubeObject } from "../../../kube/objects.ts";
import { formatPath } from "../../../policy/engine/path.ts";
import { at } from "../../../policy/engine/read.ts";
import { withoutEffect } from "../../../policy/objects/flux.ts";
import type { Danger } from "../change.ts";
import { groupKindOf, idOf, isForced } from "../kustomizations.ts";
import { immutableFieldsOf, isRefused } from "./immutable-fields.ts";

/** Kinds whose recreation deletes data or other objects. */
const HEAVY = new Set([
  "PersistentVolumeClaim",
  "PersistentVolume",
  "apiextensions.k8s.io/CustomResourceDefinition",
]);

/**
 * The danger in changed fields that the API server does not let an update change. With `force`, Flux deletes the object and creates it again; without,
 * the dry run fails and Flux applies nothing of the Kustomization.
 */
export function* immutableChange(
  before: KubeObject,
  after: KubeObject,
  applier: KubeObject | undefined,
): Generator<Danger> {
  const kind = groupKindOf(after);
  const refused = immutableFieldsOf(kind, before, after).filter((field) => isRefused(field, before, after));
  if (refused.length === 0) return;
  const names = refused.map(({ path }) => formatPath(path)).join(" and ");
  const isUnset = refused.every(({ path }) => at(before, path) === undefined);
  const unless = isUnset ? ", unless this is the value that the cluster has already" : "";
  yield isForced(before, after, applier)
    ? {
        kind: HEAVY.has(kind) ? "data" : "recreation",
        message: `${names} cannot be changed on an existing object${unless}. Because of force, Flux deletes the object and creates it again.${loss(kind)}`,
        remediation: HEAVY.has(kind)
          ? "Create an object with another name instead, and move the data before you remove this one."
          : "Expect an interruption, or give the new object another name and remove this one later.",
      }
    : {
        kind: "refusal",
        message: `The API server refuses this: ${names} cannot be changed on an existing object${unless}. ${consequence(applier)}${withoutEffect(after, "force", "enabled")}`,
        remediation: HEAVY.has(kind)
          ? "Create an object with another name instead, and move the data."
          : "Give the new object another name, delete the old one by hand at the time of the merge, or annotate it with kustomize.toolkit.fluxcd.io/force: enabled to let Flux delete and create it.",
      };
}

function consequence(applier: KubeObject | undefined): string {
  return applier === undefined
    ? "The old object stays."
    : `Until it is fixed, Flux applies nothing of Kustomization ${idOf(applier)}.`;
}

function loss(kind: string): string {
  if (kind === "apiextensions.k8s.io/CustomResourceDefinition")
    return " Every object of the kind is deleted.";
  return HEAVY.has(kind) ? " The data is lost if the reclaim policy is Delete." : "";
}
