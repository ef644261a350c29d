import { z } from "zod";
import { instant, loose, word } from "./loose-schema.ts";

/** An update whose verification had a result: what ran when, why the gate allowed it, and who started it. */
export const move = loose({
  release: z.string(),
  /** The release that ran before the update; absent for the first update. */
  from: z.string().optional(),
  movement: word<"forward" | "same" | "back">(),
  outcome: word<"verified" | "failed">(),
  /** According to the clock of the machine that ran the update. */
  began: instant,
  ended: instant,
  /** Why the gate allowed the update, as phrases. */
  allowed: z.array(z.string()),
  startedBy: loose({ who: z.string(), run: z.string().optional() }),
  /** The outcome of each notification. */
  notified: z.array(
    loose({ channel: z.string(), outcome: word<"sent" | "failed">(), message: z.string().optional() }),
  ),
});

/** An update in the history of a stack. */
export type Move = z.infer<typeof move>;
