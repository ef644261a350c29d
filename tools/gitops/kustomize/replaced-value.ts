import { resolvePlain } from "../yaml/schema.ts";
import { cloneValue, type Value } from "../yaml/values.ts";
import { scalarText } from "./resource.ts";

/**
 * What a replacement writes in place of a value: Kustomize copies a mapping or a list, and sets the text of a scalar, which keeps its type; undefined if the text
 * does not fit that type. The text of a mapping or a list is empty.
 * @param isUntyped whether the text decides the type, as in a new field
 */
export function replacedValue(present: Value, value: Value, isUntyped: boolean): Value | undefined {
  if (typeof present === "object" && present !== null) return cloneValue(value);
  const text = scalarText(value);
  if (isUntyped) return resolvePlain(text);
  if (typeof present === "string") return text;
  const plain = resolvePlain(text);
  return typeof plain === typeof present && (plain === null) === (present === null) ? plain : undefined;
}
