/** The include that receives the tasks `verify` and `sync`. */
export const FLUX = "flux";

/** The keys of the tasks that the step adds to it. */
export const FLUX_KEYS = ["verify", "sync"] as const;

/** Whether a task of that include has such a key: it is never pruned, or the next run would add it again. */
export const isFluxTask = (key: string): boolean => FLUX_KEYS.some((one) => one === key);
