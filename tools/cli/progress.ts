import { progressTo } from "../toolchain/progress.ts";

/** Writes progress to stderr; stdout holds only the result. */
export const progress = progressTo(process.stderr);
