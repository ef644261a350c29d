import type { Type } from "../../kustomize/typed.ts";

/** Fields of one type, for {@link Type}'s `fields`. */
type Fields = Record<string, Type>;

export const strings = (...names: readonly string[]): Fields => named("string", names);
export const booleans = (...names: readonly string[]): Fields => named("boolean", names);
export const integers = (...names: readonly string[]): Fields => named("integer", names);

function named(type: Type, names: readonly string[]): Fields {
  return Object.fromEntries(names.map((name) => [name, type]));
}

export const TEXTS: Type = { list: "string" };
export const TEXT_MAP: Type = { map: "string" };

/** `metadata`, of objects and of templates. */
export const METADATA: Type = {
  fields: { ...strings("name", "namespace"), labels: TEXT_MAP, annotations: TEXT_MAP },
};
