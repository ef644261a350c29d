import { statSync } from "node:fs";
import { posix } from "node:path";
import { Argument, Command, Option } from "commander";
import picocolors from "picocolors";
import { EdgefirstError } from "../../lib/errors.ts";
import { wantsColour } from "./colour.ts";
import type { StepReport } from "../migrate/report.ts";
import type { Step } from "../migrate/step.ts";

type Format = "text" | "markdown" | "json";

interface Flags {
  readonly format: Format;
  readonly only?: string;
  readonly write?: true;
  readonly acceptUnproven?: true;
  readonly strict?: true;
  readonly keepIngress?: true;
  readonly check?: true;
  readonly context?: string;
  readonly kubeconfig?: string;
  readonly cluster?: string;
}

/** `edgefirst migrate`: the steps over a GitOps repository. Exits with 0, 1 (a proof failed, or --strict) or 2 (could not run). */
export const migrate = new Command("migrate")
  .description("move a GitOps repository in small, proven steps")
  .addArgument(new Argument("<step>", "a step, `all`, or nothing but the repository for the plan"))
  .addArgument(new Argument("[repository]", "the repository's top directory, from which Flux's paths start"))
  .option("--write", "write the changes; without it the diff is shown")
  .option("--only <glob>", "change files that match only, such as 'kubernetes/edge/**'")
  .option("--strict", "exit with 1 where something is lost or not understood")
  .option("--accept-unproven", "with --write: write although a part cannot be built offline")
  .option("--keep-ingress", "step route: leave the Ingresses beside the routes that come")
  .addOption(
    new Option(
      "--check",
      "of a step in phases: look at the live cluster whether it is safe to go on",
    ).conflicts("write"),
  )
  .option("--context <name>", "with --check: the cluster's context of the kubeconfig")
  .option("--kubeconfig <path>", "with --check: by default KUBECONFIG, then ~/.kube/config")
  .option(
    "--cluster <name>",
    "with --check: which of the repository's clusters it is; by default that of the context's name",
  )
  .addOption(
    new Option("--format <format>", "how the report is written")
      .choices(["text", "markdown", "json"])
      .default("text"),
  )
  .addOption(new Option("--json", "the same as --format json").implies({ format: "json" }))
  .addHelpText(
    "after",
    `
Each step builds the repository before and after as Flux would, and says what changes in the objects that reach the
clusters. A step whose proof fails writes nothing. Comments, anchors, order and line endings stay; a second run finds nothing.

Exit code: 0 done or nothing to do, 1 a proof failed, or --strict and something is lost, 2 could not run.
With --check: 0 safe to go on, 1 not safe, 2 could not tell.

Examples:
  edgefirst migrate .                                the plan, in the order of risk
  edgefirst migrate ks .                             the diff of one step
  edgefirst migrate ks . --only 'kubernetes/edge/**' --write
  edgefirst migrate oci . --format markdown          the report for a pull request
  edgefirst migrate namespace . --check --context edge`,
  )
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
  .action(async (first: string, second: string | undefined, flags: Flags) => {
    process.stdout.on("error", () => process.exit());
    try {
      process.exitCode = await run(second === undefined ? "plan" : first, second ?? first, flags);
    } catch (error) {
      if (!(error instanceof EdgefirstError)) throw error;
      process.stderr.write(`edgefirst: ${error.message}\n`);
      process.exitCode = 2;
    }
  });

async function run(name: string, path: string, flags: Flags): Promise<number> {
  const { Repository } = await import("../gitops/yaml/repository.ts");
  const { buildRepository } = await import("../gitops/flux/repository-build.ts");
  const { readOptions } = await import("../migrate/options.ts");
  const { runStep, runSteps, writeChanges } = await import("../migrate/run.ts");
  const { reportOf, unifiedDiff } = await import("../migrate/report.ts");
  const steps = await stepsOf(name, path);
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory())
    throw new EdgefirstError(
      `There is no directory ${path}.`,
      "Give the directory that Flux's paths start from.",
    );
  const repository = new Repository(path);
  const { only } = flags;
  const options = readOptions(repository);
  const { keepIngress = options.route.keepIngress } = flags;
  const context = {
    repository,
    clusters: buildRepository(repository).clusters,
    selected: (file: string) => only === undefined || posix.matchesGlob(file, only),
    options: { ...options, route: { ...options.route, keepIngress } },
  };
  if (flags.check) {
    const [step, ...others] = steps;
    if (!step || others.length > 0)
      throw new EdgefirstError("--check is for one step.", "Name it: edgefirst migrate namespace . --check");
    return (await import("./migrate-check.ts")).checkLive(step, context, flags);
  }
  if (name === "plan") {
    const reports = steps.map((step) => reportOf(runStep(step, context), repository));
    process.stdout.write(await format(reports, flags.format, (report) => planned(report, steps)));
    return exitCode(reports, flags);
  }
  const results = runSteps(steps, context);
  const reports: StepReport[] = [];
  let before = repository;
  for (const result of results) {
    const report = reportOf(result, before);
    reports.push(report);
    if (flags.write) {
      const writable = report.proof === "holds" || (report.proof === "unproven" && flags.acceptUnproven);
      if (writable) writeChanges(before, result.plan.changes);
    } else if (flags.format === "text") process.stdout.write(coloured(unifiedDiff(result, before)));
    if (report.proof === "fails" || (flags.write && report.proof === "unproven" && !flags.acceptUnproven))
      break;
    before = result.after;
  }
  process.stdout.write(await format(reports, flags.format, (report) => done(report, flags)));
  return exitCode(reports, flags);
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
async function planned(report: StepReport, steps: readonly Step[]): Promise<string> {
  const { verdict } = await import("../migrate/report.ts");
  const step = steps.find(({ id }) => id === report.step);
  const counts = Map.groupBy(report.notes, ({ kind }) => kind);
  const noted = [...counts].map(([kind, notes]) => `${notes.length} ${kind}`).join(", ");
  return [
    `${report.step}: ${report.title} (${step?.risk ?? "low"} risk)`,
    `  ${report.files.length} files. ${verdict(report)}${noted === "" ? "" : ` Notes: ${noted}.`}`,
    ...report.live.map((line) => `  live: ${line}`),
    "",
  ].join("\n");
}

/** What a person reads after the diff. */
async function done(report: StepReport, { write }: Flags): Promise<string> {
  const { formatNote, LIVE_TITLE, NOTE_TITLES, verdict } = await import("../migrate/report.ts");
  const notes = Object.entries(NOTE_TITLES).flatMap(([kind, title]) => {
    const own = report.notes.filter((note) => note.kind === kind);
    return own.length === 0 ? [] : [`${title}:`, ...own.map((note) => `  ${formatNote(note)}`)];
  });
  const list = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);
  const hint = !write && report.files.length > 0 && report.proof === "holds" ? " --write writes it." : "";
  return [
    `${report.step}: ${report.files.length} files. ${verdict(report)}${hint}`,
    ...list(report.failures),
    ...list(report.gaps),
    ...(report.live.length === 0 ? [] : [`${LIVE_TITLE}:`, ...list(report.live)]),
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

function exitCode(reports: readonly StepReport[], { strict }: Flags): number {
  if (reports.some(({ proof }) => proof === "fails")) return 1;
  const lossy = reports.some(({ notes }) => notes.some(({ kind }) => kind === "lost" || kind === "unknown"));
  return strict && lossy ? 1 : 0;
}
