import { z } from "zod";

/** Options for the `taskfile` step. Without them, only tasks that `flux:verify` and `flux:sync` replace are removed. */
export const taskfileOptions = z.strictObject({
  /** The only includes that stay in the root Taskfile. */
  includes: z.array(z.string()).optional(),
  /** Includes that `keep` reduces. */
  pruned: z.array(z.string()).default(["flux"]),
  /** The only tasks that stay in the root Taskfile and in the `pruned` includes, by the name that the root uses. */
  keep: z.array(z.string()).optional(),
  /** Includes and tasks to remove even if a text for people names them, by the name that the root uses. */
  remove: z.array(z.string()).default([]),
});
