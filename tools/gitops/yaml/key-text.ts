import { goFloat } from "./go-float.ts";
import { typeOfPlain, type Dialect } from "./schema.ts";

/** A key as a string. In v2, a float is written as Go writes it. Source: convertToJSONableObject in sigs.k8s.io/yaml. */
export function keyText(value: string | number | boolean | null, written: string, dialect: Dialect): string {
  if (typeof value === "string") return value;
  const isFloat = dialect === "v2" && typeof value === "number" && typeOfPlain(written) === "float";
  if (!isFloat) return JSON.stringify(value);
  return Number.isFinite(value)
    ? goFloat(value, 32)
    : Number.isNaN(value)
      ? ".nan"
      : value > 0
        ? ".inf"
        : "-.inf";
}
