import { groupOf, type GroupKind, type ObjectIndex } from "../engine/object-index.ts";
import type { KubeObject } from "../../kube/objects.ts";
import { REFERENCE_GRANT } from "./kinds.ts";
import { fields, list } from "../engine/read.ts";

/** An object in another namespace. */
export interface ForeignReference extends GroupKind {
  readonly namespace: string;
  readonly name: string;
}

/** Whether a ReferenceGrant allows the reference (https://gateway-api.sigs.k8s.io/api-types/referencegrant/). */
export function isGranted(from: KubeObject, to: ForeignReference, objects: ObjectIndex): boolean {
  return objects.ofKind(REFERENCE_GRANT).some(({ metadata, spec }) => {
    if (metadata.namespace !== to.namespace) return false;
    const granted = fields(spec);
    const isFrom = list(granted.from).some((item) => {
      const { group, kind, namespace } = fields(item);
      return group === groupOf(from) && kind === from.kind && namespace === from.metadata.namespace;
    });
    return (
      isFrom &&
      list(granted.to).some((item) => {
        const { group, kind, name } = fields(item);
        return group === to.group && kind === to.kind && (name === undefined || name === to.name);
      })
    );
  });
}
