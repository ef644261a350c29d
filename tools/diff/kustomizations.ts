import type { KubeObject } from "../../kube/objects.ts";
import { oncePer } from "../../lib/once-per.ts";
import { groupOf } from "../../policy/engine/object-index.ts";
import {
  createdOnlyBecause,
  dependenciesOf,
  fluxId,
  hasMark,
  skippedBecause,
} from "../../policy/objects/flux.ts";
import { fields } from "../../policy/engine/read.ts";
import type { BuiltCluster, BuiltObject } from "../gitops/flux/built.ts";
import { isFluxKustomization } from "../gitops/flux/flux-kustomization.ts";
import { asKubeObject } from "../lint/kube-object.ts";

/** `namespace/name` of a Kustomization. */
export function idOf({ metadata }: KubeObject): string {
  return fluxId(metadata.namespace ?? "default", metadata.name);
}

/** The Kustomization that applies an object; undefined for a root, and without Flux. */
export function applierOf(built: BuiltObject | undefined): KubeObject | undefined {
  return built?.kustomization && asKubeObject(built.kustomization.object);
}

/** A cluster's Kustomizations, roots included, by id. */
export const kustomizationsOf = oncePer(
  ({ objects }: BuiltCluster): ReadonlyMap<string, BuiltObject> =>
    new Map(
      objects
        .filter(({ object }) => isFluxKustomization(object))
        .map((built) => [idOf(asKubeObject(built.object)), built]),
    ),
);

/** The Kustomization with an id in a cluster. */
export function findKustomization(cluster: BuiltCluster | undefined, id: string): BuiltObject | undefined {
  return cluster && kustomizationsOf(cluster).get(id);
}

/**
 * Whether a Kustomization waits, directly or through others, until another one has applied the same revision. kustomize-controller compares
 * the revision only if both have the same source (`checkDependencies`).
 */
export function waitsFor(waiting: KubeObject, other: KubeObject, cluster: BuiltCluster): boolean {
  const seen = new Set<string>();
  const queue = [waiting];
  for (const current of queue) {
    for (const id of dependenciesOf(current)) {
      const found = findKustomization(cluster, id);
      if (found === undefined || seen.has(id)) continue;
      seen.add(id);
      const dependency = asKubeObject(found.object);
      if (sourceOf(dependency) !== sourceOf(current)) continue;
      if (id === idOf(other)) return true;
      queue.push(dependency);
    }
  }
  return false;
}

function sourceOf({ spec, metadata }: KubeObject): string {
  const { kind, name, namespace } = fields(fields(spec).sourceRef);
  return [kind, namespace ?? metadata.namespace, name].map(String).join(" ");
}

/** Whether Flux deletes and creates an object again if the API server refuses to change an immutable field (`shouldForceApply` in fluxcd/pkg/ssa). */
export function isForced(before: KubeObject, after: KubeObject, applier: KubeObject | undefined): boolean {
  return (
    fields(applier?.spec).force === true || [before, after].some((one) => hasMark(one, "force", "enabled"))
  );
}

/** The mark because of which Flux does not change an existing object; undefined if it does (`shouldSkipApply` in fluxcd/pkg/ssa). */
export function untouchedBecause(before: KubeObject, after: KubeObject): string | undefined {
  return skippedBecause(before) ?? skippedBecause(after) ?? createdOnlyBecause(after);
}

/** Group and kind of an object, such as `apps/Deployment`; only the kind for the core API. */
export function groupKindOf(object: KubeObject): string {
  const group = groupOf(object);
  return group === "" ? object.kind : `${group}/${object.kind}`;
}
