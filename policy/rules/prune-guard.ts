import { describeObject, type KubeObject } from "../../kube/objects.ts";
import { deletesAll, isGuarded, prunes } from "../objects/flux.ts";
import { valuesOf } from "../objects/helm.ts";
import { CLAIM, FLUX_KUSTOMIZATION, HELM_RELEASE, STATEFUL_SET } from "../objects/kinds.ts";
import { groupOf, type ObjectIndex } from "../engine/object-index.ts";
import { oncePer } from "../../lib/once-per.ts";
import { fields, list } from "../engine/read.ts";
import { defineRule, type BuildSteps, type Problem, type RuleContext } from "../engine/rule.ts";

/** See docs/reference/rules/prune-guard.md. */
export const pruneGuard = defineRule({
  id: "prune-guard",
  description:
    "While a Kustomization prunes, claims and releases with data keep their names and namespaces, and the Kustomization keeps its own.",
  why: "To Flux, a move is a deletion and a creation: it prunes the old object, and the data is lost.",
  remediation:
    "First annotate the object with kustomize.toolkit.fluxcd.io/prune: disabled (if its Kustomization moves, set deletionPolicy: Orphan there) and let Flux apply that. Then move it.",
  severity: "critical",
  enforcement: "mandatory",
  kinds: [CLAIM, STATEFUL_SET, HELM_RELEASE],
  wholeStack: true,
  *check(object, context) {
    const steps = context.buildSteps(object);
    if (steps === undefined || !keepsData(object, context.objects)) return;
    yield* moved(object, steps, context);
    yield* movedKustomization(object, steps, context);
  },
});

/** Whether the object stores persistent data. A release does so if its values contain a PersistentVolumeClaim. */
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
 * Whether values contain a PersistentVolumeClaim: `type: persistentVolumeClaim` as in app-template (the default if `accessMode` is set),
 * `existingClaim`, or the usual `persistence.enabled: true`. Disabled entries and empty values do not count.
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

/** Reports an object that has a new name or namespace. */
function* moved(object: KubeObject, { kustomization }: BuildSteps, context: RuleContext): Generator<Problem> {
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
      message: `This object used to be ${describeObject(former)}. Flux deletes that one, along with its data.`,
    };
}

/** Whether Flux deletes the former object: if its Kustomization still exists, by pruning; otherwise along with everything that the Kustomization applied. */
function leaves(former: KubeObject, current: KubeObject, { objects, buildSteps }: RuleContext): boolean {
  const owner = buildSteps(former)?.kustomization;
  if (owner === undefined) return prunes(current);
  const now = objects.get(FLUX_KUSTOMIZATION, owner.metadata.namespace, owner.metadata.name);
  return now === undefined ? !isGuarded(owner) && deletesAll(owner) : prunes(now);
}

function sameSpec(one: KubeObject, other: KubeObject): boolean {
  return JSON.stringify(one.spec) === JSON.stringify(other.spec);
}

/** The objects that existed before the change and no longer exist, by kind. */
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

/** Reports an object whose Kustomization has moved since the earlier revision, or is moved by its parent's patch. */
function* movedKustomization(
  object: KubeObject,
  { kustomization }: BuildSteps,
  context: RuleContext,
): Generator<Problem> {
  if (list(context.previous?.all()).length > 0) {
    const former = formerKustomization(object, kustomization, context);
    if (former !== undefined)
      yield {
        path: ["metadata"],
        message: `${describeObject(former)} is now ${describeObject(kustomization)}, and Flux deletes everything that the old one applied.`,
      };
    return;
  }
  const parent = context.buildSteps(kustomization);
  if (parent === undefined || isGuarded(object) || !deletesAll(kustomization)) return;
  const [before, now] = [parent.beforePatches.metadata, kustomization.metadata];
  if (before.namespace === now.namespace && before.name === now.name) return;
  yield {
    path: ["metadata"],
    message: `${describeObject(parent.kustomization)} moves ${describeObject(parent.beforePatches)} to ${now.namespace ?? ""}/${now.name}. When this patch is first applied, Flux deletes everything that the old one applied.`,
    warning: true,
  };
}

/** The old Kustomization that a new one replaces, if the replacement would delete an unguarded object. */
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
