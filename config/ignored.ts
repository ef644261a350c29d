import { z } from "zod";

const reason = z.string({ error: "a reason for ignoring the object" }).trim();

/** Objects whose health does not count, by their name in messages. An entry has the fields of a policy exemption, but `until` is required. */
export const ignore = z
  .record(
    z.string().min(1),
    z.strictObject({
      reason: reason.min(8, "a reason for ignoring the object").describe("Why its health does not count."),
      owner: z.string().trim().min(1, "the person or team that will fix it").describe("Who will fix it."),
      until: z.iso
        .date({ error: "a date in quotes, such as '2026-12-31'" })
        .describe("Last day (UTC) on which it is ignored, such as `'2026-12-31'`."),
    }),
  )
  .default({})
  .describe(
    "Objects to ignore, by their name in messages, such as `HelmRelease media/app`: `{ reason, owner, until }`. The evidence and every downstream gate list them. Once the entry has expired, the object has to be healthy.",
  );
