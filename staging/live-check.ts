import type { LiveCluster } from "../kube/client.ts";
import { EdgefirstError } from "../lib/errors.ts";
import { NO_BASELINE } from "./baseline.ts";
import type { Check } from "./checks/check.ts";
import { liveChecks } from "./checks/checks.ts";
import type { Clock } from "./clock.ts";
import type { Evidence, Verification } from "./evidence.ts";
import { InconclusiveError } from "./inconclusive.ts";
import type { WatchResult } from "./watch-state.ts";
import { watch } from "./watch.ts";

/** Arguments of {@link checkLive}. */
export interface LiveCheckArgs {
  readonly stack: string;
  readonly evidence: Evidence;
  /** The verification that must still be true. */
  readonly record: Verification;
  readonly cluster: LiveCluster;
  /** Milliseconds that a failing check has to recover; 0 for a single round. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  readonly progress: (line: string) => void;
}

const INTERVAL_MS = 2_000;
const OUTAGE_MS = 30_000;

/**
 * Checks whether a stack is still as healthy as it was when it was verified: the same checks, without its program and without a soak. What was unhealthy
 * before that verification is excused here too; what it found by name must still exist, or an emptied cluster would be healthy.
 * @throws {InconclusiveError} if the cluster cannot be reached; {EdgefirstError} if it is another one
 */
export async function checkLive(args: LiveCheckArgs): Promise<WatchResult> {
  const { stack, evidence, record, cluster, timeoutMs, clock, signal, progress } = args;
  await refuseOtherCluster(stack, evidence, cluster);
  const skipped = new Set(
    record.checks.filter(({ outcome }) => outcome === "notChecked").map(({ id }) => id),
  );
  const checks = liveChecks({ stack, cluster, gatus: evidence.gatus, since: 0 }).filter(
    ({ id }) => !skipped.has(id),
  );
  const result = await watch(
    {
      checks,
      baseline: {
        ...NO_BASELINE,
        excused: unhealthyBefore(record, checks),
        expected: foundIn(evidence, record, checks),
      },
      gone: "was healthy when the release was verified, and is gone",
      timing: { soakMs: 0, timeoutMs, intervalMs: INTERVAL_MS, outageMs: OUTAGE_MS },
      progress: (line, lasting) => {
        if (lasting) progress(line);
      },
    },
    clock,
    signal,
  );
  if (result.inconclusive === undefined) return result;
  throw new InconclusiveError(`the live check of stack ${stack} has no result: ${result.inconclusive}`);
}

/** The same context name may lead to another cluster on another machine. */
async function refuseOtherCluster(stack: string, evidence: Evidence, cluster: LiveCluster): Promise<void> {
  const uid = await clusterUid(cluster).catch((error: unknown) => {
    if (!(error instanceof EdgefirstError)) throw error;
    throw new InconclusiveError(`cannot check stack ${stack}: ${error.message}`, undefined, { cause: error });
  });
  if (uid === evidence.cluster.uid) return;
  throw new EdgefirstError(
    `The context ${cluster.context} leads to another cluster than the one on which stack ${stack} was verified.`,
    `Set edgefirst:gate.clusters.${stack} to the right context of this machine.`,
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

/** What the verification found. Only the last one that passed keeps the names, and a stack that runs a verified release passed that one last. */
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
