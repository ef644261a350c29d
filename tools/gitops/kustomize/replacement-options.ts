import { isMapping, type Mapping } from "../yaml/values.ts";
import type { MergeEntry } from "./merge-entry.ts";
import { withText } from "./replaced-value.ts";
import { scalarText, writtenText } from "./resource.ts";

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
  present: MergeEntry,
  source: MergeEntry,
  { delimiter, index }: FieldOptions,
): MergeEntry | undefined {
  if (delimiter === "") return source;
  if (typeof present.value === "object" && present.value !== null) return undefined;
  const parts = writtenText(present.value, present.origin).split(delimiter);
  const text = source.value === null ? "" : writtenText(source.value, source.origin);
  if (index < 0) parts.unshift(text);
  else if (index >= parts.length) parts.push(text);
  else parts[index] = text;
  return withText(source, parts.join(delimiter));
}
