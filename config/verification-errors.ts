import { parseDuration } from "../lib/duration.ts";
import type { OwnChecks } from "./own-checks.ts";

/** What the errors depend on. Durations are in Flux's format. */
export interface VerificationSettings {
  readonly verification: {
    readonly soak: string;
    readonly withoutSoak?: string | undefined;
    readonly timeout: string;
    readonly interval: string;
  };
  readonly checks: Pick<OwnChecks, "queries">;
}

/** Settings that would make every verification fail or prove nothing. */
export function verificationErrors({ verification, checks }: VerificationSettings): string[] {
  const { soak, timeout, interval, withoutSoak } = verification;
  const soakMs = parseDuration(soak);
  return [
    ...(soakMs >= parseDuration(timeout)
      ? [
          `edgefirst:verification.soak: ${soak} is not shorter than the timeout of ${timeout}, so no verification could ever pass; set a longer verification.timeout or a shorter soak`,
        ]
      : []),
    ...(soakMs === 0 && withoutSoak === undefined
      ? [
          "edgefirst:verification.soak: 0s proves little, because the checks run only once; set a soak, or give the reason in edgefirst:verification.withoutSoak",
        ]
      : []),
    ...(soakMs > 0 && parseDuration(interval) > soakMs
      ? [
          `edgefirst:verification.interval: ${interval} is longer than the soak of ${soak}, so no check would run during the soak; set a shorter interval or a longer soak`,
        ]
      : []),
    ...oldSampleErrors(checks, soak),
  ];
}

/** Queries that look back further than the soak: they would read samples from before the update, and judge the release by what ran before it. */
function oldSampleErrors({ queries }: VerificationSettings["checks"], soak: string): string[] {
  const soakMs = parseDuration(soak);
  if (soakMs === 0) return [];
  return Object.entries(queries).flatMap(([name, { query, window }]) => {
    const ranges = [...(window === undefined ? [] : [window]), ...rangesIn(query)];
    const tooLong = ranges.find((range) => lengthOf(range) > soakMs);
    return tooLong === undefined
      ? []
      : [
          `edgefirst:checks.queries.${name}: looks back ${tooLong}, which is longer than the soak of ${soak}, and would read samples from before the update; use $window in the query, or set a longer edgefirst:verification.soak`,
        ];
  });
}

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
