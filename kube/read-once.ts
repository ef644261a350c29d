import type { ClusterReader } from "./client.ts";
import type { KubeObject } from "./objects.ts";

/** A reader that fetches each object once, so that all checks see the same state and a 300 KB CRD is parsed only once. */
export function readOnce(cluster: ClusterReader): ClusterReader {
  const known = new Map<string, Promise<KubeObject | undefined>>();
  return {
    context: cluster.context,
    get: (reference) => {
      const { apiVersion, kind, metadata } = reference;
      const key = JSON.stringify([apiVersion, kind, metadata.namespace, metadata.name]);
      let object = known.get(key);
      if (object === undefined) {
        object = cluster.get(reference);
        known.set(key, object);
      }
      return object;
    },
    list: (apiVersion, kind, namespace) => cluster.list(apiVersion, kind, namespace),
    serves: (apiVersion, kind) => cluster.serves(apiVersion, kind),
  };
}
