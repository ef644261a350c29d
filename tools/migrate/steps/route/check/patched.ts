import type { BuiltObject } from "../../../../gitops/flux/built.ts";
import { locate, SourceFile, type Origin } from "../../../../gitops/yaml/source.ts";
import { entryOrigin, originOf, type Value } from "../../../../gitops/yaml/values.ts";

/** Why no route serves what an Ingress did: usually because of a patch, which reaches the Ingress only. */
export function whyNotServed({ object, origin }: BuiltObject): string {
  const patch = originsIn(object.spec).find(
    ({ source }) => source instanceof SourceFile && source.file !== origin.source.file,
  );
  if (patch === undefined) return "no HTTPRoute serves what it did";
  const { file, line } = locate(patch);
  return `the patch at ${file}:${line} changes what it serves, and does not reach its HTTPRoute: write the same patch for HTTPRoutes first, or the whole Ingress there instead`;
}

/** Where a value and everything in it is written. */
function* originsIn(value: Value | undefined): Generator<Origin, void, undefined> {
  if (typeof value !== "object" || value === null) return;
  yield originOf(value);
  for (const [key, one] of Object.entries(value)) {
    yield entryOrigin(value, key);
    yield* originsIn(one);
  }
}
