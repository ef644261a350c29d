import { writtenAndRead } from "../yaml/scalar-value.ts";
import { resolvePlain } from "../yaml/schema.ts";
import { styleOf, type Origin } from "../yaml/source.ts";
import { entryOrigin, setField, type Mapping, type PathStep, type Value } from "../yaml/values.ts";

/**
 * Sets a field to a text without a type, as most of Kustomize's transformers do: it keeps the style of the scalar that it replaces, and without quotes, the text
 * decides its type. Source: FieldSetter in kyaml/yaml/fns.go.
 */
export function setUntyped(
  container: Mapping | Value[],
  key: PathStep,
  text: string,
  { source, offset }: Origin,
): void {
  const before = entryOrigin(container, key);
  const style = styleOf((container as Mapping)[key], before);
  const tagged = before.isTagged === true ? { isTagged: true as const } : {};
  const origin = { source, offset, style, text, isUntyped: true as const, ...tagged };
  setField(container as Mapping, String(key), readIn(style, text), origin);
}

function readIn(style: ReturnType<typeof styleOf>, text: string): Value {
  if (style === "plain") return resolvePlain(text);
  return style === "folded" ? writtenAndRead(text) : text;
}
