import type { Finding } from "../kube/client.ts";
import { describeFinding } from "../kube/findings.ts";
import { readEvidence, standingOf, type Evidence, type OverrideRecord } from "./evidence.ts";
import { movement } from "./movement.ts";
import { judgePredecessor, type Predecessor, type PredecessorArgs } from "./predecessor.ts";
import type { OutputsReading } from "./stack-outputs.ts";

/** Arguments of {@link holdGate}. */
export interface GateArgs extends PredecessorArgs {
  readonly stack: string;
  /** The release that is about to be brought up. */
  readonly release: string;
  /** The release that the stack runs; undefined where it never ran. */
  readonly current: string | undefined;
  /** The stacks that must have verified the release. */
  readonly after: readonly string[];
  readonly override?: OverrideRecord | undefined;
  readonly readOutputs: (stack: string) => Promise<OutputsReading>;
}

/** What the gate found. */
export interface GateResult {
  /** An error for each reason to refuse. With an override in force they are warnings. */
  readonly findings: readonly Finding[];
  readonly predecessors: readonly Predecessor[];
  /** The override, where it is in force. */
  readonly override?: OverrideRecord | undefined;
}

/**
 * Whether a stack may have a release: each stack that it comes after must have verified this very one, and for a move forward must have done so lately and be
 * healthy now. Reads only.
 */
export async function holdGate(args: GateArgs): Promise<GateResult> {
  const judged = await Promise.all(args.after.map((stack) => judge(stack, args)));
  const findings = judged.flatMap((entry) => entry.findings);
  const predecessors = judged.flatMap(({ predecessor }) => (predecessor === undefined ? [] : [predecessor]));
  const { override, clock } = args;
  if (override === undefined) return { findings, predecessors };
  if (Date.parse(override.expires) <= clock.now())
    return {
      findings: [
        {
          severity: "warning",
          message: `The override of the gate expired at ${override.expires} and counts for nothing (its reason: ${override.reason}).`,
          hint: "Remove edgefirst:override, or set a new one with a reason and a later expiry.",
        },
        ...findings,
      ],
      predecessors,
    };
  return { findings: [inForce(override), ...findings.map(overridden)], predecessors, override };
}

function inForce({ reason, expires }: OverrideRecord): Finding {
  return {
    severity: "warning",
    message: `The gate is overridden until ${expires}: ${reason}`,
    hint: "The override is recorded in this stack's evidence. Remove edgefirst:override once it is not needed.",
  };
}

function overridden(finding: Finding): Finding {
  if (finding.severity !== "error") return finding;
  return { severity: "warning", message: `Overridden: ${describeFinding(finding)}` };
}

interface Judgement {
  readonly findings: readonly Finding[];
  readonly predecessor?: Predecessor;
}

async function judge(stack: string, args: GateArgs): Promise<Judgement> {
  const reading = await args.readOutputs(stack);
  if (reading.state === "unknown")
    return refusal(
      reading.message,
      `edgefirst:after names it: correct the name, or create it and bring it up: pulumi up --stack ${stack}`,
    );
  if (reading.state !== "read")
    return refusal(reading.message, "Check that the state backend can be reached, then try again.");
  const read = readEvidence(stack, reading.outputs);
  if (read.state !== "present") return refusal(read.message, rollOutFirst(stack, args.release));
  const { evidence } = read;
  const standing = standingOf(evidence, args.release);
  if (standing.state === "unknown")
    return refusal(unverified(stack, evidence, args), rollOutFirst(stack, args.release));
  if (standing.state === "revoked") {
    const { time, failures } = standing.record;
    const what = failures.map(({ object, message }) => `  - ${object}: ${message}`).join("\n");
    return refusal(
      `The stack ${stack} failed to verify release ${args.release} at ${time}:\n${what}`,
      `Mend it, then bring ${stack} up again: pulumi up --stack ${stack}`,
    );
  }
  const { record } = standing;
  const moves = movement(evidence, args.current, args.release);
  const predecessor = { stack, evidence, record, movement: moves };
  return { findings: await judgePredecessor(predecessor, args), predecessor };
}

function refusal(message: string, hint: string): Judgement {
  return { findings: [{ severity: "error", message, hint }] };
}

function rollOutFirst(stack: string, release: string): string {
  return `Roll ${stack} out first, from this very checkout (release ${release}): pulumi up --stack ${stack}, or edgefirst rollout, which does all stacks in order.`;
}

function unverified(stack: string, { verified, revoked }: Evidence, { release }: GateArgs): string {
  const latest = verified[0];
  const has =
    latest === undefined
      ? `it has verified none yet${revoked.length > 0 ? `, and ${revoked.length} failed` : ""}`
      : `its latest one is ${latest.release}, of ${latest.time}`;
  return `The stack ${stack} has not verified release ${release}; ${has}.`;
}
