import { isDeepStrictEqual } from "node:util";
import type { BuiltObject } from "../../../gitops/flux/built.ts";
import { isFluxKustomization } from "../../../gitops/flux/flux-kustomization.ts";
import { ORIGIN } from "../../../gitops/kustomize/build-metadata.ts";
import { clusterOf } from "../../clusters.ts";
import { whyTooOld } from "../../flux-version.ts";
import { idOf, nameOf } from "../../objects.ts";
import { oncePer } from "../../../../lib/once-per.ts";

import type { Step, StepContext } from "../../step.ts";
import { PRUNE_ANNOTATION } from "../../prune-annotation.ts";
import { withoutFields } from "../../without-fields.ts";
import { dataKindsOf, isData, pruneOf } from "./data.ts";
import type { NamespaceOptions } from "./options.ts";
import { referencesOf } from "./references.ts";
import { isGuarded, movingRoots, optsOut, targetFor } from "./root.ts";
import { isSetting, settingsName } from "./target.ts";

const NAMESPACE = ["metadata", "namespace"];

/** What the guard, move and unguard phases may change in a cluster. */
export const whyForbidden: Step["whyForbidden"] = (before, after, context, clusters) => {
  const { namespace: options } = context.options;
  const { root, optOutLabel } = options;
  if (!before)
    return after && !mayCome(after, context, clusterOf(after, clusters)?.name)
      ? "it is new and not part of the move"
      : undefined;
  if (!after) {
    const { name, objects: old = [] } = clusterOf(before, context.clusters) ?? {};
    const objects = clusters.find((one) => one.name === name)?.objects ?? [];
    return mayGo(before, { old, objects }, options);
  }
  if (!sameApplier(before, after, options)) return "a different Kustomization would apply it";
  if (isFluxKustomization(before.object)) {
    if (nameOf(before.object).name === root)
      return sameWithout(before, after, ["spec", "patches"])
        ? undefined
        : "something other than the root's spec.patches has changed";
    if (!sameWithout(before, after, ["spec", "deletionPolicy"]))
      return "something other than spec.deletionPolicy has changed";
    const cluster = clusterOf(before, context.clusters);
    const tooOld = cluster && whyTooOld(cluster, "deletionPolicy", context.repository);
    if (tooOld !== undefined && isGuarded(after.object)) return tooOld;
    return isGuarded(after.object) ||
      !isGuarded(before.object) ||
      nameOf(after.object).namespace === targetFor(after.object, options) ||
      optsOut(after.object, optOutLabel)
      ? undefined
      : "it would lose its guard before it has moved";
  }
  if (isDeepStrictEqual(before.object, after.object)) return undefined;
  const kept = isData(after.object, dataKindsOf(context)) && pruneOf(after.object) === "disabled";
  return kept && sameWithout(before, after, ["metadata", "annotations", PRUNE_ANNOTATION])
    ? undefined
    : "this step must not change it";
};

/** Whether an object may be added: the target namespace, its settings, or a child that was in another namespace. */
function mayCome(
  after: BuiltObject,
  { clusters: all, options }: StepContext,
  clusterName: string | undefined,
): boolean {
  const clusters = all.filter((cluster) => cluster.name === clusterName);
  const { object, kustomization } = after;
  const { name, namespace: own } = nameOf(object);
  const targets = movingRoots(clusters, options).flatMap((moving) => moving.targets);
  if (object.kind === "Namespace") return targets.includes(name);
  if (kustomization && targets.some((target) => nameOf(kustomization.object).name === settingsName(target)))
    return (
      isSetting(object) &&
      nameOf(kustomization.object).name === settingsName(own) &&
      clusters.some(({ objects }) => hasOriginal(after, objects))
    );
  if (!isFluxKustomization(object)) return false;
  if (targets.some((target) => name === settingsName(target))) return true;
  return (
    own === targetFor(object, options.namespace) &&
    clusters.some(({ objects }) => sameChildren(after, objects).length > 0)
  );
}

/** Why an object may not be removed: only a guarded child may, and only if it appears in the target. */
function mayGo(
  before: BuiltObject,
  { old, objects }: { readonly old: readonly BuiltObject[]; readonly objects: readonly BuiltObject[] },
  options: NamespaceOptions,
): string | undefined {
  if (!isFluxKustomization(before.object)) return "Flux would prune it";
  if (!isGuarded(before.object)) return "Flux would delete what it has applied: it has no guard";
  const target = targetFor(before.object, options);
  const moved = sameChildren(before, objects).find(({ object }) => nameOf(object).namespace === target);
  if (!moved) return `it does not appear in ${target}`;
  if (!isGuarded(moved.object)) return "it would have no guard in its new namespace";
  if (!sameWithout(before, moved, NAMESPACE, ["spec", "sourceRef", "namespace"], ["spec", "dependsOn"]))
    return "something other than its namespace would change";
  if (!isDeepStrictEqual(waitsFor(before), waitsFor(moved))) return "its dependencies would change";
  return findsAll(before, old) && !findsAll(moved, objects)
    ? "it would not find what it depends on"
    : undefined;
}

/** Whether the repository contains everything that a child depends on. */
function findsAll(child: BuiltObject, objects: readonly BuiltObject[]): boolean {
  const known = kustomizationIds(objects);
  return referencesOf(child.object)
    .filter(({ use }) => use === "dependsOn")
    .every(({ namespace, name }) => known.has(`${namespace}/${name}`));
}

const kustomizationIds = oncePer(
  (objects: readonly BuiltObject[]) =>
    new Set(objects.filter(({ object }) => isFluxKustomization(object)).map(({ object }) => idOf(object))),
);

/** Names of what a child depends on; their namespaces change with the move. */
function waitsFor({ object }: BuiltObject): readonly string[] {
  return referencesOf(object)
    .filter(({ use }) => use === "dependsOn")
    .map(({ name }) => name);
}

/** Kustomize's note of where an object comes from, which depends on the path that is built. */
const ORIGIN_NOTE = ["metadata", "annotations", ORIGIN];

/** Whether the same object exists in another namespace. */
function hasOriginal(copy: BuiltObject, objects: readonly BuiltObject[]): boolean {
  const inFile = byFile(objects).get(copy.origin.source.file) ?? [];
  return inFile.some((original) => sameWithout(original, copy, NAMESPACE, ORIGIN_NOTE));
}

/** The Kustomizations from the same file with the same name. */
function sameChildren(
  { origin, object }: BuiltObject,
  objects: readonly BuiltObject[],
): readonly BuiltObject[] {
  const inFile = byFile(objects).get(origin.source.file) ?? [];
  return inFile.filter(
    (other) => isFluxKustomization(other.object) && nameOf(other.object).name === nameOf(object).name,
  );
}

const byFile = oncePer((objects: readonly BuiltObject[]) =>
  Map.groupBy(objects, ({ origin }) => origin.source.file),
);

/** Whether the same Kustomization applies the object, even if that Kustomization has moved. */
function sameApplier(before: BuiltObject, after: BuiltObject, options: NamespaceOptions): boolean {
  const [old, now] = [before.kustomization?.object, after.kustomization?.object];
  if (!old || !now) return old === now;
  return idOf(old) === idOf(now) || idOf(now) === `${targetFor(old, options)}/${nameOf(old).name}`;
}

function sameWithout(
  before: BuiltObject,
  after: BuiltObject,
  ...paths: readonly (readonly string[])[]
): boolean {
  const [a, b] = [before, after].map(({ object }) => withoutFields(object, paths));
  return isDeepStrictEqual(a, b);
}
