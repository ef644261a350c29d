import { isMapping, type Mapping, type Value } from "../yaml/values.ts";

/** Whether a value is neither zero nor empty. */
export function isTrue(value: Value | undefined): boolean {
  return typeof value === "object" && value !== null ? Object.keys(value).length > 0 : Boolean(value);
}

/** A value as Go's `%v` writes it. */
export function printed(value: Value | undefined): string {
  if (value === null || value === undefined) return "<no value>";
  if (typeof value === "number") return number(value);
  if (Array.isArray(value)) return `[${value.map(printed).join(" ")}]`;
  if (isMapping(value))
    return `map[${sortedKeys(value)
      .map((key) => `${key}:${printed(value[key])}`)
      .join(" ")}]`;
  return String(value);
}

/** Inputs are read from JSON, so each number is a float, which Go writes with an exponent from a million on (`%v`). */
function number(value: number): string {
  const [digits = "", exponent = "0"] = value.toExponential().split("e");
  const power = Number(exponent);
  if (power >= -4 && power < 6) return String(value);
  return `${digits}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
}

/** The keys of a mapping in the order in which Go visits them. */
export const sortedKeys = (mapping: Mapping): readonly string[] =>
  Object.keys(mapping).toSorted((a, b) => (a < b ? -1 : 1));
