import type { ClusterReader } from "../../../kube/client.ts";
import type { KubeObject } from "../../../kube/objects.ts";
import { scalarText } from "../../gitops/kustomize/resource.ts";
import { isMapping, type Mapping, type Value } from "../../gitops/yaml/values.ts";
import { fieldAt } from "../objects.ts";
import { describeOwned, liveInventory, ownedObject, type OwnedObject } from "./inventory.ts";
import type { LiveKustomization } from "./kustomizations.ts";

const GROUP = "kustomize.toolkit.fluxcd.io";
const OWNER_NAME = `${GROUP}/name`;
const OWNER_NAMESPACE = `${GROUP}/namespace`;

/** `namespace/name` of the Kustomization that applied a live object. */
export function ownerOf({ metadata }: KubeObject): string | undefined {
  const name = metadata.labels?.[OWNER_NAME];
  return name === undefined ? undefined : `${metadata.labels?.[OWNER_NAMESPACE] ?? ""}/${name}`;
}

/**
 * The objects that the moved Kustomizations have not adopted, one sentence each. Objects with an annotation that keeps Flux from applying them
 * are left out, because Flux does not relabel those.
 */
export async function unadopted(
  moved: readonly LiveKustomization[],
  all: ReadonlyMap<string, LiveKustomization>,
  built: readonly Mapping[],
  cluster: ClusterReader,
): Promise<readonly string[]> {
  const kinds = new Map(
    moved.flatMap(liveInventory).map((owned) => [`${owned.apiVersion} ${owned.kind}`, owned]),
  );
  const lists = await Promise.all(
    [...kinds.values()].map(({ apiVersion, kind }) => cluster.list(apiVersion, kind)),
  );
  const live = new Map(lists.flat().map((object) => [describeOwned(owned(object)), object]));
  const untouched = new Set([
    ...built.filter(isUntouched).map((object) => describeOwned(ownedObject(object))),
    ...[...live].flatMap(([description, object]) => (isUntouched(object) ? description : [])),
  ]);
  return [...moved.flatMap((one) => notOwnedBy(one, live, untouched)), ...leftBehind(moved, all, live)];
}

/** Whether kustomize-controller leaves an existing object unchanged. */
function isUntouched({ metadata }: { readonly metadata?: unknown }): boolean {
  const annotations = fieldAt(metadata as Value, ["annotations"]);
  if (!isMapping(annotations)) return false;
  return (
    annotations[`${GROUP}/reconcile`] === "disabled" ||
    ["Ignore", "IfNotPresent"].includes(scalarText(annotations[`${GROUP}/ssa`]))
  );
}

function notOwnedBy(
  one: LiveKustomization,
  live: ReadonlyMap<string, KubeObject>,
  untouched: ReadonlySet<string>,
): readonly string[] {
  const id = `${one.metadata.namespace}/${one.metadata.name}`;
  return liveInventory(one).flatMap((object) => {
    const found = live.get(describeOwned(object));
    if (!found) return [`${describeOwned(object)} is in the inventory of ${id} but no longer on the cluster`];
    const owner = ownerOf(found);
    if (found.metadata.deletionTimestamp !== undefined)
      return [`${describeOwned(object)} owned by ${id} is being deleted`];
    return owner === id || untouched.has(describeOwned(object))
      ? []
      : [`${describeOwned(object)} still belongs to ${owner ?? "no Kustomization"}, not to ${id}`];
  });
}

/** Objects applied from a previous namespace that are in no inventory, so Flux would never prune them. */
function leftBehind(
  moved: readonly LiveKustomization[],
  all: ReadonlyMap<string, LiveKustomization>,
  live: ReadonlyMap<string, KubeObject>,
): readonly string[] {
  const places = new Map(moved.map(({ metadata: { namespace, name } }) => [name, `${namespace}/${name}`]));
  const owned = new Set(moved.flatMap(liveInventory).map(describeOwned));
  return [...live].flatMap(([description, object]) => {
    const owner = ownerOf(object);
    const place = places.get(owner?.split("/")[1] ?? "");
    if (owner === undefined || place === undefined || all.has(owner) || owned.has(description)) return [];
    return [`${description} belonged to ${owner}, but ${place} has not adopted it`];
  });
}

function owned({ apiVersion, kind, metadata: { namespace = "", name } }: KubeObject): OwnedObject {
  return { apiVersion, kind, namespace, name };
}
