import type { LiveCluster, ObjectReference } from "../../kube/client.ts";
import { RETAINED_ANNOTATION, STACK_LABEL, type KubeObject } from "../../kube/objects.ts";

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

/** Without the version: one object is served at several. */
function identity({ apiVersion, kind, metadata }: ObjectReference): string {
  const group = apiVersion.includes("/") ? apiVersion.split("/")[0] : "";
  return [group, kind, metadata.namespace, metadata.name].join(" ");
}

/** Whether an object outlives the stack that no longer declares it. */
export function isRetained({ metadata }: KubeObject): boolean {
  return RETAINED_ANNOTATION in (metadata.annotations ?? {});
}

/**
 * The cluster without what the update is going to delete once it is verified: the stack's own objects by their label that the program no longer declares.
 * How they fare is no word on the release, and one of them that is broken must not stand in the way of its own deletion.
 */
export function withoutLeaving(
  cluster: LiveCluster,
  stack: string,
  declared: readonly ObjectReference[],
): LiveCluster {
  const known = new ObjectSet(declared);
  const stays = (object: KubeObject): boolean =>
    object.metadata.labels?.[STACK_LABEL] !== stack || known.has(object) || isRetained(object);
  return {
    context: cluster.context,
    get: (reference) => cluster.get(reference),
    list: async (...args) => (await cluster.list(...args)).filter(stays),
    serves: (...args) => cluster.serves(...args),
    apply: (...args) => cluster.apply(...args),
    read: (path) => cluster.read(path),
  };
}
