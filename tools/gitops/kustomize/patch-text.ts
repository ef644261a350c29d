import { parseYaml } from "../yaml/parse.ts";
import type { SourceText } from "../yaml/source.ts";
import { isMapping, originOf, type Mapping, type Value } from "../yaml/values.ts";
import { BuildError } from "../problem.ts";
import { isNothing, requireFiniteNumbers, requireTextKeys } from "./documents.ts";
import { expandLists } from "./document-objects.ts";
import { scalarText } from "./resource.ts";

/** The patches in a text: objects to merge, or the operations of a JSON patch. */
export type PatchText =
  | { readonly kind: "merge"; readonly objects: readonly Mapping[] }
  | { readonly kind: "json"; readonly operations: Value[] };

/**
 * Parses YAML as strategic merge patches or, if it contains a list, as a JSON patch. YAML without documents patches nothing. Kustomize takes a patch with a key
 * that occurs twice: the first entry counts in a merge patch, the last one in a JSON patch.
 * @throws BuildError for anything else
 */
export function patchesIn(source: SourceText): PatchText {
  if (isJsonList(source.text)) return { kind: "json", operations: readJsonPatch(source) };
  const { documents, errors } = parseYaml(source, { acceptsRepeatedKeys: true });
  const [error] = errors;
  if (error) throw new BuildError(error.message, error.origin, "syntax");
  const [first = { value: null }] = documents;
  if (Array.isArray(first.value) && !isNothing(first.value))
    return { kind: "json", operations: readJsonPatch(source) };
  const objects = documents.flatMap((document) => {
    requireTextKeys(document);
    if (isNothing(document.value)) return [];
    if (!isMapping(document.value))
      throw new BuildError("a patch must be a mapping or a list of operations", document.origin);
    return expandLists(document.value);
  });
  for (const object of objects) requireIdentity(object);
  return { kind: "merge", objects };
}

/** A patch with a target may omit apiVersion: the object's apiVersion is used. */
function requireIdentity(patch: Mapping): void {
  const { kind, metadata } = patch;
  const name = isMapping(metadata) ? metadata.name : undefined;
  for (const [field, value] of Object.entries({ kind, "metadata.name": name }))
    if (scalarText(value) === "") throw new BuildError(`a patch needs ${field}`, originOf(patch));
}

/**
 * Reads the operations of a JSON patch. A text whose first character is a bracket must be JSON. Any other text is YAML, read the way sigs.k8s.io/yaml does; only
 * the first document counts. Source: jsonPatchFromBytes in kustomize's api/internal/builtins/PatchTransformer.go.
 */
export function readJsonPatch(source: SourceText): Value[] {
  const isBracketed = startsWithBracket(source.text);
  if (isBracketed && !isJsonList(source.text))
    throw new BuildError("a JSON patch that starts with [ must be JSON, not YAML", { source, offset: 0 });
  const { documents, errors } = parseYaml(source, { dialect: isBracketed ? "json" : "v2" });
  const [error] = errors;
  if (error) throw new BuildError(error.message, error.origin, "syntax");
  const [document] = documents;
  if (document === undefined) return [];
  if (!Array.isArray(document.value))
    throw new BuildError("a JSON patch must be a list of operations", document.origin);
  requireFiniteNumbers(document.value);
  return document.value;
}

const startsWithBracket = (text: string): boolean => text.startsWith("[");

function isJsonList(text: string): boolean {
  if (!startsWithBracket(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
