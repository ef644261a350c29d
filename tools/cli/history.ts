import { readDirectives } from "../rollout/directives.ts";
import { historyOf, type HistoryEntry } from "../rollout/history.ts";
import { stackNamed } from "../rollout/plan.ts";
import { pastUpdates, stackOutputs } from "../rollout/stack.ts";
import type { ProjectFlags } from "./commands/project-options.ts";
import { progress } from "./progress.ts";
import { openProject } from "./project.ts";
import { renderFitting, renderTable } from "./table.ts";

/** Flags of `edgefirst history`. */
export interface HistoryFlags extends ProjectFlags {
  readonly json?: true;
}

/** How many updates to read from the backend. */
const LATEST = 30;

/** `edgefirst history`: prints what ran on a stack, and why. */
export async function history(name: string, { json, ...flags }: HistoryFlags): Promise<void> {
  const project = await openProject(flags, progress);
  const { name: stack } = stackNamed(project.stacks, name);
  const address = project.address(stack);
  const entries = historyOf({
    stack,
    updates: await pastUpdates(address, LATEST),
    outputs: await stackOutputs(address),
    directives: await readDirectives(address),
  });
  const text = json ? JSON.stringify(entries, undefined, 2) : renderHistory(entries, process.stdout.isTTY);
  process.stdout.write(`${text}\n`);
}

/**
 * The history as a table.
 * @param framed at most 80 columns wide, for a terminal
 */
export function renderHistory(entries: readonly HistoryEntry[], framed: boolean): string {
  if (entries.length === 0) return "Nothing has run yet.";
  const head = ["TIME (UTC)", "WHAT", "RESULT", "RELEASE", "WHY"];
  const rows = entries.map((entry) => [
    entry.time.slice(0, 16).replace("T", " "),
    entry.what,
    resultOf(entry),
    entry.release ?? "-",
    whyOf(entry),
  ]);
  return framed ? renderFitting(head, rows) : renderTable(head, rows, { framed: false });
}

function resultOf({ result = "-" }: HistoryEntry): string {
  return result === "failed" ? "FAILED" : result;
}

function whyOf({ why, by, run, notified = [] }: HistoryEntry): string {
  const lost = notified
    .filter(({ outcome }) => outcome === "failed")
    .map(({ channel, message = "" }) => `${channel} not notified: ${message}`);
  const started = by === undefined ? [] : [`by ${by}${run === undefined ? "" : ` (${run})`}`];
  return [...why, ...started, ...lost].join("; ") || "-";
}
