import { clearScreenDown, moveCursor } from "node:readline";
import { counted } from "../../lib/counted.ts";
import { type Outcome, type RolloutEvent, type RolloutResult } from "../rollout/run.ts";
import { renderSummary } from "../rollout/summary.ts";

/** Without a terminal, a stack's progress is printed at most this often. */
const PLAIN_MS = 10_000;

const PHASES = { preview: "previewing", update: "updating" } as const;

/** Where a rollout's progress goes: a terminal, or a log. */
export interface DisplayTarget {
  readonly stream: NodeJS.WritableStream & { readonly columns?: number };
  /** Whether lines can be overwritten. */
  readonly live: boolean;
  /** Print every line of progress, and keep it. */
  readonly verbose?: boolean;
  /** The time in milliseconds. */
  readonly now: () => number;
}

/** Shows a rollout: a line per event and, on a terminal, a last line for each stack in progress. */
export function rolloutDisplay({
  stream,
  live,
  verbose = false,
  now,
}: DisplayTarget): (event: RolloutEvent) => void {
  const active = new Map<string, { phase: string; text: string; printed: number }>();
  let drawn = 0;
  const print = (lines: readonly string[]): void => {
    if (drawn > 0) {
      moveCursor(stream, 0, -drawn);
      clearScreenDown(stream);
    }
    const status = live ? [...active].map(([stack, { phase, text }]) => `${stack}: ${phase} ${text}`) : [];
    drawn = status.length;
    for (const line of [...lines, ...status.map((text) => text.slice(0, (stream.columns ?? 80) - 1))])
      stream.write(`${line}\n`);
  };
  const progress = (stack: string, text: string): void => {
    const line = active.get(stack);
    if (line === undefined) return;
    line.text = text;
    if (verbose) {
      print([`${stack}: ${line.phase}: ${text}`]);
      return;
    }
    const due = now() - line.printed >= PLAIN_MS;
    if (due) line.printed = now();
    if (live || due) print(live ? [] : [`${stack}: ${line.phase}: ${text}`]);
  };
  return (event) => {
    switch (event.type) {
      case "wave":
        print([`wave ${event.wave} of ${event.of}: ${event.stacks.join(", ")}`]);
        break;
      case "phase":
        // The prompt shows this phase.
        if (event.phase === "approval") break;
        active.set(event.stack, { phase: PHASES[event.phase], text: "", printed: now() });
        print(live ? [] : [`${event.stack}: ${PHASES[event.phase]}`]);
        break;
      case "progress":
        progress(event.stack, event.text);
        break;
      case "note":
        print([`${event.stack}: ${event.text}`]);
        break;
      case "summary":
        active.delete(event.stack);
        print(renderSummary(event.summary).map((line) => `${event.stack}: ${line}`));
        break;
      case "outcome":
        active.delete(event.stack);
        print([`${event.stack}: ${outcomeText(event.outcome)}`]);
    }
  };
}

/** An outcome as a sentence. */
export function outcomeText(outcome: Outcome): string {
  switch (outcome.state) {
    case "updated":
      return `updated: ${outcome.message}`;
    case "previewed":
      return "previewed, nothing was changed";
    case "done-before":
      return "already done: it has verified this release, and nothing would change";
    case "failed":
      return `failed: ${outcome.message}`;
    case "inconclusive":
      return outcome.message;
    case "declined":
      return "declined, nothing was changed";
    case "cancelled":
      return "cancelled during its update";
    case "not-started":
      return `not started: ${outcome.message}`;
  }
}

/** The last line of a rollout: the number of stacks per outcome. */
export function resultText(result: RolloutResult): string {
  const states = [...result.values()].map(({ state }) => state);
  const counts = [...new Set(states)].map(
    (state) => `${states.filter((other) => other === state).length} ${state.replace("-", " ")}`,
  );
  return `${counted(result.size, "stack")}: ${counts.join(", ")}`;
}
