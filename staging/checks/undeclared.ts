import type { LiveCluster, ObjectReference } from "../../kube/client.ts";
import { RETAINED_ANNOTATION, type KubeObject } from "../../kube/objects.ts";
import { isAppliedBy } from "../../kube/ownership.ts";

/** Objects by identity. */
export class ObjectSet {
  readonly #known: ReadonlySet<string>;

  constructor(objects: readonly ObjectReference[]) {
    this.#known = new Set(objects.map(identity));
  }

  has(object: ObjectReference): boolean {
    return this.#known.has(identity(object));
  }
}

/** Ignores the API version, because the API server serves the same object in several versions. */
function identity({ apiVersion, kind, metadata }: ObjectReference): string {
  const group = apiVersion.includes("/") ? apiVersion.split("/")[0] : "";
  return [group, kind, metadata.namespace, metadata.name].join(" ");
}

/** Whether the object stays on the cluster when its stack no longer declares it. */
export function isRetained({ metadata }: KubeObject): boolean {
  return RETAINED_ANNOTATION in (metadata.annotations ?? {});
}

/**
 * Hides the objects that the update will delete once it is verified, because the stack applied them and the program no longer declares them. Their health says
 * nothing about the release, and a broken object must not prevent its own deletion.
 */
export function withoutPendingDeletions(
  cluster: LiveCluster,
  stack: string,
  declared: readonly ObjectReference[],
): LiveCluster {
  const known = new ObjectSet(declared);
  const stays = (object: KubeObject): boolean =>
    !isAppliedBy(object, stack) || known.has(object) || isRetained(object);
  return {
    context: cluster.context,
    get: (reference) => cluster.get(reference),
    list: async (apiVersion, kind, namespace) =>
      (await cluster.list(apiVersion, kind, namespace)).filter(stays),
    serves: (apiVersion, kind) => cluster.serves(apiVersion, kind),
    apply: (object, options) => cluster.apply(object, options),
    read: (path) => cluster.read(path),
  };
}
