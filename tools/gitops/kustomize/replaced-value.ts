import { writtenAndRead } from "../yaml/scalar-value.ts";
import { isDate, resolvePlain, typeOfPlain, type ScalarType } from "../yaml/schema.ts";
import { placeOf, styleOf } from "../yaml/source.ts";
import { cloneValue, type Value } from "../yaml/values.ts";
import type { MergeEntry } from "./merge-entry.ts";
import { writtenText } from "./resource.ts";

/**
 * What a replacement writes in place of a value: Kustomize copies a mapping or a list, and sets the text of a scalar, which keeps its style and its type. The
 * text of a mapping or a list is empty.
 * @param isNew whether the field was just created, and so has no type yet
 */
export function replacedValue(present: MergeEntry, source: MergeEntry, isNew = false): MergeEntry {
  if (typeof present.value !== "object" || present.value === null)
    return withText(present, writtenText(source.value, source.origin), isNew);
  return { ...source, value: cloneValue(source.value) };
}

/**
 * A scalar with another text, in the style and of the type of the old one. A text that does not fit the type becomes NaN, which cannot be written: Kustomize
 * finds out only when it writes the object.
 */
export function withText({ value, origin }: MergeEntry, text: string, isNew = false): MergeEntry {
  const style = isNew ? "plain" : styleOf(value, origin);
  const type = isNew ? undefined : scalarType(value, origin);
  const isTagged = origin.isTagged === true;
  const read = readAs(type, text, style !== "plain" && !isTagged);
  return setScalar(read, origin, { style, text, type, isTagged });
}

/** How a scalar is written. */
interface Writing {
  readonly style: ReturnType<typeof styleOf>;
  readonly text: string;
  /** Undefined if the text decides. */
  readonly type: ScalarType | undefined;
  readonly isTagged: boolean;
}

/** A scalar that Kustomize has set, with what later changes keep of it. A folded scalar changes when it is written. */
export function setScalar(
  value: Value,
  origin: MergeEntry["origin"],
  { style, text, type, isTagged }: Writing,
): MergeEntry {
  const own = {
    ...placeOf(origin),
    style,
    text,
    ...(isTagged && { isTagged }),
    ...(type === undefined ? { isUntyped: true as const } : { type }),
  };
  if (style !== "folded" || typeof value !== "string") return { value, origin: own };
  return { value: writtenAndRead(value), origin: { ...own, asRead: text } };
}

/** The type of a scalar; undefined if its text decides. */
export function scalarType(value: Value, origin: MergeEntry["origin"]): ScalarType | undefined {
  if (origin.type !== undefined) return origin.type;
  if (styleOf(value, origin) !== "plain") return "string";
  if (origin.isUntyped === true) return undefined;
  const text = writtenText(value, origin);
  return typeof value !== "string" || isDate(text) ? typeOfPlain(text) : "string";
}

/**
 * What is read after the scalar was written. go-yaml writes a type that the text does not show before it. Source: node in encode.go and resolve in resolve.go of
 * go.yaml.in/yaml/v3.
 */
export function readAs(type: ScalarType | undefined, text: string, isQuoted: boolean): Value {
  if (type === undefined) return resolvePlain(text);
  const own = typeOfPlain(text);
  if (type === "string" || (isQuoted && own === type)) return text;
  return own === type || (type === "float" && own === "int") ? resolvePlain(text) : NaN;
}
