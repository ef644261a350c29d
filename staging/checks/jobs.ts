import type { JobCheck } from "../../config/own-checks.ts";
import type { Check } from "./check.ts";
import { JobRun, type JobRunArgs } from "./job-run.ts";

/**
 * Checks that each configured Job succeeds, both before the soak begins and when it ends. The Jobs run only while every other check holds. Only the stack's own
 * verification may use this check, because it creates objects.
 */
export function jobsCheck(args: JobRunArgs, jobs: Readonly<Record<string, JobCheck>>): Check {
  const runs = Object.entries(jobs).map(([name, settings]) => new JobRun(args, name, settings));
  return {
    id: "jobs",
    steady: true,
    whenOthersHold: { verdicts: runs.map(({ waiting }) => waiting) },
    run: async () => {
      if (runs.every(({ isDone }) => isDone)) for (const run of runs) run.reset();
      return { verdicts: await Promise.all(runs.map((run) => run.look())) };
    },
    end: async () => {
      await Promise.all(runs.map((run) => run.remove()));
    },
  };
}
