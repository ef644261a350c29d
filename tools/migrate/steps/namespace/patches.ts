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

/** For every child, those that opt out of the global patches too. */
export const GUARD = `# What a child has applied outlives it, until the children have moved.
- patch: |-
${HEAD}    spec:
      deletionPolicy: Orphan
${TARGET}`;

/** The source by its namespace, which is no longer the child's own. */
export function sourcePatch(sourceNamespace: string, optOutLabel: string): string {
  return `- patch: |-
${HEAD}    spec:
      sourceRef:
        namespace: ${sourceNamespace}
${TARGET}    labelSelector: ${optOutLabel} notin (true)
`;
}

/** A merge patch cannot change a namespace. */
export function movePatch(target: string, optOutLabel: string): string {
  return `- patch: |-
${add("/metadata/namespace", target)}${TARGET}    labelSelector: ${optOutLabel} notin (true)
`;
}

/** The same for the children of some names, and their source by its namespace, where one is given. */
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

/** Where what a child depends on will be, entry by entry; undefined for an entry that stays as it is. */
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

/** Adds patches behind those of a Flux Kustomization; false where its text does not allow it. */
export function addPatches(edit: YamlEdit, document: number, patches: readonly string[]): boolean {
  const lines = patches.join("");
  if (edit.has(document, ["spec", "patches"])) return edit.insert(document, ["spec", "patches"], lines);
  const indented = lines.replace(/^(?=.)/gm, "  ");
  return edit.insert(document, ["spec"], `patches:\n${indented}`);
}
