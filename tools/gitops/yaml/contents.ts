import { createHash } from "node:crypto";
import type { Origin } from "./source.ts";
import { entryOrigin, originOf, type Mapping, type Value } from "./values.ts";

/** What a value consists of. */
export interface Contents {
  /** Equal for two values with the same data that were written at the same positions in {@link files}. */
  readonly digest: string;
  /** The files in which it is written. */
  readonly files: ReadonlySet<string>;
}

/** The data in a mapping, and where each entry was written. */
export function contentsOf(value: Mapping): Contents {
  const files = new Set<string>();
  const places: (string | number | undefined)[] = [];
  const note = ({ source, offset, valueOffset }: Origin): void => {
    files.add(source.file);
    places.push(source.file, offset, valueOffset);
  };
  const visit = (container: Mapping | Value[]): void => {
    note(originOf(container));
    for (const [key, entry] of Object.entries(container)) {
      note(entryOrigin(container, key));
      if (typeof entry === "object" && entry !== null) visit(entry);
    }
  };
  visit(value);
  const text = JSON.stringify([value, places]);
  return { digest: createHash("sha256").update(text).digest("base64url"), files };
}
