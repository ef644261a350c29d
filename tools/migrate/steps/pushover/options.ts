import { z } from "zod";

/** Options for the `pushover` step. */
export const pushoverOptions = z.strictObject({
  /** A Secret in Alertmanager's namespace that already contains the keys, for a repository without External Secrets. */
  secret: z
    .strictObject({
      name: z.string().min(1),
      token: z.string().min(1).default("token"),
      userKey: z.string().min(1).default("userKey"),
    })
    .optional(),
  /** The item in the secret store, and its fields. */
  item: z
    .strictObject({
      key: z.string().min(1).default("pushover"),
      token: z.string().min(1).default("PUSHOVER_TOKEN"),
      userKey: z.string().min(1).default("PUSHOVER_USER_KEY"),
    })
    .prefault({}),
});

/** Options for the `pushover` step, with defaults. */
export type PushoverOptions = z.output<typeof pushoverOptions>;
