import { dataKinds } from "../../../../policy/knowledge/tool-lookups.ts";
import { parseApiVersion } from "../../../gitops/kustomize/kinds.ts";
import { scalarText } from "../../../gitops/kustomize/resource.ts";
import { isMapping, type Mapping, type Value } from "../../../gitops/yaml/values.ts";
import type { BuiltObject } from "../../../gitops/flux/built.ts";
import { isFluxKustomization } from "../../../gitops/flux/flux-kustomization.ts";
import { NAMESPACE, STATEFUL_SET } from "../../../../policy/objects/kinds.ts";
import { knowledgeOf } from "../../../lint/knowledge.ts";
import { fieldAt, fieldsIn, idOf, isKind, nameOf } from "../../objects.ts";
import { PRUNE_ANNOTATION } from "../../prune-annotation.ts";
import type { StepContext } from "../../step.ts";
import { isRelease } from "../oci/artifact.ts";
import type { MovingRoot } from "./root.ts";

/** The kinds that hold data: those in the table, and those in the options. */
export function dataKindsOf({
  repository,
  options,
}: Pick<StepContext, "repository" | "options">): readonly string[] {
  return [...dataKinds(knowledgeOf(repository)), ...options.namespace.data];
}

/** Whether an object has one of the kinds, written `Kind` or `Kind.group`. */
export function isData({ apiVersion, kind }: Mapping, kinds: readonly string[]): boolean {
  const { group } = parseApiVersion(scalarText(apiVersion));
  return kinds.includes(group === "" ? scalarText(kind) : `${scalarText(kind)}.${group}`);
}

/** The value of an object's prune annotation. */
export function pruneOf(object: Mapping): string {
  const annotations = isMapping(object.metadata) ? object.metadata.annotations : undefined;
  return isMapping(annotations) ? scalarText(annotations[PRUNE_ANNOTATION]) : "";
}

/**
 * Namespaces, and StatefulSets and HelmReleases with volumes, as `Kind namespace/name`. Only the guard keeps them during the move: `prune: disabled` would
 * leave them on the cluster after their app is removed.
 */
export function keptByGuardOnly(moving: MovingRoot): readonly string[] {
  const { volumes = [], namespaces = [] } = Object.groupBy(
    objectsBelow(moving).filter(({ object }) => pruneOf(object) !== "disabled"),
    ({ object }) => (isKind(object, NAMESPACE) ? "namespaces" : hasVolumes(object) ? "volumes" : "others"),
  );
  return [
    ...volumes.map(({ object }) => `${scalarText(object.kind)} ${idOf(object)}`),
    ...namespaces.map(({ object }) => `Namespace ${nameOf(object).name} with everything in it`),
  ];
}

/** The other kinds of custom resources with the number of objects, such as `Terraform (3)`. */
export function customKindsOf(moving: MovingRoot, context: StepContext): readonly string[] {
  const kinds = dataKindsOf(context);
  const objects = objectsBelow(moving).filter(({ object }) => isOperated(object) && !isData(object, kinds));
  const byKind = Map.groupBy(objects, ({ object }) => scalarText(object.kind));
  return [...byKind].map(([kind, own]) => `${kind} (${own.length})`).toSorted();
}

/** What the children of a root apply, directly or through others: the guard is on these, and what other roots apply does not move. */
function objectsBelow({ cluster, children }: MovingRoot): readonly BuiltObject[] {
  const parentOf = ({ kustomization }: BuiltObject): string =>
    kustomization ? idOf(kustomization.object) : "";
  const byParent = Map.groupBy(cluster.objects, parentOf);
  const below = new Set(children.map(({ object }) => idOf(object)));
  // The set grows: a child may apply Kustomizations.
  for (const id of below)
    for (const { object } of byParent.get(id) ?? []) if (isFluxKustomization(object)) below.add(idOf(object));
  return cluster.objects.filter((one) => below.has(parentOf(one)));
}

/** Groups whose controllers only configure what runs in the cluster. */
const CONFIGURING = /(?:^|\.)(?:k8s\.io|toolkit\.fluxcd\.io|monitoring\.coreos\.com|traefik\.io|cilium\.io)$/;

function isOperated({ apiVersion }: Mapping): boolean {
  const { group } = parseApiVersion(scalarText(apiVersion));
  return group.includes(".") && !CONFIGURING.test(group);
}

function hasVolumes(object: Mapping): boolean {
  if (isKind(object, STATEFUL_SET)) return fieldAt(object, ["spec", "volumeClaimTemplates"]) !== undefined;
  return isRelease(object) && createsVolumes(fieldsIn(object, ["spec", "values"]));
}

/** Whether values make a chart create claims or storage, by the names that charts give such values. */
function createsVolumes(value: Value | undefined): boolean {
  if (Array.isArray(value)) return value.some(createsVolumes);
  if (!isMapping(value) || value.enabled === false) return false;
  if (value.type === "persistentVolumeClaim") return value.existingClaim === undefined;
  const creates = Object.entries(value).some(
    ([key, own]) =>
      /^(?:volumeClaimTemplates?|storageClass(?:Name)?|cephClusterSpec)$/.test(key) ||
      (/^persisten(?:ce|tVolume(?:Claim)?)$/.test(key) && isMapping(own) && isNewClaim(own)),
  );
  return creates ? value.existingClaim === undefined : Object.values(value).some(createsVolumes);
}

const isNewClaim = ({ enabled, existingClaim }: Mapping): boolean =>
  enabled === true && existingClaim === undefined;
