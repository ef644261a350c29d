import { stringify } from "yaml";
import type { Value } from "../yaml/values.ts";

/** Writes a value as YAML that YAML 1.1 parsers read the same way: `"yes"` keeps its quotes, long lines are not folded, and no aliases are used. */
export function writeYaml(value: Value): string {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false, version: "1.1" });
}
