import type { ParsedDocument } from "../yaml/parse.ts";
import { styleOf } from "../yaml/source.ts";
import { resolvePlain, typeOfPlain } from "../yaml/schema.ts";
import { entryOrigin, originOf, type Mapping, type Value } from "../yaml/values.ts";
import { BuildError } from "../problem.ts";

/** @throws BuildError for a number such as `.inf`, since Kustomize cannot write it as JSON */
export function requireFiniteNumbers(value: Mapping | Value[]): void {
  for (const [key, entry] of Object.entries(value)) {
    if (typeof entry === "number" && !Number.isFinite(entry)) throw notFinite(value, key);
    if (typeof entry === "object" && entry !== null) requireFiniteNumbers(entry);
  }
}

/** @throws BuildError for a mapping of a patch that has a key twice, and that became part of the object: Kustomize cannot read again what it writes */
export function requireUniqueKeys(value: Mapping | Value[]): void {
  const { source, repeatedKey } = originOf(value);
  if (repeatedKey !== undefined)
    throw new BuildError("duplicate key", { source, offset: repeatedKey }, "syntax");
  for (const entry of Object.values(value))
    if (typeof entry === "object" && entry !== null) requireUniqueKeys(entry);
}

function notFinite(container: Mapping | Value[], key: string): BuildError {
  const origin = entryOrigin(container, key);
  const { text, type } = origin;
  const isReplaced =
    Number.isNaN((container as Mapping)[key]) && text !== undefined && typeOfPlain(text) !== type;
  const message = isReplaced
    ? `${text} does not fit the type of the field ${key}`
    : "this number cannot be written as JSON: quote it";
  return new BuildError(message, origin);
}

/** Whether Kustomize skips a document, a patch or the item of a List because nothing is in it. Source: IsNilOrEmpty in kyaml. */
export function isNothing(value: Value): boolean {
  return value === null || (typeof value === "object" && Object.keys(value).length === 0);
}

/** @throws BuildError for lines that Kustomize writes as a block and cannot read again, because the first one starts with a tab */
export function requireReadableBlocks(value: Mapping | Value[]): void {
  for (const [key, entry] of Object.entries(value)) {
    if (typeof entry === "object" && entry !== null) requireReadableBlocks(entry);
    if (typeof entry !== "string" || !entry.startsWith("\t") || !entry.includes("\n")) continue;
    const origin = entryOrigin(value, key);
    if (styleOf(entry, origin) === "literal")
      throw new BuildError(
        `Flux cannot read the value of ${key}, because its first line starts with a tab: put a line before it`,
        origin,
      );
  }
}

/** @throws BuildError for a document with a key that is not a string, since Kustomize cannot write it as JSON */
export function requireTextKeys({ oddKey }: ParsedDocument): void {
  if (oddKey) throw new BuildError("this key is not a string: quote it", oddKey);
}

/** @throws BuildError for a key that Kustomize would write without the quotes that it needs */
export function requireTextKey(values: Mapping, key: string): void {
  if (typeof resolvePlain(key) === "string") return;
  const message = `Kustomize cannot keep the key ${key}, because it would write the key without quotes`;
  throw new BuildError(message, entryOrigin(values, key));
}
