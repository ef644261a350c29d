import type { ClusterReader, ObjectReference } from "../kube/client.ts";
import { describeObject } from "../kube/objects.ts";
import { objectHealth, type Health } from "./health.ts";

/** A deployed object and how it fares. */
export interface Observation {
  /** As in `Kustomization flux-system/cluster-apps`. */
  readonly object: string;
  readonly kind: string;
  /** missing: it is not on the cluster. */
  readonly health: Health | { readonly state: "missing"; readonly message: string };
}

/** Looks at each object once. After a verified update nothing is on its way any more. */
export function observe(
  references: readonly ObjectReference[],
  cluster: ClusterReader,
): Promise<Observation[]> {
  return Promise.all(references.map((reference) => look(reference, cluster)));
}

async function look(reference: ObjectReference, cluster: ClusterReader): Promise<Observation> {
  const live = await cluster.get(reference);
  const object = describeObject(reference);
  if (live === undefined)
    return { object, kind: reference.kind, health: { state: "missing", message: "not on the cluster" } };
  return { object, kind: reference.kind, health: objectHealth(live) };
}
