import { structuredPatch } from "diff";
import { stringify } from "yaml";
import type { BuiltObject } from "../gitops/flux/built.ts";
import type { Value } from "../gitops/yaml/values.ts";
import type { Masker } from "./mask.ts";

/** More edited lines than this are not compared line by line, because that takes too long to wait for and to read. */
const MAX_EDITS = 5_000;

/** Unchanged lines around a difference. */
const CONTEXT = 3;

/** The lines of a unified diff between the two sides of an object, as YAML with sorted keys and masked secrets; without file headers. */
export function objectDiff(
  before: BuiltObject | undefined,
  after: BuiltObject | undefined,
  masker: Masker,
): readonly string[] {
  const [old, next] = masker.pair(before, after).map(yamlOf) as [string, string];
  const patch = structuredPatch("", "", old, next, undefined, undefined, {
    context: CONTEXT,
    maxEditLength: MAX_EDITS,
  });
  if (patch === undefined)
    return [`@@ ${lines(old)} lines before, ${lines(next)} lines after: too many changes to show @@`];
  return patch.hunks.flatMap(({ oldStart, oldLines, newStart, newLines, lines }) => [
    `@@ -${oldStart},${oldLines} +${newStart},${newLines} @@`,
    ...lines,
  ]);
}

function yamlOf(value: Value | undefined): string {
  if (value === undefined) return "";
  return stringify(value, { sortMapEntries: true, lineWidth: 0, aliasDuplicateObjects: false });
}

const lines = (text: string): number => text.split("\n").length - 1;
