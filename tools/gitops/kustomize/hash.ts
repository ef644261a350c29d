import { createHash } from "node:crypto";
import { isMapping, type Mapping, type Value } from "../yaml/values.ts";
import { scalarText } from "./resource.ts";
import type { Resources } from "./resources.ts";

/** The suffix that Kustomize appends to the name of a generated ConfigMap or Secret. Source: api/hasher/hasher.go. */
export function contentHash(object: Mapping): string {
  // Kustomize looks up the name at a path that never exists, so the name is not part of the hash.
  const hashed: Mapping = { data: object.data ?? "", kind: object.kind ?? "", name: "" };
  if (object.kind === "Secret") {
    hashed.type = scalarText(object.type);
    if (isMapping(object.stringData)) hashed.stringData = object.stringData;
  } else if (isMapping(object.binaryData)) {
    hashed.binaryData = object.binaryData;
  }
  const hex = createHash("sha256").update(goJson(hashed)).digest("hex");
  return hex.slice(0, 10).replace(/[013ae]/g, (digit) => LETTERS[digit] ?? digit);
}

/** Appends its hash to the name of each generated object that asks for it. */
export function appendHashes(resources: Resources): void {
  for (const resource of resources.all.filter(({ hashed }) => hashed)) {
    resource.rememberId();
    resource.setMetadata("name", `${resource.name}-${contentHash(resource.object)}`, resource.origin);
    resources.renamed(resource);
  }
}

/** Replaces digits and vowels that could spell words. */
const LETTERS: Readonly<Record<string, string>> = { "0": "g", "1": "h", "3": "k", a: "m", e: "t" };

/** JSON in Go's format, with sorted keys and escaped HTML characters. */
export function goJson(value: Value, indent = 0): string {
  const sortKeys = (_key: string, inner: unknown): unknown =>
    isMapping(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner;
  const sorted = JSON.stringify(value, sortKeys, indent);
  return sorted.replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
