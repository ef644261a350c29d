import { fork, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import type { Message, Plan, Target, Work } from "./worker.ts";

/** A mutant that takes this much longer than its tests do without it hangs, even on a busy machine. */
const STUCK_MS = 20_000;
const STUCK_FACTOR = 10;
/** Loading the tests, and running each once to record what it covers. */
const START_MS = 600_000;

/** What became of a mutant. */
export interface Fate {
  /** The test that failed. */
  readonly killer: string | undefined;
  /** Whether a test runs it, other than while modules are loaded. */
  readonly covered: boolean;
}

/**
 * Runs the tests against the mutants of these modules, in a process that is replaced if a mutant makes it hang.
 * @param done is called with the results of each module
 * @throws Error if the tests do not pass without a mutant
 */
export async function supervise(
  targets: readonly Target[],
  done: (target: Target, fates: readonly Fate[]) => void,
): Promise<void> {
  const killers = targets.map(({ mutants }) => mutants.map((): string | undefined => undefined));
  let plan: Plan | undefined;
  let from: Work["from"] = { target: 0, mutant: 0 };
  let reported = 0;
  const report = (until: number): void => {
    for (; reported < until; reported++) {
      const target = targets[reported];
      if (target === undefined) return;
      const fates = target.mutants.map((_, index) => ({
        killer: killers[reported]?.[index],
        covered: plan?.[target.file]?.[index]?.covered ?? false,
      }));
      done(target, fates);
    }
  };
  while (from.target < targets.length) {
    const worker = fork(join(import.meta.dirname, "worker.ts"), [], {
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    worker.send({ targets, plan, from } satisfies Work);
    const end = await watchWorker(worker, (message) => {
      if ("plan" in message) plan = message.plan;
      if ("begins" in message) {
        from = message.begins;
        report(from.target);
      }
      if ("done" in message) {
        const { target, mutant } = message.done;
        const row = killers[target];
        if (row !== undefined) row[mutant] = message.killer;
      }
    });
    if (end === "finished") break;
    if (plan === undefined) throw new Error("The worker exited before it ran a mutant.");
    const row = killers[from.target];
    if (end === "hung" && row !== undefined) row[from.mutant] = "the process hung or exited";
    from = { target: from.target, mutant: from.mutant + 1 };
  }
  report(targets.length);
}

function watchWorker(
  worker: ChildProcess,
  visit: (message: Message) => void,
): Promise<"finished" | "restart" | "hung"> {
  let end: "finished" | "restart" | "hung" = "hung";
  let timer: NodeJS.Timeout | undefined;
  const watch = (ms: number): void => {
    clearTimeout(timer);
    timer = setTimeout(() => worker.kill("SIGKILL"), ms);
  };
  watch(START_MS);
  return new Promise((resolve, reject) => {
    worker.on("message", (message: Message) => {
      if ("error" in message) reject(new Error(message.error));
      visit(message);
      if ("finished" in message) end = "finished";
      if ("restart" in message) end = "restart";
      if ("begins" in message) watch(STUCK_MS + STUCK_FACTOR * message.expectedMs);
      else watch(START_MS);
    });
    worker.on("exit", () => {
      clearTimeout(timer);
      resolve(end);
    });
  });
}
