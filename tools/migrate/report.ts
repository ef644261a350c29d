import { createTwoFilesPatch } from "diff";
import { describe } from "./proof.ts";
import { fileText } from "../gitops/yaml/file-text.ts";
import type { StepResult } from "./run.ts";
import type { Note } from "./step.ts";
import type { Repository } from "../gitops/yaml/repository.ts";

/** A step's report as data. */
export interface StepReport {
  readonly step: string;
  readonly title: string;
  readonly proof: "holds" | "fails" | "unproven";
  readonly failures: readonly string[];
  readonly gaps: readonly string[];
  /** What reaches the clusters in another form, as the step intends it. */
  readonly intended: readonly string[];
  readonly files: readonly { readonly path: string; readonly change: "added" | "changed" | "removed" }[];
  /** Changed files that no Kustomization reads. */
  readonly unread: readonly string[];
  readonly notes: readonly Note[];
  /** What has to happen live before the change is committed, or after; nothing where no file changes. */
  readonly live: readonly string[];
}

/** What a step would do, as data. */
export function reportOf({ step, plan, proof }: StepResult, before: Repository): StepReport {
  return {
    step: step.id,
    title: step.title,
    proof: proof.status,
    failures: proof.failures,
    gaps: proof.gaps,
    intended: proof.intended.map(describe),
    files: plan.changes.map(({ path, text }) => ({
      path,
      change: text === undefined ? "removed" : before.isFile(path) ? "changed" : "added",
    })),
    unread: proof.unread,
    notes: plan.notes,
    live: plan.changes.length === 0 ? [] : step.live,
  };
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

/** One sentence on the proof. */
export function verdict({ proof, intended, files, unread }: StepReport): string {
  if (proof === "fails") return "The proof fails: nothing is written.";
  if (proof === "unproven") return "Unproven: part of what changes cannot be built offline.";
  if (files.length === 0) return "Nothing to do.";
  const reach =
    intended.length === 0
      ? "what reaches the clusters is the same, object by object"
      : `${intended.length} objects that reach the clusters change, in the intended fields only`;
  const rest = unread.length === 0 ? "" : `; no Kustomization reads ${unread.length} of the files`;
  return `Proven: ${reach}${rest}.`;
}

/** The report for a pull request. */
export function formatMarkdown(reports: readonly StepReport[]): string {
  return reports
    .map((report) =>
      [
        `## ${report.step}: ${report.title}`,
        "",
        verdict(report),
        ...section("Why the proof fails", report.failures),
        ...section("What could not be built", report.gaps),
        ...section("Changed objects", report.intended),
        ...section(
          "Files",
          report.files.map(({ path, change }) => `\`${path}\` ${change}`),
        ),
        ...section(LIVE_TITLE, report.live),
        ...(["cutover", "runbook", "lost", "unknown", "left"] as const).flatMap((kind) =>
          section(NOTE_TITLES[kind], report.notes.filter((note) => note.kind === kind).map(formatNote)),
        ),
        "",
      ].join("\n"),
    )
    .join("\n");
}

/** What {@link StepReport.live} is called. */
export const LIVE_TITLE = "On the live cluster";

/** What each kind of note is called. */
export const NOTE_TITLES: Readonly<Record<Note["kind"], string>> = {
  cutover: "Cutover",
  runbook: "Live, between the commits",
  lost: "Lost",
  unknown: "Not understood",
  left: "Left as it is",
};

/** `file:line: message` */
export function formatNote({ position, message }: Note): string {
  return position === undefined ? message : `${position.file}:${position.line}: ${message}`;
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", `### ${title}`, "", ...lines.map((line) => `- ${line}`)];
}
