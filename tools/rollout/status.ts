import { readEvidence, standingOf, type Evidence, type OverrideRecord } from "../../staging/evidence.ts";
import { type StackNode } from "./plan.ts";
import { type LastUpdate } from "./stack.ts";
import { type EngineSummary } from "./summary.ts";

/** What was read of a stack. */
export interface StackSnapshot {
  /** Empty where it never ran. */
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly lastUpdate: LastUpdate | undefined;
  /** Why nothing could be read; then the rest is empty. */
  readonly fault?: string;
  /** Only where it was asked for. */
  readonly drift?: EngineSummary;
}

/** How the release of a stack stands to what a stack before it has verified. */
export interface Position {
  readonly before: string;
  /** level: the same; behind: an older one that it has verified; unproven: one that it has not verified, or has revoked. */
  readonly state: "level" | "behind" | "unproven";
  /** By how many verified releases it is behind; 0 otherwise. */
  readonly releases: number;
}

/** A stack as `edgefirst status` tells it. */
export interface StackStatus {
  readonly stack: string;
  /** Release that it runs; absent where it never ran. */
  readonly release?: string;
  /** How that release stands in the stack's own evidence. */
  readonly verification: "verified" | "revoked" | "none";
  /** Instant of that verification, or revocation. */
  readonly verifiedAt?: string;
  /** Seconds for which every check held. */
  readonly soak?: number;
  /** Revision that the root Kustomization applied last, as Flux writes it. */
  readonly revision?: string;
  /** What it has verified and remembers, the latest first; those that a rollback can go to. */
  readonly verified: readonly {
    readonly release: string;
    readonly commit: string | null;
    readonly time: string;
  }[];
  readonly positions: readonly Position[];
  /** Override under which the release was brought up, where it has not expired. */
  readonly override?: OverrideRecord;
  readonly lastUpdate?: LastUpdate;
  /** Objects that differ on the cluster from what the last update has left. */
  readonly drift?: readonly string[];
  /** What a person must know beside the table, each as a sentence. */
  readonly notes: readonly string[];
}

/**
 * Tells how every stack is from what was read of each.
 * @param now instant, for what expires
 */
export function fleetStatus(
  stacks: readonly StackNode[],
  readings: ReadonlyMap<string, StackSnapshot>,
  now: Date,
): StackStatus[] {
  return stacks.map((node) => stackStatus(node, readings, now));
}

function stackStatus(
  { name, after }: StackNode,
  readings: ReadonlyMap<string, StackSnapshot>,
  now: Date,
): StackStatus {
  const reading = readings.get(name);
  const { outputs = {}, lastUpdate, fault, drift } = reading ?? {};
  const release = text(outputs.release);
  const revision = text(outputs.fluxRevision);
  const evidence = evidenceIn(name, reading);
  const standing =
    evidence === undefined || release === undefined ? undefined : standingOf(evidence, release);
  const record = standing === undefined || standing.state === "unknown" ? undefined : standing.record;
  const positions = after.map((before) =>
    position(before, release, evidenceIn(before, readings.get(before)), readings.get(before)?.outputs ?? {}),
  );
  const override =
    record?.override !== undefined && Date.parse(record.override.expires) > now.getTime()
      ? record.override
      : undefined;
  const drifted = drift?.changes.map(({ kind, object, properties }) =>
    kind === "update" ? `${object} (${properties.join(", ")})` : `${object} is gone`,
  );
  return {
    stack: name,
    ...(release !== undefined && { release }),
    verification: record === undefined ? "none" : standing?.state === "revoked" ? "revoked" : "verified",
    ...(record !== undefined && { verifiedAt: record.time, soak: record.soak }),
    ...(revision !== undefined && { revision }),
    verified: (evidence?.verified ?? []).map((entry) => ({
      release: entry.release,
      commit: entry.commit,
      time: entry.time,
    })),
    positions,
    ...(override !== undefined && { override }),
    ...(lastUpdate !== undefined && { lastUpdate }),
    ...(drifted !== undefined && { drift: drifted }),
    notes: [
      ...(fault !== undefined ? [fault] : unreadable(name, outputs)),
      ...(standing?.state === "revoked"
        ? standing.record.failures.map(
            ({ object, message }) => `its verification failed: ${object}: ${message}`,
          )
        : []),
      ...(lastUpdate?.result === "failed" && record !== undefined && standing?.state === "verified"
        ? ["its last update failed after the verification that its evidence holds"]
        : []),
      ...positions.filter(({ state }) => state === "unproven").map(({ before }) => unproven(before, release)),
      ...(override === undefined
        ? []
        : [`brought up under an override until ${override.expires}: ${override.reason}`]),
      ...(drifted === undefined
        ? []
        : drifted.length === 0
          ? ["no drift"]
          : [`drift: ${drifted.join(", ")}`]),
    ],
  };
}

function position(
  before: string,
  release: string | undefined,
  evidence: Evidence | undefined,
  outputs: Readonly<Record<string, unknown>>,
): Position {
  const verified = evidence?.verified.findIndex((entry) => entry.release === release) ?? -1;
  if (release === undefined || verified === -1) return { before, state: "unproven", releases: 0 };
  if (outputs.release === release) return { before, state: "level", releases: 0 };
  return { before, state: "behind", releases: verified };
}

function evidenceIn(stack: string, reading: StackSnapshot | undefined): Evidence | undefined {
  const read = readEvidence(stack, reading?.outputs ?? {});
  return read.state === "present" ? read.evidence : undefined;
}

function unreadable(stack: string, outputs: Readonly<Record<string, unknown>>): string[] {
  const read = readEvidence(stack, outputs);
  return read.state === "present" ? [] : [read.message];
}

function unproven(before: string, release: string | undefined): string {
  return release === undefined
    ? `it waits for ${before}`
    : `${before} has not verified the release that it runs`;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
