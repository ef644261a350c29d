import { createTwoFilesPatch } from "diff";
import { counted } from "../../lib/counted.ts";
import { fileText } from "../gitops/yaml/file-text.ts";
import type { Repository } from "../gitops/yaml/repository.ts";
import { describe } from "./forbidden.ts";
import type { RenderedProof } from "./rendered-proof.ts";
import type { BuildsByFlux, StepResult } from "./run.ts";
import type { Note, Risk } from "./step.ts";

/** The outcome of a step. */
export type Verdict = "proven" | "nothing to do" | "could not check" | "refused";

/** A step's report as data. */
export interface StepReport {
  readonly step: string;
  readonly title: string;
  readonly risk: Risk;
  readonly verdict: Verdict;
  readonly proof: "holds" | "fails" | "unproven";
  readonly failures: readonly string[];
  /** Changed files without a proof, because their Kustomization cannot be built. */
  readonly gaps: readonly string[];
  /** What could not be checked, and why. */
  readonly unseen: readonly string[];
  /** Objects that change as the step intends. */
  readonly intended: readonly string[];
  readonly files: readonly { readonly path: string; readonly change: "added" | "changed" | "removed" }[];
  /** Changed files that no Kustomization reads. */
  readonly unread: readonly string[];
  /** Changed files that a Kustomization may read whose path contains a variable that the repository does not define. */
  readonly maybeRead: readonly string[];
  readonly notes: readonly Note[];
  /** The comparison of what charts install, if that was asked for. */
  readonly rendered?: { readonly compared: number; readonly notCompared: readonly string[] };
  /** See {@link StepResult.byFlux}. */
  readonly byFlux?: BuildsByFlux;
  /** What to do on the live cluster before or after committing the change; empty if no file changes. */
  readonly live: readonly string[];
}

/** A step's result as a report. */
export function reportOf(
  result: StepResult & { readonly rendered?: RenderedProof },
  before: Repository,
): StepReport {
  const { step, plan, proof, unseen, rendered, byFlux } = result;
  return {
    step: step.id,
    title: step.title,
    risk: step.risk,
    verdict: verdictOf(result),
    proof: proof.status,
    failures: proof.failures.map(({ message }) => message),
    gaps: proof.gaps,
    unseen,
    intended: proof.intended.map(describe),
    files: plan.changes.map(({ path, text }) => ({
      path,
      change: text === undefined ? "removed" : before.isFile(path) ? "changed" : "added",
    })),
    unread: proof.unread,
    maybeRead: proof.maybeRead,
    notes: plan.notes,
    ...(rendered && { rendered: { compared: rendered.compared, notCompared: rendered.notCompared } }),
    ...(byFlux && { byFlux }),
    live: plan.changes.length === 0 ? [] : (plan.live ?? step.live),
  };
}

/**
 * The verdict on a step: `refused` if its proof fails, or if nothing that it would change can be changed safely; `could not check` if part
 * of the repository could not be read or proven, even if the rest is proven.
 */
function verdictOf({ plan, proof, unseen }: StepResult): Verdict {
  if (proof.status === "fails") return "refused";
  if (proof.status === "unproven" || unseen.length > 0) return "could not check";
  if (plan.changes.length > 0) return "proven";
  return plan.notes.some(({ kind }) => kind === "refused") ? "refused" : "nothing to do";
}

/** A unified diff of all changes. */
export function unifiedDiff({ plan }: StepResult, before: Repository): string {
  return plan.changes
    .map(({ path, text }) => {
      const old = fileText(before, path);
      return createTwoFilesPatch(
        old === undefined ? "/dev/null" : `a/${path}`,
        text === undefined ? "/dev/null" : `b/${path}`,
        old ?? "",
        text ?? "",
        undefined,
        undefined,
        { context: 3 },
      ).replace(/^=+\n/, "");
    })
    .join("");
}

/** What else was compared: what charts install, and the builds of Flux's own packages; empty unless that was asked for, and if the step changes nothing. */
export function comparisonLines(report: StepReport): readonly string[] {
  if (report.files.length === 0) return [];
  return [...renderedLines(report), ...fluxLines(report)];
}

function renderedLines({ rendered }: StepReport): readonly string[] {
  if (rendered === undefined) return [];
  const { compared, notCompared } = rendered;
  return [
    `Compared what ${counted(compared, "HelmRelease")} ${compared === 1 ? "installs" : "install"} before and after.`,
    ...notCompared.map((line) => `Compared by its values only: ${line}`),
  ];
}

function fluxLines({ byFlux }: StepReport): readonly string[] {
  if (byFlux === undefined) return [];
  const { before, after, others } = byFlux;
  if (before + after + others === 0)
    return ["No Kustomization reads a changed file, so Flux had nothing to build."];
  const differ = others === 1 ? "differs" : "differ";
  const rest =
    others === 0
      ? ": all that read a changed file."
      : `. ${counted(others, "other build")} that ${others === 1 ? "reads" : "read"} a changed file ${differ}, or could not be compared.`;
  return [
    `Flux's own packages built the same objects from ${counted(before, "Kustomization")} before the step and ${after} after it${rest}`,
  ];
}

/** The verdict with its reason, in one or two sentences. */
export function explainVerdict(report: StepReport): string {
  const { verdict, proof, files, unseen, gaps } = report;
  const stay = staying(report);
  switch (verdict) {
    case "refused":
      return proof === "fails"
        ? "Refused: the proof fails, so nothing is written."
        : `Refused: ${stay}, and there is nothing else to change.`;
    case "could not check": {
      const count = unseen.length + gaps.length;
      const rest = files.length > 0 && proof === "holds" ? ` The rest is proven: ${effect(report)}.` : "";
      const unproven =
        proof === "unproven"
          ? " Not every changed file is proven, so --write needs --accept-unproven, too."
          : "";
      return `Could not check ${counted(count, "location")}.${rest}${unproven}${stay === "" ? "" : ` In the rest, ${stay}.`}`;
    }
    case "proven":
      return `Proven: ${effect(report)}.${stay === "" ? "" : ` ${stay}.`}`;
    case "nothing to do":
      return `Nothing to do.${stay === "" ? "" : ` ${stay}.`}`;
  }
}

function effect({ intended, files, unread, maybeRead }: StepReport): string {
  const objects =
    intended.length === 0
      ? "every object that reaches a cluster stays the same"
      : `${counted(intended.length, "object")} ${intended.length === 1 ? "changes" : "change"} in a cluster, only in the intended fields`;
  const reach = (own: readonly string[], sentence: string): string =>
    own.length === 0 ? "" : `; ${sentence} ${own.length} of the ${counted(files.length, "changed file")}`;
  return [
    objects,
    reach(unread, "no Kustomization reads"),
    reach(maybeRead, "because of variables in their paths, it is not known whether a Kustomization reads"),
  ].join("");
}

/** How many locations are left unchanged; empty if none. */
function staying({ notes }: StepReport): string {
  const count = notes.filter(({ kind }) => kind === "left" || kind === "refused").length;
  return count === 0 ? "" : `${counted(count, "location")} ${count === 1 ? "is" : "are"} left unchanged`;
}

/** Formats the report for a pull request. */
export function formatMarkdown(reports: readonly StepReport[]): string {
  return reports
    .map((report) =>
      [
        `## ${report.step}: ${report.title}`,
        "",
        `**${report.verdict}** ${explainVerdict(report)}`,
        ...comparisonLines(report).flatMap((line) => ["", line]),
        ...section("Why the proof fails", report.failures),
        ...section("Could not check", [...report.unseen, ...report.gaps]),
        ...section("Changed objects", report.intended),
        ...section(
          "Files",
          report.files.map(({ path, change }) => `\`${path}\` ${change}`),
        ),
        ...section(LIVE_TITLE, report.live),
        ...(
          ["option", "cutover", "runbook", "refused", "left", "lost", "removed", "unknown"] as const
        ).flatMap((kind) =>
          section(NOTE_TITLES[kind], noteLines(report.notes.filter((note) => note.kind === kind))),
        ),
        "",
      ].join("\n"),
    )
    .join("\n");
}

/** The heading of {@link StepReport.live}. */
export const LIVE_TITLE = "On the live cluster";

/** The heading of each kind of note. */
export const NOTE_TITLES: Readonly<Record<Note["kind"], string>> = {
  option: "Option",
  cutover: "Cutover",
  runbook: "Runbook",
  refused: "Refused",
  left: "Left unchanged",
  lost: "Lost, as accepted",
  removed: "Removed",
  unknown: "Kept, but not understood",
};

/** `file:line: message` */
export function formatNote({ position, message }: Note): string {
  return position === undefined ? message : `${position.file}:${position.line}: ${message}`;
}

/** How many notes with the same message are written as one. */
const MANY = 3;

/**
 * Notes as lines; of many with the same message, the message once, with an indented line for each position. The order of a runbook stays: only
 * notes that follow each other are written as one.
 */
export function noteLines(notes: readonly Note[]): readonly string[] {
  return groups(notes).flatMap(([message, own]) => {
    const places = own.flatMap(({ position }) => (position ? [`  ${position.file}:${position.line}`] : []));
    return places.length < MANY
      ? own.map(formatNote)
      : [`${message} (${places.length} locations)`, ...places];
  });
}

function groups(notes: readonly Note[]): readonly (readonly [string, readonly Note[]])[] {
  let run = 0;
  const byMessage = Map.groupBy(notes, ({ kind, message }, index) => {
    const previous = notes[index - 1];
    if (previous?.message !== message) run++;
    return JSON.stringify([kind === "runbook" ? run : 0, message]);
  });
  return [...byMessage.values()].map((own) => [own[0]?.message ?? "", own]);
}

function section(title: string, lines: readonly string[]): string[] {
  const item = (line: string): string => line.replace(/^ */, (indent) => `${indent}- `);
  return lines.length === 0 ? [] : ["", `### ${title}`, "", ...lines.map(item)];
}
