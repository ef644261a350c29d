import type { Rule } from "./rule.ts";
import { imagePinned } from "./rules/image-pinned.ts";
import { workloadProbes } from "./rules/workload-probes.ts";

/** Every rule there is. */
export const RULES: readonly Rule[] = [workloadProbes, imagePinned];
