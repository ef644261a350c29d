import { withMarker } from "./image-policy.ts";

/** Comments on the chart's version that move to the tag with it. */
export interface VersionComments {
  readonly markers: readonly string[];
  /** Lines above it that tell Renovate how to update it. */
  readonly pin: readonly string[];
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
