import type { Path } from "./path.ts";

/** A map in a manifest; its values may be anything. */
export type Fields = Readonly<Record<string, unknown>>;

/**
 * The map; empty for anything else. These readers treat a value of the wrong type as absent: the API server reports it, so a rule need not
 * fail.
 */
export function fields(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

/** The list; empty for anything else. */
export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The string; undefined for anything else. */
export function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** The value at a path; undefined if any step of the path is missing. */
export function at(value: unknown, path: Path): unknown {
  let here = value;
  for (const step of path) here = typeof step === "number" ? list(here)[step] : fields(here)[step];
  return here;
}

/** The strings in a list. */
export function texts(value: unknown): readonly string[] {
  return list(value).filter((item) => typeof item === "string");
}
