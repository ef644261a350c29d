import type { LintedFinding } from "./linted-finding.ts";

/**
 * The findings, with those that have one cause as one: those about the same lines, which several objects are built from, and those about the same missing thing,
 * which several objects need, and those about one object that two files hold. The first of them has the others in `same`.
 */
export function onePerCause(findings: readonly LintedFinding[]): readonly LintedFinding[] {
  const counts = new Map<string, number>();
  const written = new Map<string, string | LintedFinding>();
  const groups = Map.groupBy(findings, (finding) => {
    const group = groupOf(finding, counts);
    if (finding.object === "") return group;
    const identity = identityOf(finding);
    const first = written.get(identity);
    if (first === undefined) written.set(identity, group);
    return first ?? group;
  });

  return [...groups.values()].flatMap(([first, ...same]) => {
    if (first === undefined) return [];
    const all = [first, ...same];
    return [
      {
        ...first,
        clusters: [...new Set(all.flatMap(({ clusters }) => clusters))],
        breaches: all.flatMap(({ breaches }) => breaches),
        ...(same.length > 0 && { same }),
      },
    ];
  });
}

/** What a finding has in common with others of the same cause; the finding itself if it has none. */
function groupOf(finding: LintedFinding, counts: Map<string, number>): string | LintedFinding {
  const cause = causeOf(finding);
  if (cause !== undefined) return cause;
  // What a chart renders is placed at its release, so the lines say nothing; an obstacle is about one file.
  if (finding.rendered !== undefined || finding.object === "") return finding;
  const place = placeOf(finding);
  const key = `${place}\0${finding.object}`;
  const index = counts.get(key) ?? 0;
  counts.set(key, index + 1);
  return `${place}\0${index}`;
}

/** A finding without its place: two files may hold one object, such as a manifest and what a tool generated from it. */
function identityOf({ rule, level, object, path, message, clusters }: LintedFinding): string {
  return [rule, level, object, path, message, ...clusters].join("\0");
}

/** What is missing, and where; undefined if the finding is not about that. */
function causeOf({ rule, level, clusters, breaches }: LintedFinding): string | undefined {
  const cause = breaches[0]?.problem.cause;
  return cause === undefined ? undefined : [rule, level, cause, ...clusters].join("\0");
}

/**
 * The lines of a finding. Its message may differ between objects that are built from them, because it contains their names; the number of earlier findings about
 * the same object at these lines says which of them it is.
 */
function placeOf({ rule, level, path, position: { file, line, column } }: LintedFinding): string {
  return [rule, level, path, file, line, column].join("\0");
}
