import type { Finding, LiveCluster } from "../cluster/client.ts";
import { describeFinding } from "../cluster/findings.ts";
import { EdgefirstError } from "../errors.ts";
import type { Clock } from "./clock.ts";
import {
  movement,
  readEvidence,
  standingOf,
  type Evidence,
  type Movement,
  type OverrideRecord,
  type Verification,
} from "./evidence.ts";
import { checkLive } from "./live-check.ts";
import type { StackReading } from "./stack-outputs.ts";

/** A cluster that must be let go of. */
export interface ConnectedCluster extends LiveCluster {
  close(): void;
}

/** Arguments of {@link holdGate}. */
export interface GateArgs {
  readonly stack: string;
  /** The release that is about to be brought up. */
  readonly release: string;
  /** The release that the stack runs; undefined where it never ran. */
  readonly current: string | undefined;
  /** The stacks that must have verified the release. */
  readonly after: readonly string[];
  /** Milliseconds after which a verification is too old for a move forward. */
  readonly maxAgeMs: number;
  /** What a move forward does where the cluster of a stack before it cannot be looked at. */
  readonly unreachable: "refuse" | "warn";
  /** Milliseconds that a stack before it has to become healthy again. */
  readonly patienceMs: number;
  readonly override?: OverrideRecord | undefined;
  readonly readOutputs: (stack: string) => Promise<StackReading>;
  /** @throws {EdgefirstError} where this machine knows no way to the cluster of the stack */
  readonly connect: (stack: string, evidence: Evidence) => ConnectedCluster;
  readonly clock: Clock;
  readonly progress: (line: string) => void;
}

/** A stack before this one that has verified the release. */
export interface Predecessor {
  readonly stack: string;
  readonly evidence: Evidence;
  readonly record: Verification;
  readonly movement: Movement;
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
  const findings =
    moves === "forward" ? [...tooOld(predecessor, args), ...(await notHealthy(predecessor, args))] : [];
  return { findings: [passed(predecessor), ...findings], predecessor };
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

/** Said on every pass, with all that the other stack's proof leaves open. */
function passed({ stack, record }: Predecessor): Finding {
  const open = record.checks
    .filter(({ outcome }) => outcome === "notChecked")
    .map(({ id, notes }) => `  - ${id}: ${notes.join(" ")}`);
  const commit = record.commit === null ? "" : `, commit ${record.commit.slice(0, 12)}`;
  const message = `The stack ${stack} verified release ${record.release} at ${record.time} (${record.soak} s of soak${commit}${record.dirty ? " with changes that were not committed" : ""}).`;
  return open.length === 0
    ? { severity: "info", message }
    : { severity: "warning", message: `${message} Not checked there:\n${open.join("\n")}` };
}

function tooOld({ stack, record }: Predecessor, { maxAgeMs, clock }: GateArgs): Finding[] {
  const age = clock.now() - Date.parse(record.time);
  if (age <= maxAgeMs) return [];
  return [
    {
      severity: "error",
      message: `The stack ${stack} verified release ${record.release} ${hours(age)} ago, and edgefirst:gate.maxAge is ${hours(maxAgeMs)}.`,
      hint: `Bring it up again, which verifies it anew: pulumi up --stack ${stack}`,
    },
  ];
}

function hours(ms: number): string {
  return `${Math.round(ms / 360_000) / 10} h`;
}

async function notHealthy({ stack, evidence, record }: Predecessor, args: GateArgs): Promise<Finding[]> {
  let cluster: ConnectedCluster | undefined;
  try {
    cluster = args.connect(stack, evidence);
    const progress = (line: string): void => {
      args.progress(`${stack}: ${line}`);
    };
    const { clock, patienceMs: timeoutMs } = args;
    const { failures } = await checkLive({ stack, evidence, record, cluster, timeoutMs, clock, progress });
    if (failures.length === 0) return [];
    const what = failures.map(({ object, message }) => `  - ${object}: ${message}`).join("\n");
    return [
      {
        severity: "error",
        message: `The stack ${stack} verified release ${record.release} at ${record.time}, and is not healthy now:\n${what}`,
        hint: `Mend it, then bring it up again: pulumi up --stack ${stack}`,
      },
    ];
  } catch (error) {
    if (!(error instanceof EdgefirstError)) throw error;
    const refuses = args.unreachable === "refuse";
    return [
      {
        severity: refuses ? "error" : "warning",
        message: `Whether the stack ${stack} is healthy now cannot be seen from here: ${error.message}`,
        hint: refuses
          ? `Set edgefirst:gate.clusters.${stack} to { context, kubeconfig? } of this machine, or edgefirst:gate.unreachable to warn, where no machine reaches both clusters.`
          : "edgefirst:gate.unreachable is warn: its evidence alone counts.",
      },
    ];
  } finally {
    cluster?.close();
  }
}
