import type { LiveCluster } from "../kube/client.ts";
import { EdgefirstError } from "../lib/errors.ts";
import type { Check } from "./checks/check.ts";
import { liveChecks } from "./checks/checks.ts";
import type { Clock } from "./clock.ts";
import type { Evidence, Verification } from "./evidence.ts";
import type { Judged, Look } from "./look.ts";
import type { WatchResult } from "./watch-state.ts";
import { watch } from "./watch.ts";

/** Arguments of {@link checkLive}. */
export interface LiveCheckArgs {
  readonly stack: string;
  readonly evidence: Evidence;
  /** The verification that is to be true still. */
  readonly record: Verification;
  readonly cluster: LiveCluster;
  /** Milliseconds for which what is wrong may mend itself; 0 for one look. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  readonly progress: (line: string) => void;
}

const INTERVAL_MS = 2_000;

/**
 * Looks whether a stack is still as well as it was when it was verified, by the same checks, without its program and without a soak. What was unhealthy before that
 * verification is not blamed on it now either.
 * @throws {EdgefirstError} where the cluster cannot be reached, or is another one
 */
export async function checkLive(args: LiveCheckArgs): Promise<WatchResult> {
  const { stack, evidence, record, cluster, timeoutMs, clock, signal, progress } = args;
  await refuseOther(stack, evidence, cluster);
  const left = new Set(record.checks.filter(({ outcome }) => outcome === "notChecked").map(({ id }) => id));
  const checks = liveChecks({ stack, cluster, gatus: evidence.gatus, since: 0 }).filter(
    ({ id }) => !left.has(id),
  );
  return watch(
    {
      checks,
      before: { look: excusedIn(record, checks), blamed: new Set() },
      soakMs: 0,
      timeoutMs,
      intervalMs: INTERVAL_MS,
      progress: (line, lasting) => {
        if (lasting) progress(line);
      },
    },
    clock,
    signal,
  );
}

/** A context of this name may lead to another cluster on another machine. */
async function refuseOther(stack: string, evidence: Evidence, cluster: LiveCluster): Promise<void> {
  const uid = await clusterUid(cluster);
  if (uid === evidence.cluster.uid) return;
  throw new EdgefirstError(
    `The context ${cluster.context} leads to another cluster than the one on which stack ${stack} was verified.`,
    `Name the right context of this machine in edgefirst:gate.clusters.${stack}.`,
  );
}

/** The UID of the namespace kube-system, which lives as long as its cluster. */
export async function clusterUid(cluster: LiveCluster): Promise<string> {
  const system = await cluster.get({
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: "kube-system" },
  });
  return typeof system?.metadata.uid === "string" ? system.metadata.uid : "";
}

function excusedIn({ checks }: Verification, made: readonly Check[]): Look {
  const verdicts = made.flatMap(({ id }) =>
    (checks.find((check) => check.id === id)?.unhealthyBefore ?? []).map((object): Judged => ({
      check: id,
      object,
      state: "failed",
      message: "",
      own: false,
    })),
  );
  return { verdicts, sightings: new Map() };
}
