import type { Path } from "./path.ts";

/** A map of a manifest, whose values may be anything. */
export type Fields = Readonly<Record<string, unknown>>;

/**
 * Reading manifests that nobody has validated: what is not of the kind asked for reads as absent, so that a rule never breaks on a field of
 * the wrong type, and never has to say so (the API server does).
 */
export function fields(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

/** The list, empty where it is none. */
export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The text; undefined where it is none. */
export function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** The value at a path; undefined where a step is missing. */
export function at(value: unknown, path: Path): unknown {
  let here = value;
  for (const step of path) here = typeof step === "number" ? list(here)[step] : fields(here)[step];
  return here;
}

/** The texts among a list's entries. */
export function texts(value: unknown): readonly string[] {
  return list(value).filter((item) => typeof item === "string");
}
