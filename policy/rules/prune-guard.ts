import { describeObject, type KubeObject } from "../../kube/objects.ts";
import { deletesAll, isGuarded, prunes } from "../objects/flux.ts";
import { valuesOf } from "../objects/helm.ts";
import { CLAIM, FLUX_KUSTOMIZATION, HELM_RELEASE, STATEFUL_SET } from "../objects/kinds.ts";
import { groupOf, type ObjectIndex } from "../engine/object-index.ts";
import { oncePer } from "../../lib/once-per.ts";
import { fields, list } from "../engine/read.ts";
import { defineRule, type Origin, type Problem, type RuleContext } from "../engine/rule.ts";

/** See `docs/reference/policies.md`. */
export const pruneGuard = defineRule({
  id: "prune-guard",
  description:
    "A claim, or a release that keeps data, does not change its namespace or name, and neither does the Kustomization that applies it, while that prunes: for Flux it is a deletion and a new object, and the data goes with the old one.",
  remediation:
    "First annotate the object kustomize.toolkit.fluxcd.io/prune: disabled (or, where its Kustomization is what moves, set deletionPolicy: Orphan on that) and let that be applied; move it then.",
  severity: "critical",
  enforcement: "mandatory",
  kinds: [CLAIM, STATEFUL_SET, HELM_RELEASE],
  wholeStack: true,
  *check(object, context) {
    const origin = context.origin(object);
    if (origin === undefined || !keepsData(object, context.objects)) return;
    yield* moved(object, origin, context);
    yield* movedKustomization(object, origin, context);
  },
});

/** A release keeps data where its values say a claim, as app-template and most charts do. */
function keepsData(object: KubeObject, objects: ObjectIndex): boolean {
  return object.kind !== "HelmRelease" || claims(valuesOf(object, objects).values);
}

const CLAIM_KEYS = [
  "accessMode",
  "existingClaim",
  "persistentVolumeClaim",
  "volumeClaimTemplate",
  "volumeClaimTemplates",
];

/**
 * `type: persistentVolumeClaim` of app-template, which is also its default beside an `accessMode`; `existingClaim`; or the usual
 * `persistence.enabled: true`. What is turned off, and a key left empty as in a chart's own values, is no claim.
 */
function claims(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(claims);
  if (fields(value).enabled === false) return false;
  return Object.entries(fields(value)).some(
    ([key, child]) =>
      (CLAIM_KEYS.includes(key) && !isEmpty(child)) ||
      child === "persistentVolumeClaim" ||
      (key === "persistence" && fields(child).enabled === true) ||
      claims(child),
  );
}

function isEmpty(value: unknown): boolean {
  return value === "" || value === null || (typeof value === "object" && Object.keys(value).length === 0);
}

/** Under another name or namespace than before. */
function* moved(object: KubeObject, { kustomization }: Origin, context: RuleContext): Generator<Problem> {
  if (context.previous === undefined) return;
  const kind = { group: groupOf(object), kind: object.kind };
  const { namespace, name } = object.metadata;
  if (context.previous.get(kind, namespace, name) !== undefined) return;
  const former = gone(context)
    .get(object.kind)
    ?.find(
      (other) =>
        (other.metadata.name === name || other.metadata.namespace === namespace) &&
        (other.metadata.name === name || sameSpec(other, object)),
    );
  if (former !== undefined && !isGuarded(former) && leaves(former, kustomization, context))
    yield {
      path: ["metadata", former.metadata.name === name ? "namespace" : "name"],
      message: `It was ${describeObject(former)}, which Flux deletes.`,
    };
}

/** Whether its Kustomization deletes the former object: one that is still there prunes it, one that is gone takes it along. */
function leaves(former: KubeObject, current: KubeObject, { objects, origin }: RuleContext): boolean {
  const owner = origin(former)?.kustomization;
  if (owner === undefined) return prunes(current);
  const now = objects.get(FLUX_KUSTOMIZATION, owner.metadata.namespace, owner.metadata.name);
  return now === undefined ? !isGuarded(owner) && deletesAll(owner) : prunes(now);
}

function sameSpec(one: KubeObject, other: KubeObject): boolean {
  return JSON.stringify(one.spec) === JSON.stringify(other.spec);
}

/** What was there before and is not any more, by kind. */
function gone({ objects, previous }: RuleContext): ReadonlyMap<string, readonly KubeObject[]> {
  return goneSince(objects)(previous);
}

const goneSince = oncePer((objects: ObjectIndex) => {
  const cache = new Map<ObjectIndex | undefined, ReadonlyMap<string, readonly KubeObject[]>>();
  return (previous: ObjectIndex | undefined) => {
    const known = cache.get(previous);
    if (known !== undefined) return known;
    const vanished = (previous?.all() ?? []).filter(
      (object) =>
        objects.get(
          { group: groupOf(object), kind: object.kind },
          object.metadata.namespace,
          object.metadata.name,
        ) === undefined,
    );
    const byKind = Map.groupBy(vanished, ({ kind }) => kind);
    cache.set(previous, byKind);
    return byKind;
  };
});

/** Applied by a Kustomization that is moved: since an earlier time, or by a patch of its parent that is turned on. */
function* movedKustomization(
  object: KubeObject,
  { kustomization }: Origin,
  context: RuleContext,
): Generator<Problem> {
  if (list(context.previous?.all()).length > 0) {
    const former = formerKustomization(object, kustomization, context);
    if (former !== undefined)
      yield {
        path: ["metadata"],
        message: `Its ${describeObject(former)} is now ${describeObject(kustomization)}, and Flux deletes with the old one what it applied.`,
      };
    return;
  }
  const parent = context.origin(kustomization);
  if (parent === undefined || isGuarded(object) || !deletesAll(kustomization)) return;
  const [before, now] = [parent.beforePatches.metadata, kustomization.metadata];
  if (before.namespace === now.namespace && before.name === now.name) return;
  yield {
    path: ["metadata"],
    message: `${describeObject(parent.kustomization)} moves ${describeObject(parent.beforePatches)} to ${now.namespace ?? ""}/${now.name}; the first time, Flux deletes with the old one what it applied.`,
    advice: true,
  };
}

/** The Kustomization that was there in place of a new one, and that deletes an object which nothing guarded then. */
function formerKustomization(
  object: KubeObject,
  { metadata, spec }: KubeObject,
  context: RuleContext,
): KubeObject | undefined {
  const { previous } = context;
  const kind = { group: groupOf(object), kind: object.kind };
  const before = previous?.get(kind, object.metadata.namespace, object.metadata.name);
  if (before === undefined || isGuarded(before)) return undefined;
  if (previous?.get(FLUX_KUSTOMIZATION, metadata.namespace, metadata.name) !== undefined) return undefined;
  const former = gone(context)
    .get(FLUX_KUSTOMIZATION.kind)
    ?.find(
      (other) =>
        groupOf(other) === FLUX_KUSTOMIZATION.group &&
        (other.metadata.name === metadata.name || fields(other.spec).path === fields(spec).path),
    );
  return former !== undefined && !isGuarded(former) && deletesAll(former) ? former : undefined;
}
