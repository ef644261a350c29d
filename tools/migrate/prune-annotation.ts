import type { YamlEdit } from "../gitops/edit/yaml-edit.ts";

/** With the value `disabled`, Flux never prunes the object. */
export const PRUNE_ANNOTATION = "kustomize.toolkit.fluxcd.io/prune";

/** Sets {@link PRUNE_ANNOTATION} to `disabled`; returns false if the text cannot be edited to add it. */
export function disablePruning(edit: YamlEdit, document: number): boolean {
  const path = ["metadata", "annotations"];
  const line = `${PRUNE_ANNOTATION}: disabled`;
  if (edit.has(document, [...path, PRUNE_ANNOTATION]))
    return edit.setScalar(document, [...path, PRUNE_ANNOTATION], "disabled");
  const annotations = `annotations:\n  ${line}`;
  if (!edit.has(document, path)) return edit.insert(document, ["metadata"], annotations);
  // A key without a value.
  const isEmpty = /^annotations:\s*$/.test(edit.linesOf(document, path) ?? "");
  return isEmpty ? edit.replace(document, path, annotations) : edit.insert(document, path, line);
}
