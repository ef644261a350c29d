import { execFileSync } from "node:child_process";
import { createInterface } from "node:readline/promises";
import { EdgefirstError } from "../../lib/errors.ts";
import { at, fields } from "../../policy/engine/read.ts";
import type { MigrateOptions } from "../migrate/options.ts";
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

/** The repository that is read, again and again. */
export interface Source {
  readonly root: string;
  readonly read: () => Promise<StepContext>;
}

/** What a step was planned on. */
interface Planned {
  readonly context: StepContext;
  /** The commit that was read. */
  readonly head: string;
}

/**
 * `edgefirst migrate all REPO --interactive`: for each step, shows the diff, asks, writes, and commits. Offers only proven changes. A question may stay open
 * for hours, in which others push and Flux updates images: what has changed by then is read again.
 * @param source the repository; it is not read as long as it has uncommitted changes
 * @returns the reports of the steps up to the one at which the user stopped
 * @throws {EdgefirstError} if the repository is not a clean Git work tree, at the start or later
 */
export async function migrateInteractively(
  steps: readonly Step[],
  source: Source,
  conversation: Conversation,
): Promise<readonly StepReport[]> {
  const { print, ask } = conversation;
  const reports: StepReport[] = [];
  let planned = await freshly(source);
  for (const step of steps) {
    if (!isCurrent(planned, source)) planned = await freshly(source);
    const { answer, report, next } = await offer(step, { planned, source }, conversation);
    reports.push(report);
    if (answer === "q") break;
    if (answer === "n") continue;
    planned = next;
    const waits = report.live.filter((line) => !line.startsWith("before:"));
    print([`Committed ${step.id}.`, ...waits.map((line) => `  ${line}`), ""].join("\n"));
    if (waits.length === 0) continue;
    const go = await choice(
      ask,
      "Push, and wait for this on the cluster. Continue with the next step? [y]es, [q]uit: ",
    );
    if (go !== "y") break;
  }
  return reports;
}

interface Offered {
  /** `n` if there is nothing to offer. */
  readonly answer: "y" | "n" | "q";
  readonly report: StepReport;
  /** What the next step is planned on. */
  readonly next: Planned;
}

/** Shows what a step would do, and writes and commits it if the user agrees and the repository has not changed in the meantime. */
async function offer(
  step: Step,
  { planned, source }: { readonly planned: Planned; readonly source: Source },
  { print, ask, explain }: Conversation,
): Promise<Offered> {
  for (let current = planned; ; current = await freshly(source)) {
    const { context } = current;
    const { repository } = context;
    const result = runStep(step, context);
    const report = reportOf(result, repository);
    print(unifiedDiff(result, repository));
    print(await explain(report));
    if (result.plan.changes.length === 0 || report.proof !== "holds")
      return { answer: "n", report, next: current };
    const answer = await choice(ask, `Write and commit ${step.id}? [y]es, [n]o, [q]uit: `);
    if (answer !== "y") return { answer, report, next: current };
    if (!isCurrent(current, source)) {
      requireClean(source.root);
      print(
        "The repository has changed since this was planned. Nothing was written; this is the new plan:\n",
      );
      continue;
    }
    writeChanges(repository, result.plan.changes);
    const head = commit(repository.root, result, context.options);
    const next = { head, context: { ...context, repository: result.after, clusters: result.proof.clusters } };
    return { answer, report, next };
  }
}

/** Reads a clean work tree. */
async function freshly(source: Source): Promise<Planned> {
  for (;;) {
    requireClean(source.root);
    const head = headOf(source.root);
    const planned = { context: await source.read(), head };
    // Reading takes a while.
    if (isCurrent(planned, source)) return planned;
  }
}

function requireClean(root: string): void {
  const [first, ...others] = uncommitted(root);
  if (first === undefined) return;
  const more = others.length === 0 ? "" : ` and ${others.length} more`;
  throw new EdgefirstError(
    `${root} has uncommitted changes: ${first}${more}.`,
    "--interactive makes a commit for each step: commit or stash your changes first, then run it again. Nothing else was changed.",
  );
}

/** The files with changes that are not committed. */
const uncommitted = (root: string): readonly string[] =>
  git(root, "status", "--porcelain")
    .split("\n")
    .filter(Boolean)
    .map((line) => line.slice(3));

/** Whether the work tree is still what was read. */
const isCurrent = ({ head }: Planned, { root }: Source): boolean =>
  headOf(root) === head && uncommitted(root).length === 0;

const headOf = (root: string): string => git(root, "rev-parse", "HEAD").trim();

/** Asks until the answer is `y`, `n` or `q`. */
async function choice(ask: Conversation["ask"], question: string): Promise<"y" | "n" | "q"> {
  for (;;) {
    const letter = (await ask(question)).trim().toLowerCase().charAt(0);
    if (letter === "y" || letter === "n" || letter === "q") return letter;
  }
}

/**
 * Commits the files of a step, and no others that are staged.
 * @returns the commit
 */
function commit(root: string, { step, plan }: StepResult, options: MigrateOptions): string {
  const paths = plan.changes.map(({ path }) => path);
  const message = `${subject(step, options)}\n\nedgefirst migrate ${step.id}`;
  git(root, "add", "--all", "--", ...paths);
  git(root, "commit", "--quiet", "--only", "--message", message, "--", ...paths);
  return headOf(root);
}

/** The subject of a commit. A step with phases begins with `guard`, unless the options name another one. */
function subject({ id, title, check }: Step, options: MigrateOptions): string {
  if (check === undefined) return title;
  const phases = Object.values(fields(at(options, [id, "phases"])));
  return `${title}: ${phases.length === 0 ? "guard" : [...new Set(phases)].join(", ")}`;
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
