import type { OwnedComment } from "../../../gitops/edit/comment-owners.ts";
import type { YamlEdit } from "../../../gitops/edit/yaml-edit.ts";
import type { WrittenObject } from "../../objects.ts";
import { isMarker, markersOf, whyNotMovable, withMarker } from "./image-policy.ts";
import { isPin } from "./renovate-comments.ts";

/** Comments on the chart's version that move to the tag with it. */
export interface VersionComments {
  readonly markers: readonly string[];
  /** Lines above it that tell Renovate how to update it. */
  readonly pin: readonly string[];
}

/** The comments in a release's chart: those that move, and all others. */
export interface ChartComments extends VersionComments {
  readonly lost: readonly OwnedComment[];
}

/**
 * Reads the comments in a release's chart; a reason if one that updates the version would not do so any more.
 * @param isShared whether one OCIRepository is for several releases, which have no comment in common
 */
export function chartComments(
  release: WrittenObject,
  edit: YamlEdit,
  isShared: boolean,
): ChartComments | string {
  const document = edit.documentAt(release.origin.offset);
  const owned = edit.ownedCommentsOf(document, ["spec", "chart"], true);
  const reason = whyNotMovable(owned) ?? whyElsewhere(release, edit, document);
  if (reason !== undefined) return reason;
  const pin = isShared ? undefined : owned.find(isPin);
  const lost = owned
    .filter((block) => block !== pin)
    .map((block) => ({ ...block, lines: block.lines.filter((line) => !isMarker(line.trim())) }))
    .filter(({ lines }) => lines.length > 0);
  return { markers: markersOf(owned), pin: pin?.lines ?? [], lost };
}

/** Why a chart stays that aliases or merge keys take from other lines, with a comment that updates the version there. */
function whyElsewhere({ text, file }: WrittenObject, edit: YamlEdit, document: number): string | undefined {
  const chart = text.slice(...(edit.rangeOf(document, ["spec", "chart"]) ?? [0, 0]));
  for (const [, anchor = ""] of chart.matchAll(/:\s+\*([^\s,\]}]+)/g)) {
    const { lines, first } = anchored(anchor, text);
    const index = lines.findIndex((line) => /#.*(?:"\$imagepolicy"|renovate:)/.test(line));
    if (index >= 0)
      return `spec.chart takes values from &${anchor}, where a comment updates only what is written there (${file}:${first + index}): write them out in spec.chart`;
  }
  return undefined;
}

/** The lines of what an anchor marks, with the one above them, and the number of the first. */
function anchored(
  anchor: string,
  text: string,
): { readonly lines: readonly string[]; readonly first: number } {
  const all = text.split("\n");
  const at = all.findIndex((line) => new RegExp(`&${RegExp.escape(anchor)}(?:\\s|$)`).test(line));
  const indentation = (line: string): number => /^ */.exec(line)?.[0].length ?? 0;
  const rest = all.slice(at + 1);
  const size = rest.findIndex(
    (line) => line.trim() !== "" && indentation(line) <= indentation(all[at] ?? ""),
  );
  const end = size < 0 ? all.length : at + 1 + size;
  return { lines: at < 0 ? [] : all.slice(Math.max(0, at - 1), end), first: Math.max(1, at) };
}

/** The YAML of an OCIRepository with the comments above and next to its tag. */
export const withComments = (yaml: string, { markers: [marker], pin }: VersionComments): string =>
  withMarker(yaml, marker).replace(/^( *)(tag: .*)$/m, (_, indent: string, tag: string) =>
    [...pin, tag].map((line) => `${indent}${line.trim()}`).join("\n"),
  );

/** Why comments on a chart's version cannot move to an OCIRepository that exists already; undefined if there are none. */
export function whyNotMovedTo(
  present: string,
  { markers: [marker], pin }: VersionComments,
): string | undefined {
  if (marker !== undefined)
    return `image automation updates its chart version (${marker}), and OCIRepository ${present} already exists: move the marker to its tag by hand`;
  const [comment] = pin.slice(-1);
  return comment === undefined
    ? undefined
    : `a comment says to Renovate how to update its chart version (${comment.trim()}), and OCIRepository ${present} already exists: move the comment to its tag by hand`;
}
