import type { Finding } from "../kube/client.ts";
import { describeFinding } from "../kube/findings.ts";
import { differencesFrom } from "./differences.ts";
import { readEvidence, standingOf, type Difference, type Evidence, type OverrideRecord } from "./evidence.ts";
import { movement } from "./movement.ts";
import { judgeOwnStack, type OwnGateArgs } from "./own-gate.ts";
import { failureList, judgeUpstream, type UpstreamArgs, type UpstreamStack } from "./upstream.ts";

/** An override for a longer time would be the same as no gate. */
const LONGEST_OVERRIDE_MS = 30 * 24 * 3_600_000;

/** Arguments of {@link checkGate}. */
export interface GateArgs extends UpstreamArgs, OwnGateArgs {
  readonly stack: string;
  /** The upstream stacks: each must have verified the release. */
  readonly after: readonly string[];
  readonly override?: OverrideRecord | undefined;
}

/** What the gate found. */
export interface GateResult {
  /** One error for each reason to refuse the release; warnings if an override is in force. */
  readonly findings: readonly Finding[];
  /** The upstream stacks that have verified the release. */
  readonly upstream: readonly UpstreamStack[];
  /** Settings in which the stack differs from its upstream stacks, whether intended or not. */
  readonly differences: readonly Difference[];
  /** The stacks upstream of the direct upstream stacks; undefined if there may be more that no evidence names. */
  readonly further?: readonly string[] | undefined;
  /** The override, if it is in force. */
  readonly override?: OverrideRecord | undefined;
}

/**
 * Checks whether a release may be deployed to a stack. Each upstream stack must have verified it; for a move forward, each must also be running the release
 * now, be healthy, and have verified it recently. Changes nothing.
 */
export async function checkGate(given: GateArgs): Promise<GateResult> {
  const args = { ...given, readOutputs: readingOnce(given.readOutputs) };
  const [own, judged] = await Promise.all([
    judgeOwnStack(args),
    Promise.all(args.after.map((stack) => judge(stack, args))),
  ]);
  const findings = [...own.findings, ...judged.flatMap((judgement) => judgement.findings)];
  const upstream = judged.flatMap((judgement) =>
    judgement.upstream === undefined ? [] : [judgement.upstream],
  );
  const differences = upstream.flatMap(({ stack, record }) => differencesFrom(stack, record, args));
  const { override, clock } = args;
  const found = { upstream, differences, further: own.further };
  if (override === undefined) return { findings, ...found };
  if (Date.parse(override.expires) <= clock.now())
    return { findings: [expired(override), ...findings], ...found };
  if (Date.parse(override.expires) - clock.now() > LONGEST_OVERRIDE_MS)
    return { findings: [tooLong(override), ...findings], ...found };
  return { findings: [inForce(override), ...findings.map(overridden)], ...found, override };
}

/** The checks of a gate look at the same outputs of each stack. */
function readingOnce(read: GateArgs["readOutputs"]): GateArgs["readOutputs"] {
  const readings = new Map<string, ReturnType<typeof read>>();
  return (stack) => {
    const reading = readings.get(stack) ?? read(stack);
    readings.set(stack, reading);
    return reading;
  };
}

function expired({ reason, expires }: OverrideRecord): Finding {
  return {
    severity: "warning",
    message: `The gate override expired at ${expires} and has no effect. Its reason was: ${reason}`,
    hint: "Remove edgefirst:override, or set a new one with a reason and a later expiry.",
  };
}

function tooLong({ expires }: OverrideRecord): Finding {
  return {
    severity: "error",
    message: `edgefirst:override expires at ${expires}, more than 30 days from now.`,
    hint: "Set an expiry within the next 30 days. Overrides are for emergencies; to require less of upstream stacks, change edgefirst:gate.",
  };
}

function inForce({ reason, expires }: OverrideRecord): Finding {
  return {
    severity: "warning",
    message: `The gate is overridden until ${expires}: ${reason}`,
    hint: "This stack's evidence records the override. Remove edgefirst:override once it is no longer needed.",
  };
}

function overridden(finding: Finding): Finding {
  if (finding.severity !== "error") return finding;
  return { severity: "warning", message: `Overridden: ${describeFinding(finding)}` };
}

interface Judgement {
  readonly findings: readonly Finding[];
  readonly upstream?: UpstreamStack;
}

async function judge(stack: string, args: GateArgs): Promise<Judgement> {
  const { release } = args;
  const reading = await args.readOutputs(stack);
  if (reading.state === "unknown")
    return refusal(
      reading.message,
      `Correct the name in edgefirst:after, or create the stack and run: pulumi up --stack ${stack}`,
    );
  if (reading.state !== "read")
    return refusal(reading.message, "Check that the state backend can be reached, then try again.");
  const read = readEvidence(stack, reading.outputs);
  // Unreadable evidence may revoke the release.
  if (read.state === "unreadable") return refusal(read.message, rollOutFirst(stack, release));
  if (read.state !== "present") return unproven(stack, read.message, args);
  const { evidence } = read;
  const standing = standingOf(evidence, release);
  if (standing.state === "unknown") return unproven(stack, unverified(stack, evidence, release), args);
  if (standing.state === "revoked") {
    const { time, failures } = standing.record;
    return refusal(
      `Stack ${stack} failed to verify release ${release} at ${time}:\n${failureList(failures)}`,
      `Fix it, then run: pulumi up --stack ${stack}`,
    );
  }
  const upstream = {
    stack,
    evidence,
    record: standing.record,
    running: typeof reading.outputs.release === "string" ? reading.outputs.release : undefined,
    movement: movement(args),
  };
  return { findings: await judgeUpstream(upstream, args), upstream };
}

function refusal(message: string, hint: string): Judgement {
  return { findings: [{ severity: "error", message, hint }] };
}

/**
 * Judges a release of which the upstream stack has no evidence. Evidence keeps a limited number of releases, and starts from scratch on a rebuilt cluster. A move
 * back must not depend on that: this stack's own verification without an override was allowed only because every upstream stack had verified the release.
 */
function unproven(stack: string, message: string, args: GateArgs): Judgement {
  const { release, own } = args;
  const before = own === undefined ? undefined : standingOf(own, release);
  if (movement(args) !== "back" || before?.state !== "verified" || before.record.override !== undefined)
    return refusal(message, rollOutFirst(stack, release));
  const warning = `${message} This move back is allowed because this stack itself verified the release at ${before.record.time}.`;
  return { findings: [{ severity: "warning", message: warning }] };
}

function rollOutFirst(stack: string, release: string): string {
  return `First bring up ${stack} from this checkout (release ${release}): pulumi up --stack ${stack}. edgefirst rollout brings up all stacks in order.`;
}

function unverified(stack: string, { verified, revoked }: Evidence, release: string): string {
  const [latest] = verified;
  const has =
    latest === undefined
      ? `it has not verified any release yet${revoked.length > 0 ? `; ${revoked.length} failed` : ""}`
      : `its latest verified release is ${latest.release} (${latest.time})`;
  return `Stack ${stack} has not verified release ${release}; ${has}.`;
}
