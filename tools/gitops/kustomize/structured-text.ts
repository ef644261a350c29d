import { GoYamlText, UnwritableError } from "../yaml/go-yaml-text.ts";
import { parseYaml } from "../yaml/parse.ts";
import { SourceFile, type Origin } from "../yaml/source.ts";
import { entryOrigin, originOf, setField, type Mapping, type Value } from "../yaml/values.ts";
import { attempt, unsupported } from "../problem.ts";
import { fieldAt, fieldsAtPath, type Field } from "./field-path.ts";
import { goJson } from "./hash.ts";
import type { MergeEntry } from "./merge-entry.ts";
import { replacedValue } from "./replaced-value.ts";
import { scalarText, writtenText } from "./resource.ts";

/** What a replacement writes into a text. */
interface TextReplacement {
  readonly steps: readonly string[];
  readonly entry: MergeEntry;
  /** Whether missing fields are created. */
  readonly create: boolean;
  readonly origin: Origin;
}

/**
 * Sets fields in a string that contains JSON or YAML, whatever the delimiter; false if the field path leads into no string, or to nothing in it. Source: setValueInStructuredData in
 * kustomize's filters/replacement/replacement.go.
 */
export function setInText(object: Mapping, replacement: TextReplacement): boolean {
  const { steps, entry, create, origin } = replacement;
  const place = textOn(object, steps, origin);
  if (place === undefined) return false;
  const { container, key, text, contents, rest } = place;
  const fields = attempt(
    () => fieldsAtPath(contents, rest, create ? entry.value : undefined, origin),
    () => undefined,
  );
  if (fields === undefined || fields.length === 0) return false;
  const written = /^\s*[{[]/.test(text)
    ? asJson(place, fields, replacement)
    : asYaml(place, fields, replacement);
  // Kustomize could not read the result, and then sets the fields of a copy.
  if (written !== undefined) setField(container, key, written, origin);
  return true;
}

/** Undefined if the text does not fit the type of a scalar that it replaces. */
function asJson(
  { text, contents }: TextPlace,
  fields: readonly Field[],
  replacement: TextReplacement,
): string | undefined {
  if (!fields.every((field) => setContents(field, replacement))) return undefined;
  return goJson(contents, text.includes("\n") && text.includes("  ") ? 2 : 0);
}

function asYaml(
  { text, contents }: TextPlace,
  fields: readonly Field[],
  replacement: TextReplacement,
): string {
  const { entry, origin } = replacement;
  try {
    const root = contents as Mapping | Value[];
    const writer = new GoYamlText(text, originOf(root).source);
    for (const { container, key, isNew } of fields) {
      const present = (container as Mapping)[key];
      if (typeof entry.value === "object" || (typeof present === "object" && present !== null))
        throw new UnwritableError("a YAML text with something other than scalars");
      writer.set(container, key, writtenText(entry.value, entry.origin), isNew);
    }
    return writer.write(root);
  } catch (error) {
    if (!(error instanceof UnwritableError)) throw error;
    throw unsupported(`replacements inside ${error.message}`, origin);
  }
}

/** A text that a path leads into. */
interface TextPlace {
  readonly container: Mapping;
  readonly key: string;
  readonly text: string;
  readonly contents: Value;
  /** The steps of the path inside the text. */
  readonly rest: readonly string[];
}

/** The first scalar on a path that can be read as YAML. */
function textOn(object: Mapping, steps: readonly string[], origin: Origin): TextPlace | undefined {
  for (let end = 1; end < steps.length; end++) {
    const lookup = (count: number): Value | undefined =>
      attempt(
        () => fieldAt(object, steps.slice(0, count), origin),
        () => undefined,
      );
    const value = lookup(end);
    if (value === undefined || value === null || typeof value === "object") continue;
    const text = scalarText(value);
    const contents = contentsOf(text);
    if (contents === undefined) continue;
    const container = lookup(end - 1) as Mapping;
    return { container, key: steps[end - 1] ?? "", text, contents, rest: steps.slice(end) };
  }
  return undefined;
}

/** The first document of a text, null without one; undefined if the text is not valid YAML. */
function contentsOf(text: string): Value | undefined {
  const { documents, errors } = parseYaml(new SourceFile("", text));
  return errors.length > 0 ? undefined : (documents[0]?.value ?? null);
}

/** Sets a field of the JSON; false if the text does not fit the type of the scalar that it replaces. */
function setContents({ container, key, isNew }: Field, { entry }: TextReplacement): boolean {
  const present = { value: (container as Mapping)[key] as Value, origin: entryOrigin(container, key) };
  const { value, origin } = replacedValue(present, entry, isNew);
  if (Number.isNaN(value)) return false;
  setField(container as Mapping, String(key), value, origin);
  return true;
}
