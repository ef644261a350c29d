import { parse } from "./quiet-yaml.ts";

/** Parses a YAML map, with `<<` merged, and prints no warnings. Empty for an empty text; undefined for anything that is not a map. */
export function yamlMap(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = parse(text, { merge: true }) ?? {};
    return typeof value === "object" && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
