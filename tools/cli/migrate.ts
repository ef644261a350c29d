import { statSync } from "node:fs";
import { posix } from "node:path";
import picocolors from "picocolors";
import { counted } from "../../lib/counted.ts";
import { EdgefirstError } from "../../lib/errors.ts";
import { wantsColour } from "./colour.ts";
import { collectEarly } from "../../lib/collect-early.ts";
import { EXIT } from "./exit-codes.ts";
import { progress } from "./progress.ts";
import { rendererFor } from "./renderer.ts";
import type { Renderer } from "../render/renderer.ts";
import type { LossKind } from "../migrate/loss-kinds.ts";
import type { Source } from "./migrate-interactive.ts";
import type { StepReport, Verdict } from "../migrate/report.ts";
import type { IsWritable, RunStep, StepResult } from "../migrate/run.ts";
import type { FileChange, Step, StepContext } from "../migrate/step.ts";

type Format = "text" | "markdown" | "json";

/** Flags of `edgefirst migrate`. */
export interface MigrateFlags {
  readonly format: Format;
  readonly only?: string;
  readonly write?: true;
  readonly interactive?: true;
  readonly acceptUnproven?: true;
  readonly acceptLoss?: readonly string[];
  readonly strict?: true;
  readonly verifyWithFlux?: true;
  readonly keepIngress?: true;
  readonly askRegistry?: true;
  readonly sharedRepositories?: true;
  readonly check?: true;
  readonly context?: string;
  readonly kubeconfig?: string;
  readonly cluster?: string;
  readonly render?: boolean;
  readonly charts?: string;
}

/** The exit code for each verdict; for several steps, the first verdict in {@link WORST_FIRST} counts. */
export const EXIT_OF: Readonly<Record<Verdict, number>> = {
  proven: EXIT.ok,
  "nothing to do": EXIT.ok,
  "could not check": EXIT.incomplete,
  refused: EXIT.no,
};

const WORST_FIRST: readonly Verdict[] = ["refused", "could not check", "proven", "nothing to do"];

/**
 * `edgefirst migrate`: runs one step or all of them, or shows the plan.
 * @returns the exit code
 * @throws {EdgefirstError} if it cannot run
 */
export async function migrate(name: string, path: string, flags: MigrateFlags): Promise<number> {
  collectEarly();
  const steps = await stepsOf(name, path);
  requireDirectory(path);
  const read = (): Promise<StepContext> => contextOf(path, flags);
  if (flags.check) {
    const [step, ...others] = steps;
    if (!step || others.length > 0)
      throw new EdgefirstError(
        "--check takes a single step.",
        "Name it: edgefirst migrate namespace . --check",
      );
    return (await import("./migrate-check.ts")).checkLive(step, await read(), flags);
  }
  if (flags.interactive && flags.verifyWithFlux)
    throw new EdgefirstError(
      "--verify-with-flux cannot be combined with --interactive.",
      "Run the steps one by one: edgefirst migrate STEP . --verify-with-flux --write",
    );
  if (flags.interactive) return runInteractively(steps, { root: path, read }, flags);
  const context = await read();
  const renderer = await rendererFor(context.repository, flags, progress);
  const run = name === "plan" ? planAll : runAll;
  const reports = await run(steps, context, flags, renderer).finally(() => renderer?.close());
  process.stdout.write(
    await format(reports, flags.format, name === "plan" ? planned : (report) => done(report, flags)),
  );
  return exitCode(reports, flags);
}

async function runInteractively(
  steps: readonly Step[],
  source: Source,
  flags: MigrateFlags,
): Promise<number> {
  const { migrateInteractively, terminal } = await import("./migrate-interactive.ts");
  const { ask, close } = terminal();
  try {
    const reports = await migrateInteractively(steps, source, {
      print: (text) => process.stdout.write(coloured(text)),
      ask,
      explain: (report) => done(report, { ...flags, write: true }),
    });
    return exitCode(reports, flags);
  } finally {
    close();
  }
}

function requireDirectory(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  throw new EdgefirstError(
    `There is no directory ${path}.`,
    "Pass the directory that Flux's paths start from.",
  );
}

async function contextOf(
  path: string,
  { only, keepIngress, acceptLoss, askRegistry, sharedRepositories }: MigrateFlags,
): Promise<StepContext> {
  const { Repository } = await import("../gitops/yaml/repository.ts");
  const { buildClusters } = await import("../migrate/build.ts");
  const { readOptions } = await import("../migrate/options.ts");
  const repository = new Repository(path);
  const options = readOptions(repository);
  const context: StepContext = {
    repository,
    clusters: buildClusters(repository),
    selected: (file: string) => only === undefined || posix.matchesGlob(file, only),
    options: {
      ...options,
      acceptLoss: [...options.acceptLoss, ...(await lossKinds(acceptLoss ?? []))],
      route: { ...options.route, keepIngress: keepIngress ?? options.route.keepIngress },
      oci: { ...options.oci, shared: sharedRepositories ?? options.oci.shared },
    },
  };
  if (!askRegistry) return context;
  const { askRegistries } = await import("../migrate/steps/oci/ask-registry.ts");
  return { ...context, registry: await askRegistries(context) };
}

async function lossKinds(names: readonly string[]): Promise<readonly LossKind[]> {
  const { LOSS_KINDS } = await import("../migrate/loss-kinds.ts");
  return names.map((name) => {
    const kind = LOSS_KINDS.find((known) => known === name);
    if (kind) return kind;
    throw new EdgefirstError(
      `--accept-loss does not accept ${name}.`,
      `It accepts: ${LOSS_KINDS.join(", ")}. A protection, such as a login, is never dropped.`,
    );
  });
}

/** Plans every step as if it were the next one to run. */
async function planAll(
  steps: readonly Step[],
  context: StepContext,
  flags: MigrateFlags,
  renderer: Renderer | undefined,
): Promise<readonly StepReport[]> {
  const { reportOf } = await import("../migrate/report.ts");
  const results = await runAsAsked({ steps, context, isWritable: () => false }, flags, renderer);
  return Array.from(results, (result) => reportOf(result, context.repository));
}

/** Runs the steps in order. With `--write`, writes what is proven; without it, shows the diff. */
async function runAll(
  steps: readonly Step[],
  context: StepContext,
  flags: MigrateFlags,
  renderer: Renderer | undefined,
): Promise<readonly StepReport[]> {
  const { combined, writeChanges } = await import("../migrate/write.ts");
  const { reportOf, unifiedDiff } = await import("../migrate/report.ts");
  const isWritable = ({ proof: { status } }: StepResult): boolean =>
    status === "holds" || (status === "unproven" && (flags.acceptUnproven === true || !flags.write));
  let before = context.repository;
  let changes: readonly FileChange[] = [];
  const results = await runAsAsked({ steps, context, isWritable }, flags, renderer);
  const reports = Array.from(results, (result) => {
    const report = reportOf(result, before);
    if (!flags.write && flags.format === "text") process.stdout.write(coloured(unifiedDiff(result, before)));
    if (!isWritable(result)) return report;
    // A change that a later step replaces is dropped at once, and its syntax tree with it.
    changes = combined(context.repository, [...changes, ...result.plan.changes]);
    before = result.after;
    return report;
  });
  // Once for all steps: nothing is written if a step cannot run, and a file that each of them changes is written once.
  if (flags.write) writeChanges(context.repository, changes);
  return reports;
}

/** Steps to run in order. */
interface Steps {
  readonly steps: readonly Step[];
  readonly context: StepContext;
  readonly isWritable: IsWritable;
}

/** Runs steps as the flags ask: with what charts install, if there is a renderer, and with Flux's own packages, whose program is built first if necessary. */
async function runAsAsked(
  { steps, context, isWritable }: Steps,
  { verifyWithFlux }: MigrateFlags,
  renderer: Renderer | undefined,
): Promise<Iterable<StepResult>> {
  const { eachStep, runStep, runStepsWith } = await import("../migrate/run.ts");
  if (!verifyWithFlux && renderer === undefined) return eachStep(steps, context, isWritable);
  const { runStepRendered } = await import("../migrate/run-rendered.ts");
  const run: RunStep = (step, given) =>
    renderer === undefined ? runStep(step, given) : runStepRendered(step, given, renderer);
  if (!verifyWithFlux) return runStepsWith(run, steps, context, isWritable);
  const { FluxBuild } = await import("../gitops/flux-build.ts");
  const { FluxVerifier } = await import("../migrate/verified.ts");
  const { resolveProgram } = await import("../toolchain/resolve.ts");
  const { path } = await resolveProgram("flux-build", { progress });
  const verifier = new FluxVerifier(() => new FluxBuild(path), context.repository);
  const verified: RunStep = async (step, given) => verifier.verified(await run(step, given), isWritable);
  return runStepsWith(verified, steps, context, isWritable).finally(() => {
    verifier.close();
  });
}

async function stepsOf(name: string, path: string): Promise<readonly Step[]> {
  const { STEPS } = await import("../migrate/registry.ts");
  if (name === "plan" || name === "all") return STEPS;
  const step = STEPS.find(({ id }) => id === name);
  if (step) return [step];
  throw new EdgefirstError(
    `There is no step ${name}.`,
    `Steps: ${STEPS.map(({ id }) => id).join(", ")}, all; without one, \`edgefirst migrate ${path}\` shows the plan.`,
  );
}

async function format(
  reports: readonly StepReport[],
  name: Format,
  text: (report: StepReport) => Promise<string>,
): Promise<string> {
  if (name === "json") return `${JSON.stringify(reports, undefined, 2)}\n`;
  if (name === "markdown") return (await import("../migrate/report.ts")).formatMarkdown(reports);
  return (await Promise.all(reports.map(text))).join("\n");
}

/** A step's part of the plan. */
async function planned(report: StepReport): Promise<string> {
  const { explainVerdict, comparisonLines } = await import("../migrate/report.ts");
  const counts = Map.groupBy(report.notes, ({ kind }) => kind);
  const noted = [...counts].map(([kind, notes]) => `${notes.length} ${kind}`).join(", ");
  return [
    `${report.step}: ${report.title} (${report.risk.level} risk: ${report.risk.phrase})`,
    `  ${counted(report.files.length, "file")}. ${explainVerdict(report)}${noted === "" ? "" : ` Notes: ${noted}.`}`,
    ...[...report.unseen, ...report.gaps].map((line) => `  could not check: ${line}`),
    ...comparisonLines(report).map((line) => `  ${line}`),
    ...report.live.map((line) => `  live: ${line}`),
    "",
  ].join("\n");
}

/** The text after the diff. */
async function done(report: StepReport, { write }: MigrateFlags): Promise<string> {
  const { explainVerdict, LIVE_TITLE, NOTE_TITLES, noteLines, comparisonLines } =
    await import("../migrate/report.ts");
  const notes = Object.entries(NOTE_TITLES).flatMap(([kind, title]) => {
    const own = report.notes.filter((note) => note.kind === kind);
    return own.length === 0 ? [] : [`${title}:`, ...noteLines(own).map((line) => `  ${line}`)];
  });
  const list = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);
  const titled = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : [`${title}:`, ...list(lines)];
  const hint =
    !write && report.files.length > 0 && report.proof === "holds"
      ? " To write the changes, add --write."
      : "";
  return [
    `${report.step}: ${counted(report.files.length, "file")}. ${explainVerdict(report)}${hint}`,
    ...list(report.failures),
    ...list(comparisonLines(report)),
    ...titled("Could not check", [...report.unseen, ...report.gaps]),
    ...titled(LIVE_TITLE, report.live),
    ...notes,
    "",
  ].join("\n");
}

function coloured(diff: string): string {
  const colours = picocolors.createColors(wantsColour());
  return diff.replace(/^(?:\+(?!\+\+ ).*|-(?!-- ).*|@@.*)$/gm, (line) =>
    line.startsWith("@")
      ? colours.cyan(line)
      : line.startsWith("+")
        ? colours.green(line)
        : colours.red(line),
  );
}

function exitCode(reports: readonly StepReport[], { strict }: MigrateFlags): number {
  const incomplete = reports.some(({ notes }) =>
    notes.some(({ kind }) => kind === "refused" || kind === "left" || kind === "lost" || kind === "unknown"),
  );
  if (strict && incomplete) return EXIT.no;
  const worst = WORST_FIRST.find((verdict) => reports.some((report) => report.verdict === verdict));
  return worst === undefined ? EXIT.ok : EXIT_OF[worst];
}
