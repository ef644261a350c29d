import { GATEWAY, GATEWAY_CLASS } from "../../../../policy/objects/kinds.ts";
import { locate } from "../../../gitops/yaml/source.ts";
import type { Mapping } from "../../../gitops/yaml/values.ts";
import type { BuiltCluster, BuiltObject } from "../../../gitops/flux/built.ts";
import { isFluxKustomization } from "../../../gitops/flux/flux-kustomization.ts";
import { referencesOf } from "../namespace/references.ts";
import { idOf, isKind, nameOf } from "../../objects.ts";
import { OPTIONS_FILE } from "../../options-file.ts";
import { isRelease } from "../oci/artifact.ts";
import { chartOf } from "../route/release/chart.ts";
import type { Note } from "../../step.ts";
import { described } from "./objects.ts";

/**
 * Objects that a stack can deploy but the options do not list, each with instructions for handing it over.
 * @param taken objects that are already being handed over
 */
export function candidates(cluster: BuiltCluster, taken: readonly BuiltObject[]): readonly Note[] {
  return cluster.objects
    .filter((built) => !taken.includes(built) && canBeOfStack(built.object, cluster))
    .map(({ object, origin }) => ({
      kind: "runbook",
      message: `${described(object)} stays in the repository; to let the stack own it, list it under handover.objects in ${OPTIONS_FILE}`,
      position: locate(origin),
    }));
}

/** Kustomizations that the root depends on: they stay in the repository, without a guard. */
export function dependencies({ objects }: BuiltCluster, taken: readonly BuiltObject[]): readonly Note[] {
  const ids = taken
    .filter(({ object }) => isFluxKustomization(object))
    .flatMap(({ object }) => referencesOf(object))
    .filter(({ use }) => use === "dependsOn")
    .map(({ namespace, name }) => `${namespace}/${name}`);
  return objects
    .filter(
      (built) =>
        !taken.includes(built) && isFluxKustomization(built.object) && ids.includes(idOf(built.object)),
    )
    .map(({ object, origin }) => ({
      kind: "runbook",
      message: `Kustomization ${idOf(object)}, which the root depends on, stays in the repository without a guard: if it is removed there, Flux deletes what it applied`,
      position: locate(origin),
    }));
}

function canBeOfStack(object: Mapping, cluster: BuiltCluster): boolean {
  if ([GATEWAY, GATEWAY_CLASS].some((kind) => isKind(object, kind))) return true;
  if (!isRelease(object)) return false;
  return chartOf(object, [cluster]).name === "traefik" || nameOf(object).name === "gatus";
}
