import type { YamlEdit } from "../../../gitops/edit/yaml-edit.ts";

const HEAD = `    apiVersion: kustomize.toolkit.fluxcd.io/v1
    kind: Kustomization
    metadata:
      name: not-used
`;
const TARGET = `  target:
    group: kustomize.toolkit.fluxcd.io
    kind: Kustomization
`;

/** Explains the guard in the file. */
export const GUARD_COMMENT = "# What a child has applied outlives it, until the children have moved.";

/** For every child, including those that opt out of the other patches. */
export const GUARD = `${GUARD_COMMENT}
- patch: |-
${HEAD}    spec:
      deletionPolicy: Orphan
${TARGET}`;

/** Sets the namespace of the source, which is no longer the child's own. */
export function sourcePatch(sourceNamespace: string, optOutLabel: string): string {
  return `- patch: |-
${HEAD}    spec:
      sourceRef:
        namespace: ${sourceNamespace}
${TARGET}    labelSelector: ${optOutLabel} notin (true)
`;
}

/** A JSON patch, because a merge patch cannot change a namespace. */
export function movePatch(target: string, optOutLabel: string): string {
  return `- patch: |-
${add("/metadata/namespace", target)}${TARGET}    labelSelector: ${optOutLabel} notin (true)
`;
}

/** The same for children selected by name; also sets the namespace of their source, if one is given. */
export function movePatchOf(
  names: readonly string[],
  target: string,
  sourceNamespace: string | undefined,
): string {
  const source = sourceNamespace === undefined ? "" : add("/spec/sourceRef/namespace", sourceNamespace);
  return `- patch: |-
${add("/metadata/namespace", target)}${source}${TARGET}    name: ${pattern(names)}
`;
}

/** The new namespaces of what a child depends on, entry by entry; undefined for an entry that stays unchanged. */
export function dependsOnPatch(name: string, namespaces: readonly (string | undefined)[]): string {
  const operations = namespaces.map((namespace, index) =>
    namespace === undefined ? "" : add(`/spec/dependsOn/${index}/namespace`, namespace),
  );
  return `- patch: |-
${operations.join("")}${TARGET}    name: ${pattern([name])}
`;
}

function add(path: string, value: string): string {
  return `    - op: add
      path: ${path}
      value: ${value}
`;
}

/** A target's name is a regular expression. */
const pattern = (names: readonly string[]): string =>
  names.map((name) => name.replaceAll(".", "\\.")).join("|");

/** Appends patches to those of a Flux Kustomization; false if its text does not allow it. */
export function addPatches(edit: YamlEdit, document: number, patches: readonly string[]): boolean {
  const lines = patches.join("");
  if (edit.has(document, ["spec", "patches"])) return edit.insert(document, ["spec", "patches"], lines);
  const indented = lines.replace(/^(?=.)/gm, "  ");
  return edit.insert(document, ["spec"], `patches:\n${indented}`);
}
