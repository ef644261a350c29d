import type { Finding, LiveCluster } from "../kube/client.ts";
import { EdgefirstError } from "../lib/errors.ts";
import type { Clock } from "./clock.ts";
import type { Evidence, Failure, Verification } from "./evidence.ts";
import { checkLive } from "./live-check.ts";
import type { Movement } from "./movement.ts";

/** An upstream stack that has verified the release. */
export interface UpstreamStack {
  readonly stack: string;
  readonly evidence: Evidence;
  readonly record: Verification;
  readonly movement: Movement;
}

/** A connection that has to be closed. */
export interface ConnectedCluster extends LiveCluster {
  close(): void;
}

/** Arguments of {@link judgeUpstream}. */
export interface UpstreamArgs {
  /** SHA-256 of each manifest that only the gated stack's configuration names, by what it installs. */
  readonly manifests: Readonly<Record<string, string>>;
  /** Milliseconds after which a verification is too old for a move forward. */
  readonly maxAgeMs: number;
  /** What a move forward does if the cluster of an upstream stack cannot be reached. */
  readonly unreachable: "refuse" | "warn";
  /** Milliseconds that an upstream stack has to become healthy again. */
  readonly patienceMs: number;
  /** @throws {EdgefirstError} if this machine has no way to reach the stack's cluster */
  readonly connect: (stack: string, evidence: Evidence) => ConnectedCluster;
  readonly clock: Clock;
  readonly progress: (line: string) => void;
}

/** What the verification of an upstream stack is worth: what it proves, and for a move forward whether it is recent and still true. */
export async function judgeUpstream(upstream: UpstreamStack, args: UpstreamArgs): Promise<Finding[]> {
  const proof = [verifiedBy(upstream), ...otherManifests(upstream, args)];
  return upstream.movement === "forward"
    ? [...proof, ...tooOld(upstream, args), ...(await unhealthy(upstream, args))]
    : proof;
}

/** The lines of a message that list failing objects. */
export function failureList(failures: readonly Pick<Failure, "object" | "message">[]): string {
  return failures.map(({ object, message }) => `  - ${object}: ${message}`).join("\n");
}

/** Manifests named by configuration are not part of the release, so the two stacks are compared. */
function otherManifests({ stack, record }: UpstreamStack, { manifests }: UpstreamArgs): Finding[] {
  return Object.entries(manifests).flatMap(([what, sha256]): Finding[] => {
    const theirs = record.manifests[what];
    if (theirs === sha256) return [];
    if (theirs === undefined)
      return [
        {
          severity: "warning",
          message: `Stack ${stack} does not install ${what} itself, so it has not proven the manifest that this stack installs.`,
        },
      ];
    return [
      {
        severity: "error",
        message: `Stack ${stack} verified release ${record.release} with another manifest of ${what}: ${theirs.slice(0, 12)}; this stack has ${sha256.slice(0, 12)}.`,
        hint: `Set the same edgefirst:${what}.install for ${stack} and bring it up first. If the clusters need different ones, record that with edgefirst:override.`,
      },
    ];
  });
}

/** Reported on every pass, with everything that the verification did not prove. */
function verifiedBy({ stack, record }: UpstreamStack): Finding {
  const skipped = record.checks
    .filter(({ outcome }) => outcome === "notChecked")
    .map(({ id, notes }) => `  - ${id}: ${notes.join(" ")}`);
  const commit = record.commit === null ? "" : `, commit ${record.commit.slice(0, 12)}`;
  const dirty = record.dirty ? " with uncommitted changes" : "";
  const message = `Stack ${stack} verified release ${record.release} at ${record.time} (${record.soak} s of soak${commit}${dirty}).`;
  return skipped.length === 0
    ? { severity: "info", message }
    : { severity: "warning", message: `${message} Not checked there:\n${skipped.join("\n")}` };
}

function tooOld({ stack, record }: UpstreamStack, { maxAgeMs, clock }: UpstreamArgs): Finding[] {
  const age = clock.now() - Date.parse(record.time);
  if (age <= maxAgeMs) return [];
  return [
    {
      severity: "error",
      message: `Stack ${stack} verified release ${record.release} ${hours(age)} ago, and edgefirst:gate.maxAge is ${hours(maxAgeMs)}.`,
      hint: `Verify it again: pulumi up --stack ${stack}`,
    },
  ];
}

function hours(ms: number): string {
  return `${Math.round(ms / 360_000) / 10} h`;
}

async function unhealthy(upstream: UpstreamStack, args: UpstreamArgs): Promise<Finding[]> {
  const { stack, evidence, record } = upstream;
  let cluster: ConnectedCluster | undefined;
  try {
    cluster = args.connect(stack, evidence);
    const progress = (line: string): void => {
      args.progress(`${stack}: ${line}`);
    };
    const { clock, patienceMs: timeoutMs } = args;
    const { failures } = await checkLive({ stack, evidence, record, cluster, timeoutMs, clock, progress });
    if (failures.length === 0) return [];
    return [
      {
        severity: "error",
        message: `Stack ${stack} verified release ${record.release} at ${record.time}, and is not healthy now:\n${failureList(failures)}`,
        hint: `Fix it, then run: pulumi up --stack ${stack}`,
      },
    ];
  } catch (error) {
    if (!(error instanceof EdgefirstError)) throw error;
    return [unreachable(stack, error, args)];
  } finally {
    cluster?.close();
  }
}

function unreachable(stack: string, { message }: EdgefirstError, args: UpstreamArgs): Finding {
  const refuses = args.unreachable === "refuse";
  return {
    severity: refuses ? "error" : "warning",
    message: `Cannot check from here whether stack ${stack} is healthy now: ${message}`,
    hint: refuses
      ? `Set edgefirst:gate.clusters.${stack} to { context, kubeconfig? } of this machine. If no machine reaches both clusters, set edgefirst:gate.unreachable to warn.`
      : "edgefirst:gate.unreachable is warn, so its evidence alone counts.",
  };
}
