import { DAYS, type Day } from "../config/windows.ts";
import type { Finding } from "../kube/client.ts";
import type { Movement } from "./movement.ts";

/** A weekly window during which a stack may move forward. */
export interface UpdateWindow {
  readonly days: readonly Day[];
  /** When the window opens, as `HH:MM` in the time zone. */
  readonly from: string;
  /** When the window closes, as `HH:MM` in the time zone. A time before `from` is on the following day. */
  readonly to: string;
  /** Name of the time zone in the IANA time zone database. */
  readonly zone: string;
}

const MINUTE_MS = 60_000;
/** How many days ahead to search for the next opening; more than a week, so that a weekly window is found. */
const SEARCHED_DAYS = 8;

/** A day and time in a time zone. */
interface WallClock {
  readonly day: Day;
  /** `HH:MM`. */
  readonly time: string;
}

/**
 * Refuses a move forward outside all windows.
 * @param now milliseconds since the epoch
 */
export function outsideWindows(
  windows: readonly UpdateWindow[],
  { stack, movement }: { readonly stack: string; readonly movement: Movement },
  now: number,
): Finding[] {
  const [first] = windows;
  if (first === undefined || movement !== "forward" || isOpen(windows, now)) return [];
  const { day, time } = wallClock(first.zone)(now);
  return [
    {
      severity: "error",
      message: `Stack ${stack} may move forward only in the windows set in edgefirst:gate.windows: ${windows.map(describeWindow).join("; ")}. It is ${day} ${time} in ${first.zone}.`,
      hint: `Run pulumi up --stack ${stack} again after ${nextOpening(windows, now)}. In an emergency, set edgefirst:override with a reason.`,
    },
  ];
}

/** Whether any window is open at the given time, according to the local time in the window's zone. */
export function isOpen(windows: readonly UpdateWindow[], now: number): boolean {
  return windows.some((window) => isWithin(window, wallClock(window.zone)(now)));
}

function isWithin({ days, from, to }: UpdateWindow, { day, time }: WallClock): boolean {
  if (from < to) return days.includes(day) && time >= from && time < to;
  return (days.includes(day) && time >= from) || (days.includes(dayBefore(day)) && time < to);
}

function dayBefore(day: Day): Day {
  return DAYS[(DAYS.indexOf(day) + DAYS.length - 1) % DAYS.length] ?? day;
}

/** The next minute at which a window opens, in UTC. Testing every minute gives the right answer even if daylight saving time begins or ends. */
function nextOpening(windows: readonly UpdateWindow[], now: number): string {
  const clocks = windows.map((window) => ({ window, at: wallClock(window.zone) }));
  const first = Math.ceil(now / MINUTE_MS) * MINUTE_MS;
  for (let minute = first; minute < now + SEARCHED_DAYS * 24 * 60 * MINUTE_MS; minute += MINUTE_MS)
    if (clocks.some(({ window, at }) => isWithin(window, at(minute))))
      return new Date(minute).toISOString().replace(":00.000Z", "Z");
  return "the next opening";
}

function describeWindow({ days, from, to, zone }: UpdateWindow): string {
  const names = days.length === DAYS.length ? "daily" : days.join(", ");
  return `${names} ${from}-${to} ${zone}`;
}

/** The local day and time in a time zone. */
function wallClock(zone: string): (now: number) => WallClock {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    weekday: "short",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  return (now) => {
    const parts = new Map(format.formatToParts(now).map(({ type, value }) => [type, value]));
    const day = DAYS.find((name) => name === parts.get("weekday")?.toLowerCase()) ?? "mon";
    return { day, time: `${parts.get("hour") ?? ""}:${parts.get("minute") ?? ""}` };
  };
}
