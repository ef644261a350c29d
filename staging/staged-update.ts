import * as pulumi from "@pulumi/pulumi";
import type { Finding } from "../kube/client.ts";
import { enforce } from "../kube/findings.ts";
import type { KubeObject } from "../kube/objects.ts";
import { EdgefirstError } from "../lib/errors.ts";
import type { Baseline } from "./baseline.ts";
import { clusterClock } from "./clock.ts";
import { PROVIDER_NAME, unchangedProvider } from "./declared-provider.ts";
import { describeDifference } from "./differences.ts";
import type { Difference, Evidence } from "./evidence.ts";
import { failUpdate } from "./fail-update.ts";
import { checkGate, type GateResult } from "./gate.ts";
import { expiredIgnores } from "./ignored.ts";
import { descendsFrom } from "./git-history.ts";
import { beginningMove, withMove, type OpenMove } from "./moves.ts";
import { Notifier } from "./notifier.ts";
import { readOwnStack } from "./own-stack.ts";
import type { ClusterProvider } from "./cluster-identity.ts";
import { clusterUid } from "./live-check.ts";
import { identifyCluster } from "./own-cluster.ts";
import { promote, type SourceReference } from "./promotion.ts";
import { readRecordedProvider } from "./stack-outputs.ts";
import { refuseSenseless } from "./staging-settings.ts";
import { gateArgs, verificationArgs, type StagedUpdateArgs } from "./update-args.ts";
import { inconclusiveSummary, summaryOf } from "./verification-summary.ts";
import { beginUpdate, verify, type FinishedUpdate, type VerificationArgs } from "./verify.ts";
import { reportWaiting } from "./waiting.ts";

/** An update that has passed the gate. */
export interface StagedUpdate {
  /** The reference at which to pin the repository; undefined to keep the configured one. */
  readonly ref: SourceReference | undefined;
  /** The settings of the stack's provider, which is named {@link PROVIDER_NAME}. */
  readonly provider: ClusterProvider;
  /**
   * Records the state of the cluster and marks the update as begun. Call it before registering the first resource.
   * @param declared every object that the program declares; may contain outputs
   */
  begin(declared: readonly KubeObject[]): Promise<void>;
  /**
   * The stack's evidence; unknown in a preview. An update adds the result of its verification. The output always resolves; if the verification fails, the
   * update fails too.
   * @param up resolves once every resource is up
   * @param declared as for {@link begin}
   */
  evidence(up: pulumi.Output<unknown>, declared: readonly KubeObject[]): pulumi.Output<unknown>;
}

/**
 * Reads the stack's own evidence and checks the gate. Changes nothing.
 * @throws {EdgefirstError} if the update must not go ahead; a preview warns instead
 */
export async function stageUpdate(args: StagedUpdateArgs): Promise<StagedUpdate> {
  const { settings, cluster, release } = args;
  const began = new Date().toISOString();
  refuseSenseless(settings);
  const stack = pulumi.getStack();
  const own = await readOwnStack(stack, await clusterUid(cluster));
  const identity = await identifyCluster(
    {
      stack,
      uid: own.uid,
      verifiedOn: own.verifiedOn,
      recorded:
        unchangedProvider(own.provider, settings.cluster) ??
        (await readRecordedProvider(stack, PROVIDER_NAME)),
      configured: settings.cluster,
    },
    cluster,
  );
  const clock = await clusterClock(
    () => cluster.time(),
    (line) => void pulumi.log.warn(line),
  );
  const comparison = gateArgs(args, own, clock);
  const gate = await checkGate(comparison);
  reportDifferences(gate.differences);
  const promotion = await promotionOf(args, gate);
  const notifier = new Notifier(settings.notify, args.secrets, release);
  await enforceStage(
    notifier,
    [...expiredIgnores(settings.verification.ignore, clock.now()), ...gate.findings, ...promotion.findings],
    gate.override !== undefined,
  );
  const verification = { ...verificationArgs(args, own, gate, clock), rebuilt: identity.rebuilt };
  const move = beginningMove(comparison, gate, own.release, began);
  let baseline: Baseline | undefined;
  return {
    ref: promotion.ref,
    provider: identity.provider,
    begin: async (declared) => {
      if (!pulumi.runtime.isDryRun()) baseline = await beginUpdate(verification, declared);
    },
    evidence: (up, declared) => {
      // Every update adds to the evidence. If the preview showed it as known, an update with a saved plan would be refused, and the evidence would be lost.
      if (pulumi.runtime.isDryRun() || baseline === undefined) return pulumi.output<unknown>(pulumi.unknown);
      const recorded = baseline;
      up.apply(reportWaiting(verification));
      const verified = pulumi
        .all([up, pulumi.output(declared)])
        .apply(([, objects]) =>
          runVerification(verification, { baseline: recorded, declared: objects }, { notifier, move }),
        )
        .apply((evidence) => evidence ?? own.output);
      // The declared objects include Secrets, but the evidence contains nothing from them.
      return pulumi.unsecret(verified);
    },
  };
}

async function promotionOf(
  { settings: { promotion, after }, repository, cluster }: StagedUpdateArgs,
  { upstream }: GateResult,
): Promise<{ ref: SourceReference | undefined; findings: readonly Finding[] }> {
  if (!promotion.pin || repository === undefined) return { ref: undefined, findings: [] };
  const { source } = repository;
  return promote({
    from: upstream.find(({ stack }) => stack === (promotion.from ?? after[0])),
    source,
    live: await cluster.get({
      apiVersion: "source.toolkit.fluxcd.io/v1",
      kind: source.kind,
      metadata: { name: source.name, namespace: source.namespace },
    }),
    descendsFrom: (newer, older) => descendsFrom(promotion.history ?? source.url, newer, older),
  });
}

/** The gate's message only names these settings. Their values are logged at the debug level, or as info with EDGEFIRST_VERBOSE=1. */
function reportDifferences(differences: readonly Difference[]): void {
  const isVerbose = process.env.EDGEFIRST_VERBOSE === "1";
  for (const line of differences.map(describeDifference))
    void (isVerbose ? pulumi.log.info(`gate: ${line}`) : pulumi.log.debug(line));
}

/**
 * A preview continues despite errors, so that all stacks can be previewed before the first one is brought up. An override lets the stack pass on which it is
 * set.
 */
async function enforceStage(
  notifier: Notifier,
  findings: readonly Finding[],
  overridden: boolean,
): Promise<void> {
  const demote = pulumi.runtime.isDryRun() || overridden;
  try {
    enforce(
      findings.map((finding) =>
        demote && finding.severity === "error" ? { ...finding, severity: "warning" } : finding,
      ),
      pulumi.log,
    );
  } catch (error) {
    if (error instanceof EdgefirstError) await notifier.send("refused", error.message);
    throw error;
  }
}

/** What the history records about an update, and how its outcome is sent. */
interface Reporting {
  readonly notifier: Notifier;
  readonly move: OpenMove;
}

/** @returns the evidence; undefined if the verification has no result, in which case the earlier evidence stands */
async function runVerification(
  args: VerificationArgs,
  update: FinishedUpdate,
  { notifier, move }: Reporting,
): Promise<Evidence | undefined> {
  const cancelled = new AbortController();
  const cancel = (): void => {
    cancelled.abort();
  };
  process.on("SIGINT", cancel).on("SIGTERM", cancel);
  try {
    const result = await verify(args, update, cancelled.signal);
    if ("inconclusive" in result) {
      const summary = inconclusiveSummary(args.release, result);
      await notifier.send("inconclusive", summary);
      failUpdate(summary);
      return undefined;
    }
    const summary = summaryOf(result.record);
    const outcome = "failures" in result.record ? "failed" : "verified";
    const notified = [...(await notifier.send(outcome, summary))];
    if (outcome === "failed") failUpdate(summary);
    else void pulumi.log.info(summary);
    return withMove(result.evidence, { ...move, outcome, ended: new Date().toISOString(), notified });
  } finally {
    process.off("SIGINT", cancel).off("SIGTERM", cancel);
  }
}
