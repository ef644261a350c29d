import type { ClusterReader } from "../../kube/client.ts";
import { describeObject, type KubeObject } from "../../kube/objects.ts";

/** A reader for a cluster with exactly these objects. */
export function clusterHolding(...objects: KubeObject[]): ClusterReader {
  return {
    context: "test",
    get: (wanted) =>
      Promise.resolve(objects.find((object) => describeObject(object) === describeObject(wanted))),
    list: (apiVersion, kind, namespace) =>
      Promise.resolve(
        objects.filter(
          (object) =>
            object.apiVersion === apiVersion &&
            object.kind === kind &&
            (namespace === undefined || object.metadata.namespace === namespace),
        ),
      ),
    serves: (apiVersion, kind) =>
      Promise.resolve(objects.some((object) => object.apiVersion === apiVersion && object.kind === kind)),
  };
}
