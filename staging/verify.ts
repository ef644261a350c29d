import type { CheckId } from "../config/check-ids.ts";
import type { GatusAddress, RouteProbes } from "../config/gatus-address.ts";
import type { GatusAuthorizations } from "../config/gatus-credentials.ts";
import type { OwnChecks } from "../config/own-checks.ts";
import type { ObjectReference } from "../kube/client.ts";
import { describeObject, type KubeObject } from "../kube/objects.ts";
import { ownerRows } from "../policy/knowledge/owner-rows.ts";
import { EdgefirstError } from "../lib/errors.ts";
import { baselineOf, inheritedBaseline, type Baseline } from "./baseline.ts";
import { foundByName, recordedChecks } from "./check-record.ts";
import { runChecks } from "./check-round.ts";
import { readCheckout } from "./checkout.ts";
import type { Check } from "./checks/check.ts";
import { declarationChecks, liveChecks } from "./checks/checks.ts";
import { ownChecks, repeatablePart, type RepeatableChecks } from "./checks/own-checks.ts";
import { withoutPendingDeletions } from "./checks/undeclared.ts";
import type { Clock } from "./clock.ts";
import type { ComparedSettings } from "./differences.ts";
import { digestOf } from "./digest.ts";
import {
  withRevoked,
  withVerified,
  type Difference,
  type Evidence,
  type Failure,
  type OverrideRecord,
  type Revocation,
  type Verification,
} from "./evidence.ts";
import { FluxRequests } from "./flux-requests.ts";
import { ignoring, removalReasons, reportUnknown, type IgnoredObject } from "./ignored.ts";
import { gitopsRevision, type Repository } from "./gitops-revision.ts";
import {
  endExcuses,
  readMark,
  withoutEvidence,
  writeMark,
  type MarkableCluster,
  type MarkedStack,
} from "./update-mark.ts";
import type { WatchResult, WatchTiming } from "./watch-state.ts";
import { watch } from "./watch.ts";

/** Arguments of {@link verify} and {@link beginUpdate}. */
export interface VerificationArgs extends MarkedStack {
  readonly release: string;
  /** SHA-256 of each manifest that only this stack's configuration names, keyed by what the manifest installs. */
  readonly manifests: Readonly<Record<string, string>>;
  /** Directory of the project, whose commit is recorded in the evidence. */
  readonly directory: string;
  readonly cluster: MarkableCluster;
  /** UID of the cluster's namespace kube-system. */
  readonly uid: string;
  /** Whether the cluster was rebuilt; if so, no object is excused for having been unhealthy before. */
  readonly rebuilt?: boolean | undefined;
  readonly gatus: GatusAddress | null;
  /** undefined: what Gatus probes is not compared with the annotations. */
  readonly probes?: RouteProbes | undefined;
  /** The upstream stacks. */
  readonly after?: readonly string[] | undefined;
  /** The stacks upstream of those; undefined if they are not all known. */
  readonly further?: readonly string[] | undefined;
  /** Credentials for reaching Gatus by URL. */
  readonly authorizations?: GatusAuthorizations | undefined;
  /** The stack's own checks. */
  readonly ownChecks?: (RepeatableChecks & Pick<OwnChecks, "jobs">) | undefined;
  /** Settings that affect what the verification means. */
  readonly settings?: ComparedSettings | undefined;
  /** How these settings differ from those of the upstream stacks. */
  readonly differences?: readonly Difference[] | undefined;
  /** Checks to skip, with the reason for each. */
  readonly skip: Readonly<Partial<Record<CheckId, string>>>;
  /** Objects that were removed on purpose, with the reason for each. */
  readonly removed: Readonly<Record<string, string>>;
  /** Objects whose health does not count. */
  readonly ignored?: readonly IgnoredObject[] | undefined;
  /** The root Kustomization and the source whose revision the evidence names. */
  readonly repository?: Repository | undefined;
  /** The stack's earlier evidence. */
  readonly earlier: Evidence | undefined;
  /** The objects in the stack's state. */
  readonly recorded: () => Promise<readonly ObjectReference[]>;
  readonly override?: OverrideRecord | undefined;
  readonly timing: WatchTiming;
  readonly clock: Clock;
  readonly progress: (line: string, lasting: boolean) => void;
}

const NOTHING_EXCUSED = { excused: new Set<string>() };

const GONE =
  "was healthy but is gone; if it was removed on purpose, list it under edgefirst:verification.removed with the reason";

/** The outcome of a verification. */
export type VerificationResult =
  | {
      readonly evidence: Evidence;
      /** The record that was added to the evidence. It contains the failures if the verification failed. */
      readonly record: Verification | Revocation;
    }
  /** Without a result: the earlier evidence stands. */
  | { readonly inconclusive: string; readonly failures: readonly Failure[] };

/**
 * Records the state of the cluster before the update, and marks the update as begun. The update is not blamed for objects that are already unhealthy, unless an
 * earlier, unverified update may have broken them.
 * @param declared every object that the program declares
 * @throws {EdgefirstError} if the cluster cannot be read, or the mark cannot be written
 */
export async function beginUpdate(
  args: VerificationArgs,
  declared: readonly ObjectReference[],
): Promise<Baseline> {
  const { cluster, earlier, release, clock } = args;
  const checks = enabled(checksOnCluster(args, declared, { since: 0 }), args);
  const follows = earlier?.lastPass?.time ?? earlier?.verified[0]?.time;
  const mark = await readMark(cluster, args, follows);
  if (mark !== undefined && earlier === undefined) args.progress(withoutEvidence(mark), true);
  const round = await runChecks(checks);
  const measured =
    mark === undefined
      ? {
          ...baselineOf(round, checks, { earlier, root: rootOf(args) }),
          ...(args.rebuilt && NOTHING_EXCUSED),
        }
      : inheritedBaseline(mark, round, checks, rootOf(args));
  const baseline = { ...measured, moved: mark?.moved === true || earlier?.verified[0]?.release !== release };
  const now = clock.now();
  // Not later than now, because an older program compares it with the time of the pass that is to make the mark obsolete.
  const began = new Date(mark === undefined ? now : Math.min(Date.parse(mark.began), now)).toISOString();
  await writeMark(cluster, args, { release: mark?.release ?? release, began, follows, baseline });
  return baseline;
}

/** An update that is ready to be verified. */
export interface FinishedUpdate {
  readonly baseline: Baseline;
  /** Every object that the program declares. */
  readonly declared: readonly KubeObject[];
}

/** Verifies an update and adds the outcome to the stack's evidence. */
export async function verify(
  args: VerificationArgs,
  { baseline, declared }: FinishedUpdate,
  signal?: AbortSignal,
): Promise<VerificationResult> {
  const { clock, timing, progress, earlier, ignored = [] } = args;
  const removed = { ...removalReasons(ignored), ...args.removed };
  const since = clock.now();
  const requests = new FluxRequests(args.cluster, new Date(since).toISOString());
  const all = [
    ...checksOnCluster(args, declared, { since, requests }),
    ...declarationChecks(args, declared),
    ...(args.ownChecks === undefined ? [] : ownChecks(args, args.ownChecks)),
  ];
  const checks = enabled(all, args);
  const root = rootOf(args);
  const onRecovery = (recovered: ReadonlySet<string>): Promise<void> => recordRecovery(args, recovered);
  const result = await watch(
    { checks, baseline, timing, root, removed, gone: GONE, progress, onRecovery },
    clock,
    signal,
  ).finally(() => Promise.all(checks.map(async (check) => check.end?.())));
  reportUnknown(ignored, [...result.round.verdicts, ...result.removed], progress);
  const failures = result.failures.map(({ check, object, message }) => ({ check, object, message }));
  if (result.inconclusive !== undefined) return { inconclusive: result.inconclusive, failures };
  const subject = {
    cluster: { context: args.cluster.context, uid: args.uid },
    gatus: args.gatus,
    ownChecks: repeatablePart(args.ownChecks),
    after: [...(args.after ?? [])],
    further: args.further && [...args.further],
  };
  const record = await recordOf(args, declared, result);
  if (failures.length === 0) {
    const pass = { record, checks: foundByName(result), moved: baseline.moved };
    return { record, evidence: withVerified(earlier, subject, pass) };
  }
  const revocation = { ...record, failures };
  return { record: revocation, evidence: withRevoked(earlier, subject, revocation) };
}

/** Ends the excuses of objects that have been healthy. An error is only reported, since this verification does not depend on the mark. */
async function recordRecovery(args: VerificationArgs, recovered: ReadonlySet<string>): Promise<void> {
  await endExcuses(args.cluster, args, recovered).catch((error: unknown) => {
    if (!(error instanceof EdgefirstError)) throw error;
    args.progress(`could not change this update's mark in kube-system: ${error.message}`, true);
  });
}

function rootOf({ repository }: VerificationArgs): string | undefined {
  return repository && describeObject({ kind: "Kustomization", metadata: repository.root });
}

async function recordOf(
  args: VerificationArgs,
  declared: readonly KubeObject[],
  result: WatchResult,
): Promise<Verification> {
  const { release, directory, clock, skip, manifests, cluster, repository, override } = args;
  const { settings, differences = [], ignored = [] } = args;
  const rows = ownerRows(directory);
  return {
    release,
    ...(await readCheckout(directory)),
    time: new Date(clock.now()).toISOString(),
    soak: Math.round(result.soakMs / 1_000),
    checks: recordedChecks(skip, result),
    manifests: { ...manifests },
    ...(rows.length > 0 && { ownerRows: [...rows] }),
    digest: digestOf(declared),
    gitops: await gitopsRevision(cluster, repository),
    ...(settings !== undefined && { settings: { ...settings } }),
    ...(differences.length > 0 && { differences: [...differences] }),
    ...(ignored.length > 0 && { ignored: [...ignored] }),
    ...(override !== undefined && { override }),
  };
}

/** What counts as newer than the update: Gatus results since a time (milliseconds since the epoch), and Flux statuses that answer a request. */
interface News {
  readonly since: number;
  readonly requests?: FluxRequests;
}

function checksOnCluster(
  { cluster, stack, gatus, probes, authorizations }: VerificationArgs,
  declared: readonly ObjectReference[],
  { since, requests }: News,
): Check[] {
  const remaining = withoutPendingDeletions(cluster, stack, declared);
  return liveChecks({ cluster: remaining, stack, gatus, probes, authorizations, since, requests });
}

function enabled(checks: readonly Check[], { skip, ignored = [], clock }: VerificationArgs): Check[] {
  return ignoring(
    checks.filter(({ id }) => skip[id] === undefined),
    ignored,
    clock,
  );
}
