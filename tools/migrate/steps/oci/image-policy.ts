import type { OwnedComment } from "../../../gitops/edit/comment-owners.ts";

/** A comment by which Flux's image automation finds the value to update. Source: https://fluxcd.io/flux/guides/image-update/ */
const MARKER = /^#\s*\{\s*"\$imagepolicy"\s*:\s*"[^"]*"\s*\}\s*$/;

/** Whether a comment is an image automation marker. Without its marker, a value is no longer updated, and no error is reported. */
export const isMarker = (comment: string): boolean => MARKER.test(comment);

/** The YAML of an OCIRepository with a marker next to its tag. */
export function withMarker(yaml: string, marker: string | undefined): string {
  return marker === undefined ? yaml : yaml.replace(/^( *tag: .*)$/m, (line) => `${line} ${marker}`);
}

/** Why markers cannot move to the tag of an OCIRepository; undefined if they can. */
export function whyNotMovable(owned: readonly OwnedComment[]): string | undefined {
  const marked = owned.filter(({ lines }) => lines.some((line) => isMarker(line.trim())));
  const markers = markersOf(owned);
  if (markers.length === 0) return undefined;
  if (markers.length > 1 || markers[0]?.includes(':tag"') !== true)
    return `image automation updates more than its chart version (${markers.join(", ")}), but an OCIRepository has only a tag to update`;
  return marked.every(isActive)
    ? undefined
    : `image automation does not update its chart version by ${markers.join()}, which is not on the line of that version: move it there, or remove it`;
}

/** The markers among comments. */
export const markersOf = (owned: readonly OwnedComment[]): readonly string[] =>
  owned.flatMap(({ lines }) => lines.map((line) => line.trim()).filter(isMarker));

/**
 * Whether a comment is on the line of a chart's version. Image automation reads the comments of values; one above a key belongs to the key.
 * Source: kyaml/fieldmeta/fieldmeta.go in kubernetes-sigs/kustomize
 */
const isActive = ({ owner, place }: OwnedComment): boolean =>
  place === "at" && owner.join(".") === "spec.chart.spec.version";
