import type { ClusterReader } from "./client.ts";

/** A reader that fetches each object and each list once, so that all checks see the same state and a 300 KB CRD is parsed only once. */
export function readOnce(cluster: ClusterReader): ClusterReader {
  return {
    context: cluster.context,
    get: once(
      (reference) => cluster.get(reference),
      ({ apiVersion, kind, metadata }) => [apiVersion, kind, metadata.namespace, metadata.name],
    ),
    list: once(
      (apiVersion, kind, namespace) => cluster.list(apiVersion, kind, namespace),
      (apiVersion, kind, namespace) => [apiVersion, kind, namespace],
    ),
    serves: (apiVersion, kind) => cluster.serves(apiVersion, kind),
  };
}

function once<A extends readonly unknown[], T>(
  read: (...asked: A) => Promise<T>,
  keyOf: (...asked: A) => readonly unknown[],
): (...asked: A) => Promise<T> {
  const known = new Map<string, Promise<T>>();
  return (...asked) => {
    const key = JSON.stringify(keyOf(...asked));
    const found = known.get(key) ?? read(...asked);
    known.set(key, found);
    return found;
  };
}
