type Fields = Readonly<Record<string, unknown>>;

/** Whether a value is a map: an object, and no list. */
export function isMap(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A map over another: where both have a map, these are merged in turn; any other value replaces the one below it. */
export function mergedMaps(base: Fields, over: Fields): Fields {
  const result: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const below = result[key];
    result[key] = isMap(below) && isMap(value) ? mergedMaps(below, value) : value;
  }
  return result;
}
