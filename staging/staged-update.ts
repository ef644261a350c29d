import * as pulumi from "@pulumi/pulumi";
import type { Finding } from "../kube/client.ts";
import { enforce } from "../kube/findings.ts";
import { KubeClient } from "../kube/kube-client.ts";
import type { KubeObject } from "../kube/objects.ts";
import { EdgefirstError } from "../lib/errors.ts";
import { clusterClock, type Clock } from "./clock.ts";
import type { CheckId } from "../config/check-ids.ts";
import type { GatusAddress } from "../config/gatus-address.ts";
import { parseDuration } from "../lib/duration.ts";
import type { Evidence, OverrideRecord } from "./evidence.ts";
import { holdGate, type GateResult } from "./gate.ts";
import { descendsFrom } from "./git-history.ts";
import type { Before } from "./look.ts";
import { currentRelease, readOwnStack, type OwnStack } from "./own-stack.ts";
import { promote, type PromotedSource, type SourceReference } from "./promotion.ts";
import { readRecordedObjects, readStackOutputs } from "./stack-outputs.ts";
import { cancelledSummary, failUpdate, summaryOf } from "./verdict.ts";
import { reportWaiting } from "./waiting.ts";
import { lookBefore, verify, type Repository, type VerificationArgs } from "./verify.ts";

/** What decides how an update is staged; durations as Flux writes them. */
export interface StagingSettings {
  readonly after: readonly string[];
  readonly gate: {
    readonly maxAge: string;
    readonly unreachable: "refuse" | "warn";
    readonly patience: string;
    readonly clusters: Readonly<Record<string, { context: string; kubeconfig?: string | undefined }>>;
  };
  readonly override?: OverrideRecord | undefined;
  readonly verification: {
    readonly soak: string;
    readonly timeout: string;
    readonly interval: string;
    readonly skip: Readonly<Partial<Record<CheckId, string>>>;
  };
  readonly promotion: {
    readonly pin: boolean;
    readonly from?: string | undefined;
    readonly history?: string | undefined;
  };
}

/** Arguments of {@link stageUpdate}. */
export interface StagedUpdateArgs {
  readonly settings: StagingSettings;
  readonly release: string;
  /** SHA-256 of each manifest that only this stack's configuration names, by what it installs. */
  readonly manifests: Readonly<Record<string, string>>;
  /** Directory of the project. */
  readonly project: string;
  readonly cluster: KubeClient;
  /** Kubeconfig of this stack, in which the clusters of stacks before are looked for. */
  readonly kubeconfig?: string | undefined;
  readonly gatus: GatusAddress | null;
  readonly repository?: (Repository & { readonly source: PromotedSource }) | undefined;
}

/** An update that the gate has let pass. */
export interface StagedUpdate {
  /** What the repository is pinned to; undefined: as it is configured. */
  readonly ref: SourceReference | undefined;
  /**
   * Looks at the cluster; call it before the first resource.
   * @param declared every object that the program declares; may hold outputs
   */
  lookBefore(declared: readonly KubeObject[]): Promise<void>;
  /**
   * The stack's evidence. In a preview, as it was; in an update, with the verification of what was brought up: it always resolves, and fails the update
   * where something is wrong.
   * @param up is there once every resource is up
   * @param declared as before
   */
  evidence(up: pulumi.Output<unknown>, declared: readonly KubeObject[]): pulumi.Output<unknown>;
}

/**
 * Reads the stack's own evidence and holds the gate; changes nothing.
 * @throws {EdgefirstError} in an update that must not be; a preview warns instead
 */
export async function stageUpdate(args: StagedUpdateArgs): Promise<StagedUpdate> {
  const { settings, release } = args;
  refuseImpossible(settings);
  const stack = pulumi.getStack();
  const own = await readOwnStack(stack);
  const clock = await clusterClock(
    () => args.cluster.time(),
    (line) => void pulumi.log.warn(line),
  );
  const gate = await holdTheGate({ ...args, clock }, stack, own);
  const promotion = await promotionOf(args, gate);
  enforceStage([...gate.findings, ...promotion.findings], gate.override !== undefined);
  const verification: VerificationArgs = {
    ...args,
    stack,
    release,
    earlier: own.evidence,
    recorded: () => readRecordedObjects(stack),
    override: gate.override,
    skip: settings.verification.skip,
    soakMs: parseDuration(settings.verification.soak),
    timeoutMs: parseDuration(settings.verification.timeout),
    intervalMs: parseDuration(settings.verification.interval),
    clock,
    progress: (line, lasting) => {
      void pulumi.log.info(`verification: ${line}`, undefined, undefined, !lasting);
    },
  };
  let before: Before | undefined;
  return {
    ref: promotion.ref,
    lookBefore: async (declared) => {
      if (!pulumi.runtime.isDryRun()) before = await lookBefore(verification, declared);
    },
    evidence: (up, declared) => {
      // Before a stack's first update only the update can say.
      if (pulumi.runtime.isDryRun() || before === undefined)
        return pulumi.output<unknown>(own.output ?? pulumi.unknown);
      const looked = before;
      const stop = reportWaiting(verification);
      up.apply(stop);
      const verified = pulumi
        .all([up, pulumi.output(declared)])
        .apply(([, objects]) => runVerification(verification, looked, objects as unknown as KubeObject[]));
      // Declared Secrets go in; nothing of them comes out.
      return pulumi.unsecret(verified);
    },
  };
}

/** A soak that cannot be over in time would fail after half an hour. */
function refuseImpossible({ verification: { soak, timeout } }: StagingSettings): void {
  if (parseDuration(soak) < parseDuration(timeout)) return;
  throw new EdgefirstError(
    `edgefirst:verification.soak is ${soak} and verification.timeout ${timeout}: no verification could pass.`,
    "Set a longer time-out, or a shorter soak. Nothing was changed.",
  );
}

function holdTheGate(
  args: StagedUpdateArgs & { readonly clock: Clock },
  stack: string,
  own: OwnStack,
): Promise<GateResult> {
  const { settings, release, manifests, kubeconfig, clock } = args;
  const { maxAge, unreachable, patience, clusters } = settings.gate;
  return holdGate({
    stack,
    release,
    manifests,
    current: currentRelease(own, args),
    after: settings.after,
    maxAgeMs: parseDuration(maxAge),
    unreachable,
    patienceMs: pulumi.runtime.isDryRun() ? 0 : parseDuration(patience),
    override: settings.override,
    readOutputs: readStackOutputs,
    connect: (before, evidence) =>
      new KubeClient({ kubeconfig, context: evidence.cluster.context, ...clusters[before] }),
    clock,
    progress: (line) => void pulumi.log.info(`gate: ${line}`),
  });
}

async function promotionOf(
  { settings: { promotion, after }, repository, cluster }: StagedUpdateArgs,
  { predecessors }: GateResult,
): Promise<{ ref: SourceReference | undefined; findings: readonly Finding[] }> {
  if (!promotion.pin || repository === undefined) return { ref: undefined, findings: [] };
  const { source } = repository;
  return promote({
    from: predecessors.find(({ stack }) => stack === (promotion.from ?? after[0])),
    source,
    live: await cluster.get({
      apiVersion: "source.toolkit.fluxcd.io/v1",
      kind: source.kind,
      metadata: { name: source.name, namespace: source.namespace },
    }),
    descendsFrom: (newer, older) => descendsFrom(promotion.history ?? source.url, newer, older),
  });
}

/** A preview goes on, so that all stacks can be previewed before the first one is brought up; an override lets what it covers pass. */
function enforceStage(findings: readonly Finding[], overridden: boolean): void {
  const demote = pulumi.runtime.isDryRun() || overridden;
  enforce(
    findings.map((finding) =>
      demote && finding.severity === "error" ? { ...finding, severity: "warning" } : finding,
    ),
    pulumi.log,
  );
}

async function runVerification(
  args: VerificationArgs,
  before: Before,
  declared: readonly KubeObject[],
): Promise<Evidence> {
  const cancelled = new AbortController();
  const cancel = (): void => {
    cancelled.abort();
  };
  process.on("SIGINT", cancel).on("SIGTERM", cancel);
  try {
    const { evidence, record } = await verify({ ...args, signal: cancelled.signal }, before, declared);
    if ("failures" in record)
      failUpdate(cancelled.signal.aborted ? cancelledSummary(record) : summaryOf(record));
    else void pulumi.log.info(summaryOf(record));
    return evidence;
  } finally {
    process.off("SIGINT", cancel).off("SIGTERM", cancel);
  }
}
