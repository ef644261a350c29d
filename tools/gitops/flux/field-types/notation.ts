/** The type that the API server requires of a field. */
export type FieldType =
  | "string"
  | "boolean"
  | "integer"
  /** A port's number. */
  | "port"
  /** A port's number or name. */
  | "portOrName"
  /** The same of a Service, where 0 and empty text mean the Service's port. */
  | "targetPort"
  /** Text in a certain form. */
  | { readonly pattern: RegExp; readonly needed: string }
  | { readonly list: FieldType }
  | MappingType;

/** The type of a mapping. */
export type MappingType = { readonly map: FieldType } | { readonly fields: Fields };

export type Fields = Readonly<Record<string, FieldType>>;

/** The type of a field in a mapping of a type; undefined for a field that the type does not list. */
export function typeOfField(type: MappingType, field: string): FieldType | undefined {
  if ("map" in type) return type.map;
  return Object.hasOwn(type.fields, field) ? type.fields[field] : undefined;
}

export const strings = (...names: readonly string[]): Fields => named("string", names);
export const booleans = (...names: readonly string[]): Fields => named("boolean", names);
export const integers = (...names: readonly string[]): Fields => named("integer", names);
export const durations = (...names: readonly string[]): Fields => named(DURATION, names);

function named(type: FieldType, names: readonly string[]): Fields {
  return Object.fromEntries(names.map((name) => [name, type]));
}

const DURATION: FieldType = {
  pattern: /^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$/,
  needed: "a duration in hours, minutes or seconds, such as 1h30m",
};

export const oneOf = (...values: readonly string[]): FieldType => ({
  pattern: new RegExp(`^(?:${values.join("|")})$`),
  needed: `one of ${values.join(", ")}`,
});

/** A URL that starts with one of the schemes. */
export function startingWith(...schemes: readonly string[]): FieldType {
  const names = schemes.map((scheme) => scheme.replace("://", ""));
  const alternatives = names.length === 1 ? names.join("") : `(${names.join("|")})`;
  return {
    pattern: new RegExp(`^${alternatives}://.*$`),
    needed: `a URL that starts with ${schemes.join(" or ")}`,
  };
}

export const TEXTS: FieldType = { list: "string" };
export const TEXT_MAP: FieldType = { map: "string" };

/** `metadata`, of objects and of templates. */
export const METADATA = {
  fields: { ...strings("name", "namespace"), labels: TEXT_MAP, annotations: TEXT_MAP },
} as const satisfies FieldType;
