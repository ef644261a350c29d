import { z } from "zod";

/** The days of the week, as named in the configuration. */
export const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export type Day = (typeof DAYS)[number];

const time = z
  .string()
  .regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/, "a time in quotes, such as '09:00'")
  .meta({ title: "time such as `'09:00'`" });

const window = z
  .strictObject({
    days: z
      .array(z.enum(DAYS))
      .min(1, "at least one day")
      .default([...DAYS])
      .describe("Days on which the window opens."),
    from: time.default("00:00").describe("When it opens."),
    to: time
      .default("24:00")
      .describe(
        "When the window closes. A time before `from` is on the following day, so that a window can include midnight.",
      ),
    zone: z
      .string()
      .refine(isTimeZone, "the name of a time zone, such as Europe/Berlin")
      .meta({ title: "time zone" })
      .describe("Time zone of both times, such as `Europe/Berlin`; observes daylight saving time."),
  })
  .refine(({ from, to }) => from !== to, "a window whose `to` differs from its `from`");

export const windows = z
  .array(window)
  .default([])
  .describe(
    "When a move forward may begin; without windows, at any time. Moves back, and updates to the release that the stack already runs, may begin at any time.",
  );

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}
