import { stringify } from "yaml";
import type { Value } from "../yaml/values.ts";

/** A value as YAML that YAML 1.1 reads in the same way: `"yes"` keeps its quotes; nothing is folded, and nothing becomes an alias. */
export function writeYaml(value: Value): string {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false, version: "1.1" });
}
