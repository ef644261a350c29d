import type { YamlEdit } from "../gitops/edit/yaml-edit.ts";

/** Keeps Flux from ever pruning an object. */
export const KEEP = "kustomize.toolkit.fluxcd.io/prune";

/** Sets {@link KEEP} to `disabled`; false where the text does not allow it. */
export function annotateKept(edit: YamlEdit, document: number): boolean {
  const path = ["metadata", "annotations"];
  const line = `${KEEP}: disabled`;
  if (edit.has(document, [...path, KEEP])) return edit.setScalar(document, [...path, KEEP], "disabled");
  return edit.has(document, path)
    ? edit.insert(document, path, line)
    : edit.insert(document, ["metadata"], `annotations:\n  ${line}`);
}
