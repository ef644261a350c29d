import type { UpdateWindow } from "../../../staging/windows.ts";
import { TOLERANCE_MS } from "./ledger.ts";

const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;
const DAY_MINUTES = 1_440;
const WEEK_MINUTES = 7 * DAY_MINUTES;
const SAMPLE_MS = 30_000;

/** Whether every window was closed during the whole time. Minutes of the week instead of the program's days and times of day. */
export function wasClosed(windows: readonly UpdateWindow[], from: number, to: number): boolean {
  if (windows.length === 0) return false;
  for (let at = from - TOLERANCE_MS; at < to + TOLERANCE_MS; at += SAMPLE_MS)
    if (isOpen(windows, at)) return false;
  return !isOpen(windows, to + TOLERANCE_MS);
}

function isOpen(windows: readonly UpdateWindow[], at: number): boolean {
  return windows.some(({ days, from, to, zone }) => {
    const minute = minuteOfWeek(at, zone);
    const length = (minutesOf(to) - minutesOf(from) + DAY_MINUTES) % DAY_MINUTES || DAY_MINUTES;
    return days.some((day) => {
      const begin = DAYS.indexOf(day) * DAY_MINUTES + minutesOf(from);
      return (minute - begin + WEEK_MINUTES) % WEEK_MINUTES < length;
    });
  });
}

function minuteOfWeek(at: number, zone: string): number {
  // In Sweden, dates are written as in ISO 8601.
  const local = new Date(`${new Date(at).toLocaleString("sv-SE", { timeZone: zone }).replace(" ", "T")}Z`);
  return local.getUTCDay() * DAY_MINUTES + local.getUTCHours() * 60 + local.getUTCMinutes();
}

function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  return hours * 60 + minutes;
}
