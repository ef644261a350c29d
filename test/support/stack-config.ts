import type { StackConfig } from "../../config/load.ts";
import { parseConfig } from "../../config/parse.ts";

/** The configuration of a stack with these values and without secrets. @param values by key, with or without the project's prefix, as in a stack's file */
export function stackConfig(values: Readonly<Record<string, unknown>>): StackConfig {
  const raw = Object.entries(values).map(
    ([key, value]) => [key.replace(/^edgefirst:/, ""), JSON.stringify(value)] as const,
  );
  return {
    ...parseConfig({ values: Object.fromEntries(raw), secrets: {} }),
    secrets: {},
    gatusAuthorizations: new Map(),
  };
}
