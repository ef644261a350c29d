import type { Evidence } from "./evidence.ts";
import type { Move } from "./move-schema.ts";
import type { GateResult } from "./gate.ts";
import { movement, type Movement, type MovementArgs } from "./movement.ts";
import { startedBy } from "./started-by.ts";

/** How many updates the evidence keeps. */
const KEPT = 30;

/** Adds a move to the evidence. The latest move comes first. */
export function withMove(evidence: Evidence, move: Move): Evidence {
  return { ...evidence, moves: [move, ...(evidence.moves ?? [])].slice(0, KEPT) };
}

/** An update in the history as long as its outcome is open. */
export type OpenMove = Omit<Move, "outcome" | "ended" | "notified">;

/**
 * The history entry for an update that the gate has allowed.
 * @param from the release that ran before
 * @param began time in ISO 8601, according to this machine's clock
 */
export function beginningMove(
  args: MovementArgs,
  gate: GateResult,
  from: string | undefined,
  began: string,
): OpenMove {
  return {
    release: args.release,
    ...(from !== undefined && { from }),
    movement: movement(args),
    began,
    allowed: whyAllowed(args, gate),
    startedBy: startedBy(),
  };
}

/** Why the gate allowed an update, as phrases for the history. */
export function whyAllowed(args: MovementArgs, { upstream, findings, override }: GateResult): string[] {
  return [
    ...movementReasons(movement(args), args),
    ...upstream.map(
      ({ stack, record }) => `${stack} verified it at ${record.time} after ${record.soak} s of soak`,
    ),
    ...(override === undefined ? [] : [`override until ${override.expires}: ${override.reason}`]),
    ...findings
      .map(({ message }) => message.split("\n")[0] ?? "")
      .filter((line) => line.startsWith("Overridden: ")),
  ];
}

function movementReasons(direction: Movement, { own, release }: MovementArgs): string[] {
  if (direction === "same") return ["the stack already ran this release"];
  if (direction === "forward") return [];
  const record = own?.verified.find((entry) => entry.release === release);
  return [`a move back: this stack verified it at ${record?.time ?? "an unknown time"}`];
}
