import { createHash } from "node:crypto";
import type { KubeObject } from "../kube/objects.ts";

/** SHA-256 of the declared objects, regardless of their order. The values of Secrets are omitted, since the digest would make them easier to guess. */
export function digestOf(declared: readonly KubeObject[]): string {
  const lines = declared
    .map((object) =>
      object.kind === "Secret" ? { ...object, data: undefined, stringData: undefined } : object,
    )
    .map((object) => JSON.stringify(sorted(object)));
  return createHash("sha256").update(lines.sort().join("\n")).digest("hex");
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, entry]) => [key, sorted(entry)]),
  );
}
