import type { GatusAuthorizations } from "../config/gatus-credentials.ts";
import type { LiveCluster } from "../kube/client.ts";
import { EdgefirstError } from "../lib/errors.ts";
import { NO_BASELINE } from "./baseline.ts";
import type { Check } from "./checks/check.ts";
import { liveChecks } from "./checks/checks.ts";
import { repeatableChecks } from "./checks/own-checks.ts";
import type { Clock } from "./clock.ts";
import type { Evidence, Verification } from "./evidence.ts";
import { ignoring } from "./ignored.ts";
import { InconclusiveError } from "./inconclusive.ts";
import type { WatchResult } from "./watch-state.ts";
import { watch } from "./watch.ts";

/** Arguments of {@link checkLive}. */
export interface LiveCheckArgs {
  readonly stack: string;
  readonly evidence: Evidence;
  /** The verification whose result must still hold. */
  readonly record: Verification;
  readonly cluster: LiveCluster;
  /** Credentials for reaching the stack's Gatus by URL. */
  readonly authorizations?: GatusAuthorizations | undefined;
  /** How long, in milliseconds, a failing check may take to recover; with 0, the checks run once. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  readonly progress: (line: string) => void;
}

/** A context that points to a cluster other than the one in the evidence. */
export class OtherClusterError extends EdgefirstError {
  override readonly name = "OtherClusterError";
}

/** A check that ended without a result. */
export class NoResultError extends InconclusiveError {
  /** What failed the last time that the cluster responded. */
  readonly failures: WatchResult["failures"];

  constructor(reason: string, failures: WatchResult["failures"]) {
    super(reason);
    this.failures = failures;
  }
}

const INTERVAL_MS = 2_000;
const OUTAGE_MS = 30_000;

/**
 * Checks whether a stack is still as healthy as when it was verified: runs the same checks, without the stack's program and without a soak. Objects that were
 * unhealthy before that verification are excused here too. Objects that the verification found must still exist; otherwise, an empty cluster would count as
 * healthy.
 * @throws {NoResultError} if the cluster stops responding; {InconclusiveError} if it never did; {EdgefirstError} if it is a different cluster
 */
export async function checkLive(args: LiveCheckArgs): Promise<WatchResult> {
  const { stack, evidence, record, cluster, timeoutMs, clock, signal, progress } = args;
  await refuseOtherCluster(stack, evidence, cluster);
  const skipped = new Set(
    record.checks.filter(({ outcome }) => outcome === "notChecked").map(({ id }) => id),
  );
  const { authorizations } = args;
  const enabled = [
    ...liveChecks({ stack, cluster, gatus: evidence.gatus, authorizations, since: 0 }),
    ...repeatableChecks(cluster, evidence.ownChecks ?? undefined),
  ].filter(({ id }) => !skipped.has(id));
  const checks = ignoring(enabled, record.ignored ?? [], clock);
  const result = await watch(
    {
      checks,
      baseline: {
        ...NO_BASELINE,
        excused: unhealthyBefore(record, checks),
        expected: foundIn(evidence, record, checks),
      },
      gone: "was healthy when the release was verified, but is gone now",
      timing: { soakMs: 0, timeoutMs, intervalMs: INTERVAL_MS, outageMs: OUTAGE_MS },
      progress: (line, lasting) => {
        if (lasting) progress(line);
      },
    },
    clock,
    signal,
  );
  if (result.inconclusive === undefined) return result;
  throw new NoResultError(
    `the live check of stack ${stack} has no result: ${result.inconclusive}`,
    result.failures,
  );
}

/** On another machine, the same context name may point to a different cluster. */
async function refuseOtherCluster(stack: string, evidence: Evidence, cluster: LiveCluster): Promise<void> {
  const uid = await clusterUid(cluster).catch((error: unknown) => {
    if (!(error instanceof EdgefirstError)) throw error;
    throw new InconclusiveError(`cannot check stack ${stack}: ${error.message}`, undefined, { cause: error });
  });
  if (uid === evidence.cluster.uid) return;
  throw new OtherClusterError(
    `The context ${cluster.context} does not point to the cluster on which stack ${stack} was verified.`,
    `Set edgefirst:gate.clusters.${stack} to the right context on this machine.`,
  );
}

/** The UID of the namespace kube-system, which identifies a cluster for as long as it exists. */
export async function clusterUid(cluster: LiveCluster): Promise<string> {
  const system = await cluster.get({
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: "kube-system" },
  });
  return typeof system?.metadata.uid === "string" ? system.metadata.uid : "";
}

function unhealthyBefore(record: Verification, checks: readonly Check[]): Set<string> {
  return new Set(
    checks.flatMap(({ id }) =>
      (record.checks.find((check) => check.id === id)?.unhealthyBefore ?? []).map(
        (object) => `${id} ${object}`,
      ),
    ),
  );
}

/**
 * The objects that the verification found. Evidence keeps them only for the last verification that passed, which is this one if the stack still runs a verified
 * release.
 */
function foundIn({ lastPass }: Evidence, record: Verification, checks: readonly Check[]): Set<string> {
  if (lastPass?.time !== record.time) return new Set();
  return new Set(
    checks.flatMap(({ id }) => {
      const { held = [], own = [], unhealthy = [] } = lastPass.checks[id] ?? {};
      return [...held, ...own, ...unhealthy]
        .filter((object) => !object.startsWith("HelmChart "))
        .map((object) => `${id} ${object}`);
    }),
  );
}
