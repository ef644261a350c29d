import { maxSatisfying, parse, satisfies, valid, validRange } from "semver";

/**
 * The version that Helm would choose from a list: an exact match, else the highest in the range. Helm's ranges follow Masterminds/semver, whose
 * comma is a space in those of npm's `semver`.
 */
export function chooseVersion(versions: readonly string[], wanted: string): string | undefined {
  const exact =
    versions.find((version) => version === wanted) ?? versions.find((version) => isSame(version, wanted));
  if (exact !== undefined) return exact;
  const range = wanted.replaceAll(/\s*,\s*/g, " ");
  if (validRange(range) === null) return undefined;
  // As in Helm: `-0` in a range admits prereleases.
  const includePrerelease = /-\d/.test(range);
  const known = new Map(versions.flatMap((version) => pair(version)));
  const best = maxSatisfying([...known.keys()], range, { includePrerelease });
  return best === null ? undefined : known.get(best);
}

function pair(version: string): readonly (readonly [string, string])[] {
  const parsed = parse(version, { loose: true });
  return parsed === null ? [] : [[parsed.version, version]];
}

function isSame(version: string, wanted: string): boolean {
  return (
    valid(wanted) !== null && satisfies(version, `=${wanted.replace(/^v/, "")}`) && !wanted.includes("+")
  );
}
