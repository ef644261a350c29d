import { stringify } from "yaml";
import type { Value } from "../yaml/values.ts";

/** Writes a value as YAML that YAML 1.1 parsers read the same way: `"yes"` keeps its quotes, long lines are not folded, and no aliases are used. */
export function writeYaml(value: Value): string {
  const key = JSON.stringify(value, (_key, one: unknown) => (isExact(one) ? one : `\0${String(one)}`));
  const known = written.get(key);
  if (known !== undefined) return known;
  const text = stringify(value, { lineWidth: 0, aliasDuplicateObjects: false, version: "1.1" });
  if (written.size >= KEPT_TEXTS) written.clear();
  written.set(key, text);
  return text;
}

/** The apps of a repository get the same probes and routes, so texts are kept for a while. */
const written = new Map<string, string>();
const KEPT_TEXTS = 1000;

/** Whether JSON keeps a value apart from all others. */
const isExact = (value: unknown): boolean =>
  typeof value !== "number" || (Number.isFinite(value) && !Object.is(value, -0));
