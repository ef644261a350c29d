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

/** Length of `$window` for queries without their own. */
export function defaultWindow(soak: string): string {
  return parseDuration(soak) === 0 ? WINDOW_WITHOUT_SOAK : soak;
}

/**
 * Refuses queries that count samples from before the update: the release would be judged by what ran before it.
 * @param soak as Flux writes it
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
        `edgefirst:checks.queries.${name} looks back ${tooLong}, longer than the soak of ${soak}: it would count samples from before the update.`,
        "Use $window in the query, or set a longer edgefirst:verification.soak. Nothing was changed.",
      );
  }
}

/** The ranges that a query names, such as the `5m` of `[5m]` or `[5m:1m]`, outside of strings. */
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
