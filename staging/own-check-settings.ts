import { parseDuration } from "../lib/duration.ts";

/** Length of `$window` in a verification without a soak. */
const WINDOW_WITHOUT_SOAK = "1m";

/** Length of `$window` for queries that do not set `window`. */
export function defaultWindow(soak: string): string {
  return parseDuration(soak) === 0 ? WINDOW_WITHOUT_SOAK : soak;
}
