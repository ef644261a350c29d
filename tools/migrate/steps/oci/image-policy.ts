/** A comment by which Flux's image automation finds the value to update. Source: https://fluxcd.io/flux/guides/image-update/ */
const MARKER = /^#\s*\{\s*"\$imagepolicy"\s*:\s*"[^"]*"\s*\}\s*$/;

/** Whether a comment is an image automation marker. Without its marker, a value is no longer updated, and no error is reported. */
export const isMarker = (comment: string): boolean => MARKER.test(comment);

/** The YAML of an OCIRepository with a marker next to its tag. */
export function withMarker(yaml: string, marker: string | undefined): string {
  return marker === undefined ? yaml : yaml.replace(/^( *tag: .*)$/m, (line) => `${line} ${marker}`);
}

/** Why markers cannot move to the tag of an OCIRepository; undefined if they can. */
export function whyNotMovable(markers: readonly string[]): string | undefined {
  if (markers.length === 0) return undefined;
  return markers.length === 1 && markers[0]?.includes(':tag"') === true
    ? undefined
    : `image automation updates more than its chart version (${markers.join(", ")}), but an OCIRepository has only a tag to update`;
}
