import { z } from "zod";

/** What can be reported about an update. */
export const UPDATE_EVENTS = ["verified", "failed", "refused", "inconclusive"] as const;
export type UpdateEvent = (typeof UPDATE_EVENTS)[number];

export const notify = z
  .strictObject({
    webhook: z
      .boolean()
      .default(false)
      .describe("Send each event as JSON in a POST request to the URL in the secret `notifyWebhook`."),
    pushover: z
      .boolean()
      .default(false)
      .describe("Send each event to Pushover; needs the secrets `pushoverToken` and `pushoverUserKey`."),
    on: z
      .array(z.enum(UPDATE_EVENTS))
      .min(1)
      .default([...UPDATE_EVENTS])
      .describe(
        "Events to send: `verified`, `failed` and `inconclusive` for the result of a verification, and `refused` for a refusal by the gate.",
      ),
  })
  .prefault({});
