import { entryOrigin, setField, type Mapping, type Value } from "./values.ts";

/** Turns blank entries of flow mappings (`{ a: }`) into empty strings, because go-yaml writes such entries as quoted empty strings. */
export function settleBlanks(value: Mapping | Value[]): void {
  for (const [key, entry] of Object.entries(value)) {
    if (typeof entry !== "object") continue;
    if (entry !== null) settleBlanks(entry);
    else {
      const origin = entryOrigin(value, key);
      if (origin.blank === "flow") setField(value as Mapping, key, "", origin);
    }
  }
}
