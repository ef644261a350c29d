import type { KubeClient } from "../../kube/kube-client.ts";
import { describeObject, type KubeObject } from "../../kube/objects.ts";

/** What changes all the time, or is no stored object. */
const VOLATILE = new Set(["ComponentStatus", "Event", "Lease", "PodMetrics", "NodeMetrics"]);
/** All objects on a cluster, by API version and description. */
export async function everyObject(cluster: KubeClient): Promise<Map<string, KubeObject>> {
  const found = new Map<string, KubeObject>();
  for (const { apiVersion, kind } of await servedKinds(cluster))
    for (const object of await cluster.list(apiVersion, kind))
      found.set(`${apiVersion} ${describeObject(object)}`, object);
  return found;
}

/** An object without its status, what the API server records about each write, and the given fields of its metadata. */
export function contentOf({ metadata, ...object }: KubeObject, ...fields: readonly string[]): object {
  return {
    ...without(object, "status"),
    metadata: without(metadata, "managedFields", "resourceVersion", ...fields),
  };
}

function without(fields: object, ...names: readonly string[]): object {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));
}

interface Kind {
  readonly apiVersion: string;
  readonly kind: string;
}

/** The kinds that can be listed, with the preferred version of each group. */
async function servedKinds(cluster: KubeClient): Promise<Kind[]> {
  const { groups } = (await cluster.read("/apis")) as {
    groups: { preferredVersion: { groupVersion: string } }[];
  };
  const versions = ["v1", ...groups.map(({ preferredVersion }) => preferredVersion.groupVersion)];
  const lists = versions.map(async (apiVersion) => {
    const path = apiVersion === "v1" ? "/api/v1" : `/apis/${apiVersion}`;
    const { resources } = (await cluster.read(path)) as {
      resources: { kind: string; name: string; verbs: string[] }[];
    };
    return resources
      .filter(({ name, verbs, kind }) => verbs.includes("list") && !name.includes("/") && !VOLATILE.has(kind))
      .map(({ kind }) => ({ apiVersion, kind }));
  });
  return (await Promise.all(lists)).flat();
}
