import type { Directive, Directives } from "../../staging/directives.ts";
import { readEvidence } from "../../staging/evidence.ts";
import type { Move } from "../../staging/move-schema.ts";
import type { PastUpdate } from "./stack.ts";

/** Something that happened to a stack. */
export interface HistoryEntry {
  /** When it began, in ISO 8601 format. */
  readonly time: string;
  /** An operation as the backend names it, such as `update` or `destroy`; or a directive: `hold`, `unhold`, `revoke` or `restore`. */
  readonly what: string;
  /** `verified`; `failed` if the verification failed; otherwise how the backend recorded the end. Absent for a directive. */
  readonly result?: string;
  readonly release?: string;
  /** The release that ran before. */
  readonly from?: string;
  readonly movement?: string;
  /** Why the gate allowed the update, or why the directive was given. */
  readonly why: readonly string[];
  /** Who started it, and the CI run. */
  readonly by?: string;
  readonly run?: string;
  /** The outcome of each notification. */
  readonly notified?: Move["notified"];
}

/** Sources of {@link historyOf}. */
export interface HistorySources {
  readonly stack: string;
  /** The backend's history. */
  readonly updates: readonly PastUpdate[];
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly directives: Directives;
}

/** The backend keeps whole seconds. */
const TOLERANCE_MS = 1_000;

/**
 * The history of a stack, latest first: the backend knows when an update ran and how it ended; the evidence records why it was allowed and who started it. An
 * update without evidence was refused, or ended before its verification had a result.
 */
export function historyOf({ stack, updates, outputs, directives }: HistorySources): HistoryEntry[] {
  const read = readEvidence(stack, outputs);
  const open = new Set(read.state === "present" ? (read.evidence.moves ?? []) : []);
  const past = updates.map((update) => {
    const move = [...open].find((candidate) => isOf(candidate, update));
    if (move !== undefined) open.delete(move);
    return updateEntry(update, move);
  });
  const unmatched = [...open].map((move) => updateEntry(undefined, move));
  return [...past, ...unmatched, ...directives.entries.map(directiveEntry)].sort(
    (one, other) => Date.parse(other.time) - Date.parse(one.time),
  );
}

function isOf({ began }: Move, { kind, start, end }: PastUpdate): boolean {
  const time = Date.parse(began);
  return kind === "update" && time >= start.getTime() - TOLERANCE_MS && time <= end.getTime() + TOLERANCE_MS;
}

function updateEntry(update: PastUpdate | undefined, move: Move | undefined): HistoryEntry {
  const time = update?.start.toISOString() ?? move?.began ?? "";
  const what = update?.kind ?? "update";
  if (move === undefined) return { time, what, result: update?.result ?? "unknown", why: [] };
  const { release, from, movement, outcome, allowed, startedBy, notified } = move;
  return {
    time,
    what,
    result: outcome,
    release,
    ...(from !== undefined && { from }),
    movement,
    why: allowed,
    by: startedBy.who,
    ...(startedBy.run !== undefined && { run: startedBy.run }),
    notified,
  };
}

function directiveEntry({ kind, time, by, reason, release, until }: Directive): HistoryEntry {
  const why = until === undefined ? reason : `until ${until}: ${reason}`;
  return { time, what: kind, ...(release !== undefined && { release }), why: [why], by };
}
