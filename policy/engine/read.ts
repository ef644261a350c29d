import { isMap } from "../../lib/maps.ts";
import type { Path } from "./path.ts";

/** A map in a manifest; its values may be anything. */
export type Fields = Readonly<Record<string, unknown>>;

/**
 * The value if it is a map; otherwise an empty map. The functions in this module treat a value of the wrong type as absent, because the API server rejects it
 * anyway.
 */
export function fields(value: unknown): Fields {
  return isMap(value) ? value : {};
}

/** The value if it is a list; otherwise an empty list. */
export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The value if it is a string; otherwise undefined. */
export function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** The value at a path; undefined if any part of the path is missing. */
export function at(value: unknown, path: Path): unknown {
  let here = value;
  for (const step of path) here = typeof step === "number" ? list(here)[step] : fields(here)[step];
  return here;
}

/** The strings in a list. */
export function texts(value: unknown): readonly string[] {
  return list(value).filter((item) => typeof item === "string");
}
