import { isDeepStrictEqual } from "node:util";
import type { YamlEdit } from "../../../gitops/edit/yaml-edit.ts";
import { scalarText } from "../../../gitops/kustomize/resource.ts";
import { parseYaml } from "../../../gitops/yaml/parse.ts";
import { SourceFile } from "../../../gitops/yaml/source.ts";
import { mappingsIn, type Mapping, type Value } from "../../../gitops/yaml/values.ts";
import { specOf } from "../../../gitops/flux/flux-kustomization.ts";

const HEAD = `    apiVersion: kustomize.toolkit.fluxcd.io/v1
    kind: Kustomization
    metadata:
      name: not-used
`;
const TARGET = `  target:
    group: kustomize.toolkit.fluxcd.io
    kind: Kustomization
`;

/** The comment that explains the guard in the file. */
export const GUARD_COMMENT =
  "# Keeps what a child has applied if the child is deleted, until all children have moved.";

/** For every child, including those that opt out of the other patches. */
export const GUARD = `${GUARD_COMMENT}
- patch: |-
${HEAD}    spec:
      deletionPolicy: Orphan
${TARGET}`;

/** Sets the namespace of the source, because the child no longer shares it. */
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

/** Like {@link movePatch}, for children selected by name; also sets the namespace of their source, if one is given. */
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
export function dependsOnOperations(namespaces: readonly (string | undefined)[]): string {
  return namespaces
    .map((namespace, index) =>
      namespace === undefined ? "" : add(`/spec/dependsOn/${index}/namespace`, namespace),
    )
    .join("");
}

/** Applies {@link dependsOnOperations} to the children with these names. */
export function dependsOnPatch(names: readonly string[], operations: string): string {
  return `- patch: |-
${operations}${TARGET}    name: ${pattern(names)}
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

/**
 * Appends those patches to a Flux Kustomization that it does not have yet; returns false if its text cannot be edited.
 * @param written the Kustomization in its file: in the build, a patch may have replaced its list
 */
export function addPatches(
  edit: YamlEdit,
  document: number,
  patches: readonly string[],
  written: Mapping,
): boolean {
  const present = mappingsIn(specOf(written).patches).map(contentOf);
  const lines = patches
    .filter((patch) => {
      const [entry] = mappingsIn(valueOf(patch));
      return !entry || !present.some((own) => isDeepStrictEqual(own, contentOf(entry)));
    })
    .join("");
  if (lines === "") return true;
  if (edit.has(document, ["spec", "patches"])) return edit.insert(document, ["spec", "patches"], lines);
  const indented = lines.replace(/^(?=.)/gm, "  ");
  return edit.insert(document, ["spec"], `patches:\n${indented}`);
}

/** What a patch does, however it is written. */
const contentOf = ({ patch, target }: Mapping): readonly unknown[] => [valueOf(scalarText(patch)), target];

const valueOf = (text: string): Value | undefined => parseYaml(new SourceFile("", text)).documents[0]?.value;
