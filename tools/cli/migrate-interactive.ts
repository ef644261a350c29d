import { execFileSync } from "node:child_process";
import { createInterface } from "node:readline/promises";
import { EdgefirstError } from "../../lib/errors.ts";
import { reportOf, unifiedDiff, type StepReport } from "../migrate/report.ts";
import { runStep, type StepResult } from "../migrate/run.ts";
import type { Step, StepContext } from "../migrate/step.ts";
import { writeChanges } from "../migrate/write.ts";

/** How {@link migrateInteractively} prints to the user and asks questions. */
export interface Conversation {
  readonly print: (text: string) => void;
  readonly ask: (question: string) => Promise<string>;
  /** The report of a step as text. */
  readonly explain: (report: StepReport) => Promise<string>;
}

/**
 * `edgefirst migrate all REPO --interactive`: for each step, shows the diff, asks, writes, and commits. Offers only proven changes.
 * @returns the reports of the steps up to the one at which the user stopped
 * @throws {EdgefirstError} if the repository is not a clean Git work tree
 */
export async function migrateInteractively(
  steps: readonly Step[],
  context: StepContext,
  { print, ask, explain }: Conversation,
): Promise<readonly StepReport[]> {
  let { repository, clusters }: Pick<StepContext, "repository" | "clusters"> = context;
  const { root } = repository;
  if (git(root, "status", "--porcelain") !== "")
    throw new EdgefirstError(
      `${root} has uncommitted changes.`,
      "--interactive makes a commit for each step: commit or stash your changes first. Nothing was changed.",
    );
  const reports: StepReport[] = [];
  for (const step of steps) {
    const result = runStep(step, { ...context, repository, clusters });
    const report = reportOf(result, repository);
    reports.push(report);
    print(unifiedDiff(result, repository));
    print(await explain(report));
    if (result.plan.changes.length === 0 || report.proof !== "holds") continue;
    const answer = await choice(ask, `Write and commit ${step.id}? [y]es, [n]o, [q]uit: `);
    if (answer === "q") break;
    if (answer === "n") continue;
    writeChanges(repository, result.plan.changes);
    commit(root, result);
    ({ after: repository } = result);
    ({ clusters } = result.proof);
    const waits = report.live.filter((line) => line.startsWith("after:"));
    print([`Committed ${step.id}.`, ...waits.map((line) => `  ${line}`), ""].join("\n"));
    if (waits.length === 0) continue;
    const next = await choice(
      ask,
      "Push, and wait for this on the cluster. Continue with the next step? [y]es, [q]uit: ",
    );
    if (next !== "y") break;
  }
  return reports;
}

/** Asks until the answer is `y`, `n` or `q`. */
async function choice(ask: Conversation["ask"], question: string): Promise<"y" | "n" | "q"> {
  for (;;) {
    const letter = (await ask(question)).trim().toLowerCase().charAt(0);
    if (letter === "y" || letter === "n" || letter === "q") return letter;
  }
}

function commit(root: string, { step, plan }: StepResult): void {
  const paths = plan.changes.map(({ path }) => path);
  git(root, "add", "--all", "--", ...paths);
  git(root, "commit", "--quiet", "--message", `${step.title}\n\nedgefirst migrate ${step.id}`);
}

function git(root: string, ...args: readonly string[]): string {
  try {
    return execFileSync("git", ["-C", root, ...args], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
  } catch (error) {
    const { stderr = "" } = error as { readonly stderr?: string };
    throw new EdgefirstError(
      `git ${args[0] ?? ""} failed in ${root}: ${stderr.trim()}`,
      "--interactive needs a Git work tree in which you can commit.",
    );
  }
}

/** Asks on the terminal, or reads one line per question from a pipe. At the end of the input, every answer is `q`. */
export function terminal(
  input: NodeJS.ReadableStream = process.stdin,
  output: NodeJS.WritableStream = process.stderr,
): { readonly ask: Conversation["ask"]; readonly close: () => void } {
  // `question()` would drop piped lines that arrive before it is called; the iterator keeps them.
  const reader = createInterface({ input, output });
  const lines = reader[Symbol.asyncIterator]();
  return {
    ask: async (question) => {
      output.write(question);
      const { value, done } = await lines.next();
      return done === true ? "q" : value;
    },
    close: () => {
      reader.close();
    },
  };
}
