import { z } from "zod";

/** Options for the `taskfile` step. */
export const taskfileOptions = z.strictObject({
  /** Includes that stay in the root Taskfile. */
  includes: z.array(z.string()).default(["kubernetes", "flux", "sops"]),
  /** Includes reduced to the tasks in `keep` and the tasks that those call. */
  pruned: z.array(z.string()).default(["flux"]),
  /** Tasks that stay even if no other task calls them, by the name that the root uses. */
  keep: z
    .array(z.string())
    .default(["default", "flux:verify", "flux:sync", "flux:bootstrap", "flux:github-deploy-key"]),
});
