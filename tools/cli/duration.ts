const UNITS = [
  ["d", 86_400],
  ["h", 3_600],
  ["m", 60],
] as const;

/** Seconds in their largest whole unit, as in `5m`. */
export function span(seconds: number): string {
  const [unit, size] = UNITS.find(([, least]) => seconds >= least) ?? ["s", 1];
  return `${Math.floor(seconds / size)}${unit}`;
}

/** How long an instant is past, as in `3h ago`. */
export function ago(instant: Date, now: Date): string {
  return `${span(Math.max(0, (now.getTime() - instant.getTime()) / 1_000))} ago`;
}
