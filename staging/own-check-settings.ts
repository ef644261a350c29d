import type { OwnChecks } from "../config/own-checks.ts";
import { parseDuration } from "../lib/duration.ts";
import { EdgefirstError } from "../lib/errors.ts";

/** Length of `$window` in a verification without a soak. */
const WINDOW_WITHOUT_SOAK = "1m";
/** Units of PromQL. */
const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_536_000_000,
};

/** Length of `$window` for queries that do not set `window`. */
export function defaultWindow(soak: string): string {
  return parseDuration(soak) === 0 ? WINDOW_WITHOUT_SOAK : soak;
}

/**
 * Refuses queries that look back further than the soak: they would read samples from before the update, and judge the release by what ran before it.
 * @param soak a duration in Flux's format
 * @throws {EdgefirstError} with the query and what to do
 */
export function refuseOldSamples({ queries }: Pick<OwnChecks, "queries">, soak: string): void {
  const soakMs = parseDuration(soak);
  if (soakMs === 0) return;
  for (const [name, { query, window }] of Object.entries(queries)) {
    const ranges = [...(window === undefined ? [] : [window]), ...rangesIn(query)];
    const tooLong = ranges.find((range) => lengthOf(range) > soakMs);
    if (tooLong !== undefined)
      throw new EdgefirstError(
        `edgefirst:checks.queries.${name} looks back ${tooLong}, which is longer than the soak of ${soak}: the query would read samples from before the update.`,
        "Use $window in the query, or set a longer edgefirst:verification.soak. Nothing was changed.",
      );
  }
}

/** The ranges in a query, such as `5m` in `[5m]` or `[5m:1m]`. Strings in the query are ignored. */
function rangesIn(query: string): string[] {
  const withoutStrings = query.replace(/"(\\.|[^"\\])*"|'(\\.|[^'\\])*'|`[^`]*`/g, '""');
  return [...withoutStrings.matchAll(/\[\s*([0-9a-z]+)/g)].map(([, range = ""]) => range);
}

function lengthOf(range: string): number {
  return [...range.matchAll(/(\d+)(ms|[smhdwy])/g)].reduce(
    (sum, [, amount, unit]) => sum + Number(amount) * (UNIT_MS[unit ?? ""] ?? 0),
    0,
  );
}
