import { parseYaml } from "../yaml/parse.ts";
import { resolvePlain } from "../yaml/schema.ts";
import { SourceFile } from "../yaml/source.ts";

/** Whether YAML 1.1 reads a text as something other than a string, so that Kustomize quotes it where it sets it as a string. Source: IsYaml1_1NonString in kyaml. */
export function isNonString(text: string): boolean {
  if (text === "" || text.includes("\n")) return false;
  if (!SPECIAL.test(text)) return typeof resolvePlain(text, "v2") !== "string";
  const { documents, errors } = parseYaml(new SourceFile("", text), { dialect: "v2" });
  return errors.length === 0 && typeof documents[0]?.value !== "string";
}

/** Matches every text that is more than a plain scalar. */
const SPECIAL = /^[[{#&!|>"'%@`*?-]|:(?: |$)| #|^\s|\s$/;
