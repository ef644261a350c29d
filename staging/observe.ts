import type { ClusterReader, ObjectReference } from "../kube/client.ts";
import { describeObject } from "../kube/objects.ts";
import { objectHealth, type Health } from "./health.ts";

/** A deployed object and its health. */
export interface Observation {
  /** Such as `Kustomization flux-system/cluster-apps`. */
  readonly object: string;
  readonly kind: string;
  /** missing: the object is not on the cluster. */
  readonly health: Health | { readonly state: "missing"; readonly message: string };
}

/** Reads each object once, since nothing is pending after a verified update. */
export function observe(
  references: readonly ObjectReference[],
  cluster: ClusterReader,
): Promise<Observation[]> {
  return Promise.all(
    references.map(async (reference): Promise<Observation> => {
      const live = await cluster.get(reference);
      return {
        object: describeObject(reference),
        kind: reference.kind,
        health: live === undefined ? { state: "missing", message: "not on the cluster" } : objectHealth(live),
      };
    }),
  );
}
