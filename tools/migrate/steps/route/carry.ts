import { writeYaml } from "../../../gitops/edit/write-yaml.ts";
import type { YamlEdit } from "../../../gitops/edit/yaml-edit.ts";
import type { Mapping, PathStep } from "../../../gitops/yaml/values.ts";

/** Where the fields of an Ingress are in its file. */
export interface Written {
  readonly edit: YamlEdit;
  readonly document: number;
  readonly path: readonly PathStep[];
}

/** Fields as YAML; the mappings in `copied` keep the lines of the Ingress, with their comments, quotes and anchors. */
export function carriedYaml(fields: Mapping, copied: readonly string[], written: Written): string {
  return Object.entries(fields)
    .map(
      ([key, value]) =>
        (copied.includes(key) ? copyOf(key, value, written) : undefined) ?? writeYaml({ [key]: value }),
    )
    .join("");
}

/** A mapping with the lines of the same entries in the Ingress; undefined if they are not written in block style. */
function copyOf(key: string, value: Mapping[string], { edit, document, path }: Written): string | undefined {
  const names = typeof value === "object" && value !== null ? Object.keys(value) : [];
  const lines = names.map((name) => edit.linesOf(document, [...path, key, name]));
  if (names.length === 0 || !lines.every((line) => line !== undefined)) return undefined;
  const block = lines.map((line) => (line.endsWith("\n") ? line : `${line}\n`)).join("");
  return `${writeYaml({ [key]: 0 }).replace(/ 0\n$/, "")}\n${indented(block)}`;
}

/** Indents lines by one level. */
export const indented = (lines: string): string => lines.replace(/^(?=.)/gm, "  ");
