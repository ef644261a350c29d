const MS_PER_UNIT: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** Parses a duration in Flux's format, such as `1h30m` or `90s`, to milliseconds. Unknown units count as 0. */
export function parseDuration(value: string): number {
  return [...value.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)].reduce(
    (sum, [, amount, unit]) => sum + Number(amount) * (MS_PER_UNIT[unit ?? ""] ?? 0),
    0,
  );
}

const COLUMN_UNITS = [
  ["d", 86_400],
  ["h", 3_600],
  ["m", 60],
] as const;

/** Seconds expressed in the largest whole unit, such as `5m`, for table columns. */
export function shortDuration(seconds: number): string {
  const [unit, size] = COLUMN_UNITS.find(([, least]) => seconds >= least) ?? ["s", 1];
  return `${Math.floor(seconds / size)}${unit}`;
}

/** How long ago an instant was, such as `3h ago`. */
export function ago(instant: Date, now: Date): string {
  return `${shortDuration(Math.max(0, (now.getTime() - instant.getTime()) / 1_000))} ago`;
}

/** Whole seconds as part of a sentence: `45 s`, `3 min 20 s`. */
export function duration(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  const rest = seconds % 60;
  return [
    ...(minutes > 0 ? [`${minutes} min`] : []),
    ...(rest > 0 || minutes === 0 ? [`${rest} s`] : []),
  ].join(" ");
}
