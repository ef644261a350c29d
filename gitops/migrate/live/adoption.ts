import type { ClusterReader } from "../../../cluster/client.ts";
import type { KubeObject } from "../../../cluster/objects.ts";
import { describeOwned, liveInventory, type OwnedObject } from "./inventory.ts";
import type { LiveKustomization } from "./kustomizations.ts";

const OWNER_NAME = "kustomize.toolkit.fluxcd.io/name";
const OWNER_NAMESPACE = "kustomize.toolkit.fluxcd.io/namespace";

/** The `namespace/name` of the Kustomization that has applied a live object. */
export function ownerOf({ metadata }: KubeObject): string | undefined {
  const name = metadata.labels?.[OWNER_NAME];
  return name === undefined ? undefined : `${metadata.labels?.[OWNER_NAMESPACE] ?? ""}/${name}`;
}

/** What has not gone over to Kustomizations that moved: a sentence each. */
export async function unadopted(
  moved: readonly LiveKustomization[],
  cluster: ClusterReader,
): Promise<readonly string[]> {
  const kinds = new Map(
    moved.flatMap(liveInventory).map((owned) => [`${owned.apiVersion} ${owned.kind}`, owned]),
  );
  const lists = await Promise.all(
    [...kinds.values()].map(({ apiVersion, kind }) => cluster.list(apiVersion, kind)),
  );
  const live = new Map(lists.flat().map((object) => [describeOwned(owned(object)), object]));
  return [...moved.flatMap((one) => notOwnedBy(one, live)), ...leftBehind(moved, live)];
}

function notOwnedBy(one: LiveKustomization, live: ReadonlyMap<string, KubeObject>): readonly string[] {
  const id = `${one.metadata.namespace}/${one.metadata.name}`;
  return liveInventory(one).flatMap((object) => {
    const found = live.get(describeOwned(object));
    if (!found) return [`${describeOwned(object)} of ${id} is gone`];
    const owner = ownerOf(found);
    if (found.metadata.deletionTimestamp !== undefined)
      return [`${describeOwned(object)} of ${id} is being deleted`];
    return owner === id
      ? []
      : [`${describeOwned(object)} still belongs to ${owner ?? "nobody"}, not to ${id}`];
  });
}

/** Objects of a former place that are in nobody's inventory: nothing would ever prune them. */
function leftBehind(
  moved: readonly LiveKustomization[],
  live: ReadonlyMap<string, KubeObject>,
): readonly string[] {
  const places = new Map(moved.map(({ metadata: { namespace, name } }) => [name, `${namespace}/${name}`]));
  const owned = new Set(moved.flatMap(liveInventory).map(describeOwned));
  return [...live].flatMap(([description, object]) => {
    const owner = ownerOf(object);
    const place = places.get(owner?.split("/")[1] ?? "");
    if (owner === undefined || place === undefined || owner === place || owned.has(description)) return [];
    return [`${description} was ${owner}'s and has not been adopted by ${place}`];
  });
}

function owned({ apiVersion, kind, metadata: { namespace = "", name } }: KubeObject): OwnedObject {
  return { apiVersion, kind, namespace, name };
}
