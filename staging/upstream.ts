import type { GatusAuthorizations } from "../config/gatus-credentials.ts";
import type { Finding, LiveCluster } from "../kube/client.ts";
import { EdgefirstError } from "../lib/errors.ts";
import type { Clock } from "./clock.ts";
import { differencesFrom, type ComparisonArgs } from "./differences.ts";
import { runningSince, type Evidence, type Failure, type Verification } from "./evidence.ts";
import { INCONCLUSIVE } from "./inconclusive.ts";
import { checkLive, NoResultError, OtherClusterError } from "./live-check.ts";
import type { Movement } from "./movement.ts";
import { unmetDemands, weaknessesOf, type ProofDemands } from "./weaknesses.ts";
import { readMark, type UpdateMark } from "./update-mark.ts";

/** An upstream stack that has verified the release. */
export interface UpstreamStack {
  readonly stack: string;
  readonly evidence: Evidence;
  readonly record: Verification;
  /** The release that its last update brought up. */
  readonly running: string | undefined;
  readonly movement: Movement;
}

/** A cluster whose connection has to be closed. */
export interface ConnectedCluster extends LiveCluster {
  close(): void;
}

/** Arguments of {@link judgeUpstream}. */
export interface UpstreamArgs extends ProofDemands, ComparisonArgs {
  /** Name of the project, which all stacks share. */
  readonly project: string;
  /** SHA-256 of each manifest that only the gated stack's configuration names, keyed by what the manifest installs. */
  readonly manifests: Readonly<Record<string, string>>;
  /** Milliseconds after which a verification is too old for a move forward. */
  readonly maxAgeMs: number;
  /** Whether a move forward always requires a live check of the upstream stack, or only if this machine has a context for it. */
  readonly live: "configured" | "required";
  /** What happens to a move forward if an upstream stack's cluster cannot be reached. */
  readonly unreachable: "refuse" | "warn";
  /** How long, in milliseconds, an upstream stack may take to become healthy again. */
  readonly patienceMs: number;
  /** Returns undefined if this machine has no context for the stack's cluster. @throws {EdgefirstError} if the configured context cannot be used */
  readonly connect: (stack: string, evidence: Evidence) => ConnectedCluster | undefined;
  /** Credentials for reaching the Gatus of an upstream stack by URL. */
  readonly authorizations?: GatusAuthorizations | undefined;
  readonly clock: Clock;
  readonly progress: (line: string) => void;
}

/** Judges the verification of an upstream stack. For a move forward, it must also be recent, and the stack must still be healthy. */
export async function judgeUpstream(upstream: UpstreamStack, args: UpstreamArgs): Promise<Finding[]> {
  const proof = [verifiedBy(upstream, args), ...otherManifests(upstream, args)];
  if (upstream.movement !== "forward") return proof;
  const moved = movedOn(upstream);
  return [
    ...proof,
    ...tooOld(upstream, args),
    ...unmet(upstream, args),
    ...(moved.length > 0 ? moved : await unhealthy(upstream, args)),
  ];
}

/** The lines of a message that list failing objects. */
export function failureList(failures: readonly Pick<Failure, "object" | "message">[]): string {
  return failures.map(({ object, message }) => `  - ${object}: ${message}`).join("\n");
}

/** Manifests named by configuration are not part of the release, so the upstream stack's manifests are compared with this stack's. */
function otherManifests({ stack, record }: UpstreamStack, { manifests }: UpstreamArgs): Finding[] {
  return Object.entries(manifests).flatMap(([what, sha256]): Finding[] => {
    const theirs = record.manifests[what];
    if (theirs === sha256) return [];
    if (theirs === undefined)
      return [
        {
          severity: "warning",
          message: `Stack ${stack} does not install ${what} itself, so it has not verified the manifest that this stack installs.`,
        },
      ];
    return [
      {
        severity: "error",
        message: `Stack ${stack} verified release ${record.release} with a different ${what} manifest (${theirs.slice(0, 12)}, this stack has ${sha256.slice(0, 12)}).`,
        hint: `Set the same edgefirst:${what}.install for ${stack} and bring it up first. If the clusters need different manifests, record that with edgefirst:override.`,
      },
    ];
  });
}

/** Reported even if the gate passes: when the upstream stack verified the release, and every weakness of that verification. */
function verifiedBy({ stack, record }: UpstreamStack, args: UpstreamArgs): Finding {
  const weaknesses = weaknessesOf(record);
  const differing = differencesFrom(stack, record, args)
    .filter(({ accepted }) => accepted === undefined)
    .map(({ setting }) => setting);
  const commit = record.commit === null ? "" : `, commit ${record.commit.slice(0, 12)}`;
  const message = [
    `Stack ${stack} verified release ${record.release} at ${record.time} (${record.soak} s of soak${commit}).`,
    ...(differing.length === 0 ? [] : [`It differs from this stack in ${differing.join(", ")}.`]),
    ...(weaknesses.length === 0 ? [] : ["It did not prove:"]),
  ].join(" ");
  return {
    severity: weaknesses.length + differing.length === 0 ? "info" : "warning",
    message: [message, ...weaknesses.map((line) => `  - ${line}`)].join("\n"),
    ...(differing.length > 0 && {
      hint: "With a different setting, the verification may not apply to this stack. If the difference is intended, give the reason in edgefirst:gate.accept.",
    }),
  };
}

/** The requirements of this stack that the verification does not meet. */
function unmet({ stack, record, evidence }: UpstreamStack, args: UpstreamArgs): Finding[] {
  const now = args.clock.now();
  const since = runningSince(evidence, record.release) ?? new Date(now).toISOString();
  return unmetDemands({ ...record, since }, args, now).map((reason) => ({
    severity: "error",
    message: `Stack ${stack} verified release ${record.release}, but not as this stack requires: ${reason}.`,
    hint: `Meet the requirement on ${stack}, or relax it in edgefirst:gate. To verify again: pulumi up --stack ${stack}`,
  }));
}

/** Reports a release that the upstream stack no longer runs, since there may have been a reason to replace it. */
function movedOn({ stack, record, running }: UpstreamStack): Finding[] {
  if (running === record.release) return [];
  return [
    {
      severity: "error",
      message: `Stack ${stack} verified release ${record.release} at ${record.time}, but now runs ${running ?? "no release"}.`,
      hint: `Roll out the release that ${stack} runs, or bring ${stack} up with this one again: pulumi up --stack ${stack}`,
    },
  ];
}

function tooOld({ stack, record }: UpstreamStack, { maxAgeMs, clock }: UpstreamArgs): Finding[] {
  const age = clock.now() - Date.parse(record.time);
  if (age <= maxAgeMs) return [];
  return [
    {
      severity: "error",
      message: `Stack ${stack} verified release ${record.release} ${hours(age)} ago, but edgefirst:gate.maxAge is ${hours(maxAgeMs)}.`,
      hint: `Verify it again: pulumi up --stack ${stack}`,
    },
  ];
}

function hours(ms: number): string {
  return `${Math.round(ms / 360_000) / 10} h`;
}

async function unhealthy(upstream: UpstreamStack, args: UpstreamArgs): Promise<Finding[]> {
  const { stack, evidence } = upstream;
  let cluster: ConnectedCluster | undefined;
  const found: Finding[] = [];
  try {
    cluster = args.connect(stack, evidence);
    if (cluster === undefined) return [notLookedAt(stack, args)];
    for await (const finding of liveFindings(upstream, args, cluster)) found.push(finding);
    return found;
  } catch (error) {
    if (!(error instanceof EdgefirstError)) throw error;
    if (error instanceof OtherClusterError) return [otherCluster(error)];
    // What was found before the cluster stopped responding is certain, and a warning must not cover it.
    return [...found, unreachable(stack, error, args)];
  } finally {
    cluster?.close();
  }
}

/** What the cluster of an upstream stack shows. @throws {EdgefirstError} if it cannot be reached */
async function* liveFindings(
  upstream: UpstreamStack,
  args: UpstreamArgs,
  cluster: LiveCluster,
): AsyncGenerator<Finding> {
  const { stack, evidence, record } = upstream;
  const { project, clock, authorizations, patienceMs: timeoutMs } = args;
  const unfinished = async (): Promise<Finding[]> => {
    const mark = await readMark(cluster, { project, stack }, evidence.lastPass?.time ?? record.time);
    return mark === undefined ? [] : [unfinishedUpdate(upstream, mark)];
  };
  const before = await unfinished();
  yield* before;
  const progress = (line: string): void => {
    args.progress(`${stack}: ${line}`);
  };
  const check = { stack, evidence, record, cluster, authorizations, timeoutMs, clock, progress };
  try {
    const { failures } = await checkLive(check);
    if (failures.length > 0) yield failing(upstream, failures);
  } catch (error) {
    if (error instanceof NoResultError && error.failures.length > 0) yield failing(upstream, error.failures);
    throw error;
  }
  // If an update began meanwhile, the check may have seen its release instead of the verified one.
  if (before.length === 0) yield* await unfinished();
}

function failing(
  { stack, record }: UpstreamStack,
  failures: readonly Pick<Failure, "object" | "message">[],
): Finding {
  return {
    severity: "error",
    message: `Stack ${stack} verified release ${record.release} at ${record.time}, but is not healthy now:\n${failureList(failures)}`,
    hint: `Fix it, then run: pulumi up --stack ${stack}`,
  };
}

/** Reports an unfinished update. A killed update stores no outputs, so what the stack runs is unknown until the stack is verified again. */
function unfinishedUpdate({ stack, record }: UpstreamStack, mark: UpdateMark): Finding {
  return {
    severity: "error",
    message: `Stack ${stack} verified release ${record.release} at ${record.time}, but an update to release ${mark.release} began at ${mark.began} and has not been verified.`,
    hint: `Wait until that update finishes. If it was cancelled or killed, run: pulumi up --stack ${stack}`,
  };
}

/** Reports that this machine has no context for the stack's cluster. By default, recent evidence is then enough. */
function notLookedAt(stack: string, { live, maxAgeMs }: UpstreamArgs): Finding {
  const message = `The cluster of stack ${stack} was not checked: this machine has no context for it.`;
  const hint = `Set edgefirst:gate.clusters.${stack} to { context, kubeconfig? } on this machine.`;
  if (live === "required")
    return {
      severity: "error",
      message: `${message} edgefirst:gate.live is required.`,
      hint,
    };
  return {
    severity: "warning",
    message: `${message} Evidence from the last ${hours(maxAgeMs)} is accepted.`,
    hint,
  };
}

/** The cluster was rebuilt, or the context is wrong. Since the cluster responds, `gate.unreachable` does not apply. */
function otherCluster({ message, hint }: OtherClusterError): Finding {
  const [what = message] = message.split("\n");
  return { severity: "error", message: what, ...(hint !== undefined && { hint }) };
}

function unreachable(stack: string, { message }: EdgefirstError, args: UpstreamArgs): Finding {
  const refuses = args.unreachable === "refuse" || args.live === "required";
  return {
    severity: refuses ? "error" : "warning",
    message: `${INCONCLUSIVE}: cannot check from here whether stack ${stack} is healthy now: ${message.replace(`${INCONCLUSIVE}: `, "")}`,
    hint: refuses
      ? `Try again once the cluster can be reached, or set edgefirst:gate.clusters.${stack} to the right { context, kubeconfig? } on this machine.`
      : "edgefirst:gate.unreachable is warn, so the evidence alone is accepted.",
  };
}
