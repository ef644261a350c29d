import { statSync } from "node:fs";
import { posix } from "node:path";
import picocolors from "picocolors";
import { EdgefirstError } from "../../lib/errors.ts";
import { wantsColour } from "./colour.ts";
import type { StepReport } from "../migrate/report.ts";
import type { Step } from "../migrate/step.ts";

type Format = "text" | "markdown" | "json";

/** Flags of `edgefirst migrate`. */
export interface MigrateFlags {
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

/**
 * `edgefirst migrate`: runs one step, all of them, or shows the plan.
 * @returns the exit code: 0, or 1 where a proof failed, or something is lost under --strict
 * @throws {EdgefirstError} if it cannot run
 */
export async function migrate(name: string, path: string, flags: MigrateFlags): Promise<number> {
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
async function done(report: StepReport, { write }: MigrateFlags): Promise<string> {
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

function exitCode(reports: readonly StepReport[], { strict }: MigrateFlags): number {
  if (reports.some(({ proof }) => proof === "fails")) return 1;
  const lossy = reports.some(({ notes }) => notes.some(({ kind }) => kind === "lost" || kind === "unknown"));
  return strict && lossy ? 1 : 0;
}
