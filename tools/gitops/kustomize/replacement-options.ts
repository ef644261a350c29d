import { isMapping, type Mapping, type Value } from "../yaml/values.ts";
import { scalarText } from "./resource.ts";

/** The `options` of a replacement's source or target. */
export interface FieldOptions {
  readonly delimiter: string;
  readonly index: number;
  readonly create: boolean;
}

/** Reads the options, with Kustomize's defaults. */
export function optionsOf({ options }: Mapping): FieldOptions {
  if (!isMapping(options)) return { delimiter: "", index: 0, create: false };
  return {
    delimiter: scalarText(options.delimiter),
    index: typeof options.index === "number" ? options.index : 0,
    create: options.create === true,
  };
}

/**
 * What a replacement writes into a field: with a delimiter, the field's text with one part replaced, or added before or after the others. Undefined if only a scalar
 * can have parts. Source: setFieldValue in kustomize's filters/replacement/replacement.go.
 */
export function withPart(
  present: Value | undefined,
  value: Value,
  { delimiter, index }: FieldOptions,
): Value | undefined {
  if (delimiter === "") return value;
  if (typeof present === "object" && present !== null) return undefined;
  const parts = scalarText(present).split(delimiter);
  if (index < 0) parts.unshift(scalarText(value));
  else if (index >= parts.length) parts.push(scalarText(value));
  else parts[index] = scalarText(value);
  return parts.join(delimiter);
}
