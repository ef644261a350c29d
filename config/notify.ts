import { z } from "zod";

/** What can be reported about an update. */
export const UPDATE_EVENTS = ["verified", "failed", "refused", "inconclusive"] as const;
export type UpdateEvent = (typeof UPDATE_EVENTS)[number];

export const notify = z
  .strictObject({
    webhook: z
      .boolean()
      .default(false)
      .describe("Post each event as JSON to the URL in the secret `notifyWebhook`."),
    pushover: z
      .boolean()
      .default(false)
      .describe("Send each event with the secrets `pushoverToken` and `pushoverUserKey`."),
    on: z
      .array(z.enum(UPDATE_EVENTS))
      .min(1)
      .default([...UPDATE_EVENTS])
      .describe(
        "Events to send: a verification that passed, failed or had no result, and a refusal by the gate.",
      ),
  })
  .prefault({});
