import { createHash } from "node:crypto";
import { CHECK_IDS, type CheckId } from "../config/check-ids.ts";
import type { GatusAddress } from "../config/gatus-address.ts";
import type { LiveCluster, ObjectReference } from "../kube/client.ts";
import type { KubeObject } from "../kube/objects.ts";
import { readCheckout } from "./checkout.ts";
import type { Check } from "./checks/check.ts";
import { declarationChecks, liveChecks } from "./checks/checks.ts";
import { withoutLeaving } from "./checks/undeclared.ts";
import type { Clock } from "./clock.ts";
import {
  withRevoked,
  withVerified,
  type CheckRecord,
  type Evidence,
  type GitopsRevision,
  type OverrideRecord,
  type Revocation,
} from "./evidence.ts";
import { clusterUid } from "./live-check.ts";
import { lookOnce, type Before } from "./look.ts";
import type { Patience, WatchResult } from "./watch-state.ts";
import { watch } from "./watch.ts";

/** What is verified, and how. */
export interface VerificationArgs extends Patience {
  readonly stack: string;
  readonly release: string;
  /** SHA-256 of each manifest that only this stack's configuration names, by what it installs. */
  readonly manifests: Readonly<Record<string, string>>;
  /** Directory of the project, for its commit. */
  readonly project: string;
  readonly cluster: LiveCluster;
  readonly gatus: GatusAddress | null;
  /** Checks that are not made, each with the reason. */
  readonly skip: Readonly<Partial<Record<CheckId, string>>>;
  /** The root Kustomization and the source whose revision the evidence names. */
  readonly repository?: Repository | undefined;
  /** The stack's earlier evidence. */
  readonly earlier: Evidence | undefined;
  /** The objects in the stack's state. */
  readonly recorded: () => Promise<readonly ObjectReference[]>;
  readonly override?: OverrideRecord | undefined;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  readonly progress: (line: string, lasting: boolean) => void;
}

/** The GitOps repository as the cluster knows it. */
export interface Repository {
  readonly root: { readonly name: string; readonly namespace: string };
  readonly source: {
    readonly kind: "GitRepository" | "OCIRepository";
    readonly name: string;
    readonly namespace: string;
  };
}

/** What a verification came to. */
export interface VerificationResult {
  readonly evidence: Evidence;
  /** What the evidence now says of this release: with failures, or without. */
  readonly record: Evidence["verified"][number] | Revocation;
}

/**
 * Looks at the cluster before the update; what is unhealthy already is not blamed on it.
 * @param declared every object that the program declares
 */
export async function lookBefore(
  args: VerificationArgs,
  declared: readonly ObjectReference[],
): Promise<Before> {
  const look = await lookOnce(made(checksOf(args, declared, 0), args));
  return { look, blamed: blamedBy(args.earlier) };
}

/** What failed since the last verification that passed: a broken release must not excuse itself by having been broken before. */
function blamedBy(earlier: Evidence | undefined): Set<string> {
  const passed = Math.max(0, ...(earlier?.verified ?? []).map(({ time }) => Date.parse(time)));
  const revoked = (earlier?.revoked ?? []).filter(({ time }) => Date.parse(time) > passed);
  return new Set(
    revoked.flatMap(({ failures }) => failures.map(({ check, object }) => `${check} ${object}`)),
  );
}

/**
 * Verifies what an update has brought up, and adds the outcome to the stack's evidence.
 * @param declared every object that the program declares
 */
export async function verify(
  args: VerificationArgs,
  before: Before,
  declared: readonly KubeObject[],
): Promise<VerificationResult> {
  const { cluster, clock, earlier, gatus, override } = args;
  const all = [...checksOf(args, declared, clock.now()), ...declarationChecks(args, declared)];
  const result = await watch({ ...args, checks: made(all, args), before }, clock, args.signal);
  const subject = { cluster: { context: cluster.context, uid: await uidOf(args) }, gatus };
  const record = {
    release: args.release,
    ...(await readCheckout(args.project)),
    time: new Date(clock.now()).toISOString(),
    soak: Math.round(result.soakMs / 1_000),
    checks: CHECK_IDS.map((id) => checkRecord(id, args.skip[id], result)),
    manifests: { ...args.manifests },
    digest: digestOf(declared),
    gitops: await gitopsRevision(args),
    ...(override !== undefined && { override }),
  };
  if (result.failures.length === 0) return { record, evidence: withVerified(earlier, subject, record) };
  const failures = result.failures.map(({ check, object, message }) => ({ check, object, message }));
  const revocation = { ...record, failures };
  return { record: revocation, evidence: withRevoked(earlier, subject, revocation) };
}

function checksOf(args: VerificationArgs, declared: readonly ObjectReference[], since: number): Check[] {
  return liveChecks({ ...args, cluster: withoutLeaving(args.cluster, args.stack, declared), since });
}

function made(checks: readonly Check[], { skip }: VerificationArgs): Check[] {
  return checks.filter(({ id }) => skip[id] === undefined);
}

function checkRecord(
  id: CheckId,
  skipped: string | undefined,
  { look, failures, excused }: WatchResult,
): CheckRecord {
  if (skipped !== undefined)
    return { id, outcome: "notChecked", objects: 0, notes: [skipped], unhealthyBefore: [] };
  const verdicts = look.verdicts.filter(({ check }) => check === id);
  const judged = verdicts.filter(({ state }) => state !== "skipped");
  const failed = failures.some(({ check }) => check === id);
  return {
    id,
    outcome: failed ? "failed" : judged.length === 0 && id !== "leftovers" ? "nothing" : "held",
    objects: judged.length,
    notes: [
      ...(look.sightings.get(id)?.notes ?? []),
      ...verdicts
        .filter(({ state }) => state === "skipped")
        .map(({ object, message }) => `${object} ${message}.`),
    ],
    unhealthyBefore: excused.filter(({ check }) => check === id).map(({ object }) => object),
  };
}

/** SHA-256 over the declared objects, whatever their order. The values of Secrets are left out: a digest must not help to guess them. */
export function digestOf(declared: readonly KubeObject[]): string {
  const lines = declared
    .map((object) =>
      object.kind === "Secret" ? { ...object, data: undefined, stringData: undefined } : object,
    )
    .map((object) => JSON.stringify(sorted(object)));
  return createHash("sha256").update(lines.sort().join("\n")).digest("hex");
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, entry]) => [key, sorted(entry)]),
  );
}

/** After a lost connection what was known before is better than nothing. */
async function uidOf({ cluster, earlier }: VerificationArgs): Promise<string> {
  return clusterUid(cluster).catch(() => earlier?.cluster.uid ?? "");
}

async function gitopsRevision({ repository, cluster }: VerificationArgs): Promise<GitopsRevision | null> {
  if (repository === undefined) return null;
  const { root, source } = repository;
  const read = async (apiVersion: string, kind: string, metadata: { name: string; namespace: string }) =>
    cluster.get({ apiVersion, kind, metadata }).catch(() => undefined);
  const kustomization = await read("kustomize.toolkit.fluxcd.io/v1", "Kustomization", root);
  const live = await read("source.toolkit.fluxcd.io/v1", source.kind, source);
  const { lastAppliedRevision: revision } = (kustomization?.status ?? {}) as { lastAppliedRevision?: string };
  const { url } = (live?.spec ?? {}) as { url?: string };
  return revision === undefined || url === undefined ? null : { kind: source.kind, url, revision };
}
