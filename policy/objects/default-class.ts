import type { KubeObject } from "../../kube/objects.ts";
import { oncePer } from "../../lib/once-per.ts";
import { yamlMap } from "../../lib/yaml-map.ts";
import type { ObjectIndex } from "../engine/object-index.ts";
import { at, fields, list, text } from "../engine/read.ts";
import { BUILD_COMPONENT, BUILD_KUSTOMIZATION, STORAGE_CLASS } from "./kinds.ts";

/** See https://kubernetes.io/docs/concepts/storage/storage-classes/#default-storageclass. */
const DEFAULT = "storageclass.kubernetes.io/is-default-class";

/** The names of the cluster's default StorageClasses, as far as the repository shows them: a patch may make one of a base that is elsewhere the default. */
export const defaultClasses = oncePer((objects: ObjectIndex): readonly string[] => [
  ...objects
    .ofKind(STORAGE_CLASS)
    .filter(isDefault)
    .map(({ metadata }) => metadata.name),
  ...[BUILD_KUSTOMIZATION, BUILD_COMPONENT].flatMap((kind) => objects.ofKind(kind)).flatMap(patchedIn),
]);

/** A JSON patch that sets the annotation. */
const OPERATION = /~1is-default-class["']?\s+value: *["']?true/;

function isDefault(storageClass: { readonly metadata: unknown }): boolean {
  return at(storageClass, ["metadata", "annotations", DEFAULT]) === "true";
}

/** The StorageClasses that a kustomization file's inline patches make the default. */
function patchedIn(kustomization: KubeObject): readonly string[] {
  const { patches } = kustomization as unknown as { readonly patches?: unknown };
  return list(patches).flatMap((item) => {
    const { patch, target } = fields(item);
    const written = text(patch) ?? "";
    const merge = yamlMap(written) ?? {};
    const name = text(fields(target).name) ?? text(at(merge, ["metadata", "name"]));
    if ((fields(target).kind ?? merge.kind) !== STORAGE_CLASS.kind || name === undefined) return [];
    const sets = isDefault({ metadata: fields(merge.metadata) }) || OPERATION.test(written);
    return sets ? [name] : [];
  });
}
