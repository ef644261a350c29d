import type { Finding, LiveCluster } from "../kube/client.ts";
import { EdgefirstError } from "../lib/errors.ts";
import type { Clock } from "./clock.ts";
import type { Evidence, Verification } from "./evidence.ts";
import { checkLive } from "./live-check.ts";
import type { Movement } from "./movement.ts";

/** A stack before this one that has verified the release. */
export interface Predecessor {
  readonly stack: string;
  readonly evidence: Evidence;
  readonly record: Verification;
  readonly movement: Movement;
}

/** A cluster that must be let go of. */
export interface ConnectedCluster extends LiveCluster {
  close(): void;
}

/** Arguments of {@link judgePredecessor}. */
export interface PredecessorArgs {
  /** SHA-256 of each manifest that the configuration of the stack behind the gate names, by what it installs. */
  readonly manifests: Readonly<Record<string, string>>;
  /** Milliseconds after which a verification is too old for a move forward. */
  readonly maxAgeMs: number;
  /** What a move forward does where the cluster of a stack before it cannot be looked at. */
  readonly unreachable: "refuse" | "warn";
  /** Milliseconds that a stack before it has to become healthy again. */
  readonly patienceMs: number;
  /** @throws {EdgefirstError} where this machine knows no way to the cluster of the stack */
  readonly connect: (stack: string, evidence: Evidence) => ConnectedCluster;
  readonly clock: Clock;
  readonly progress: (line: string) => void;
}

/** What the word of a stack that has verified the release is worth: all that it proves, and for a move forward whether it is fresh and still true. */
export async function judgePredecessor(before: Predecessor, args: PredecessorArgs): Promise<Finding[]> {
  const standing = [passed(before), ...otherManifests(before, args)];
  return before.movement === "forward"
    ? [...standing, ...tooOld(before, args), ...(await notHealthy(before, args))]
    : standing;
}

/** What a stack's configuration has it install is no part of the release, so that the two are compared one by one. */
function otherManifests({ stack, record }: Predecessor, { manifests }: PredecessorArgs): Finding[] {
  return Object.entries(manifests).flatMap(([what, sha256]): Finding[] => {
    const there = record.manifests[what];
    if (there === sha256) return [];
    if (there === undefined)
      return [
        {
          severity: "warning",
          message: `The stack ${stack} installs no ${what} of its own, so that the manifest which this stack installs is not proven there.`,
        },
      ];
    return [
      {
        severity: "error",
        message: `The stack ${stack} verified release ${record.release} with another manifest of ${what}: ${there.slice(0, 12)}, and here it is ${sha256.slice(0, 12)}.`,
        hint: `Give ${stack} the same edgefirst:${what}.install and bring it up first. Where the clusters need different ones, edgefirst:override says so in the evidence.`,
      },
    ];
  });
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

function tooOld({ stack, record }: Predecessor, { maxAgeMs, clock }: PredecessorArgs): Finding[] {
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

async function notHealthy(
  { stack, evidence, record }: Predecessor,
  args: PredecessorArgs,
): Promise<Finding[]> {
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
