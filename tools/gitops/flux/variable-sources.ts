import { Resource, scalarText } from "../kustomize/resource.ts";
import { originOf, type Mapping } from "../yaml/values.ts";
import { createdSecret } from "./created-secret.ts";
import type { FindSource } from "./variables.ts";

/** The ConfigMaps and Secrets on a cluster, for `substituteFrom`. */
export class VariableSources {
  readonly #found = new Map<string, Mapping>();

  /** Adds those among the objects, and those from which a controller creates Secrets. */
  collect(objects: readonly Mapping[]): void {
    for (const object of objects) {
      const created = createdSecret(object);
      if (object.kind !== "ConfigMap" && object.kind !== "Secret" && created === undefined) continue;
      const { id } = new Resource(object, originOf(object));
      const kind = created === undefined ? scalarText(object.kind) : "Secret";
      this.#found.set(key(kind, id.namespace, created?.name ?? id.name), object);
    }
  }

  readonly find: FindSource = (kind, namespace, name) => this.#found.get(key(kind, namespace, name));
}

function key(kind: string, namespace: string, name: string): string {
  return `${kind} ${namespace === "" ? "default" : namespace}/${name}`;
}
