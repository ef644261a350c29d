import {
  readEvidence,
  standingOf,
  type Evidence,
  type OverrideRecord,
  type Standing,
} from "../../staging/evidence.ts";
import {
  holdOf,
  NO_DIRECTIVES,
  revocationOf,
  type Directive,
  type Directives,
} from "../../staging/directives.ts";
import { weaknessesOf } from "../../staging/weaknesses.ts";
import { type StackNode } from "./plan.ts";
import { type LastUpdate } from "./stack.ts";
import { type EngineSummary } from "./summary.ts";

/** A stack's state as read from the backend. */
export interface StackSnapshot {
  /** Empty before its first update. */
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly lastUpdate: LastUpdate | undefined;
  /** Why it could not be read; the rest is then empty. */
  readonly error?: string;
  /** Only on request. */
  readonly drift?: EngineSummary;
  readonly directives?: Directives | undefined;
}

/** A stack's release compared with what an upstream stack has verified. */
export interface Position {
  readonly upstream: string;
  /** `level`: the same release; `behind`: an older verified one; `unproven`: one that the upstream stack has not verified, or has revoked. */
  readonly state: "level" | "behind" | "unproven";
  /** How many verified releases it is behind; otherwise 0. */
  readonly releases: number;
}

/** A stack as `edgefirst status` shows it. */
export interface StackStatus {
  readonly stack: string;
  /** The release that it runs; absent before its first update. */
  readonly release?: string;
  /** How that release stands in the stack's own evidence. */
  readonly verification: "verified" | "revoked" | "none";
  /** When it was verified or revoked. */
  readonly verifiedAt?: string;
  /** Soak in seconds. */
  readonly soak?: number;
  /** The revision that the root Kustomization applied last, as Flux writes it. */
  readonly revision?: string;
  /** Its verified releases, latest first: the ones that a rollback can go back to. */
  readonly verified: readonly {
    readonly release: string;
    readonly commit: string | null;
    readonly time: string;
  }[];
  readonly positions: readonly Position[];
  /** The override under which the release was brought up, unless it has expired. */
  readonly override?: OverrideRecord;
  /** The hold that is in force. */
  readonly hold?: Directive;
  readonly lastUpdate?: LastUpdate;
  /** Objects that differ from what the last update left. */
  readonly drift?: readonly string[];
  /** What the table does not show, as sentences. */
  readonly notes: readonly string[];
}

/**
 * The status of every stack.
 * @param now decides whether an override has expired
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
  const { outputs = {}, lastUpdate, error, drift, directives = NO_DIRECTIVES } = reading ?? {};
  const hold = holdOf(directives, now.getTime());
  const release = text(outputs.release);
  const revision = text(outputs.fluxRevision);
  const evidence = evidenceIn(name, reading);
  const standing =
    evidence === undefined || release === undefined ? undefined : standingOf(evidence, release);
  const record = standing === undefined || standing.state === "unknown" ? undefined : standing.record;
  const positions = after.map((upstream) => position(upstream, release, readings.get(upstream)));
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
    ...(hold !== undefined && { hold }),
    ...(lastUpdate !== undefined && { lastUpdate }),
    ...(drifted !== undefined && { drift: drifted }),
    notes: [
      ...(error !== undefined ? [error] : unreadable(name, outputs)),
      ...directiveNotes(directives, hold, release),
      ...verificationNotes(standing, lastUpdate),
      ...positions
        .filter(({ state }) => state === "unproven")
        .map(({ upstream }) => unproven(upstream, release)),
      ...(override === undefined
        ? []
        : [`brought up under an override until ${override.expires}: ${override.reason}`]),
      ...driftNotes(drifted),
    ],
  };
}

function verificationNotes(standing: Standing | undefined, lastUpdate: LastUpdate | undefined): string[] {
  if (standing?.state === "revoked")
    return standing.record.failures.map(
      ({ object, message }) => `its verification failed: ${object}: ${message}`,
    );
  if (standing?.state !== "verified") return [];
  return [
    ...(lastUpdate?.result === "failed" ? ["its last update failed after this verification"] : []),
    // An override in force has its own note.
    ...weaknessesOf({ ...standing.record, override: undefined }).map((line) => `not proven: ${line}`),
  ];
}

function directiveNotes(
  directives: Directives,
  hold: Directive | undefined,
  release: string | undefined,
): string[] {
  const revoked = release === undefined ? undefined : revocationOf(directives, release);
  return [
    ...(hold === undefined ? [] : [`on hold until ${hold.until ?? ""}, set by ${hold.by}: ${hold.reason}`]),
    ...(revoked === undefined
      ? []
      : [`its release was revoked by ${revoked.by} at ${revoked.time}: ${revoked.reason}`]),
  ];
}

function driftNotes(drifted: readonly string[] | undefined): string[] {
  if (drifted === undefined) return [];
  return drifted.length === 0 ? ["no drift"] : [`drift: ${drifted.join(", ")}`];
}

function position(
  upstream: string,
  release: string | undefined,
  snapshot: StackSnapshot | undefined,
): Position {
  const evidence = evidenceIn(upstream, snapshot);
  const verified = evidence?.verified.findIndex((entry) => entry.release === release) ?? -1;
  if (release === undefined || verified === -1) return { upstream, state: "unproven", releases: 0 };
  if (snapshot?.outputs.release === release) return { upstream, state: "level", releases: 0 };
  return { upstream, state: "behind", releases: verified };
}

function evidenceIn(stack: string, reading: StackSnapshot | undefined): Evidence | undefined {
  const read = readEvidence(stack, reading?.outputs ?? {});
  return read.state === "present" ? read.evidence : undefined;
}

function unreadable(stack: string, outputs: Readonly<Record<string, unknown>>): string[] {
  const read = readEvidence(stack, outputs);
  return read.state === "present" ? [] : [read.message];
}

function unproven(upstream: string, release: string | undefined): string {
  return release === undefined
    ? `it waits for ${upstream}`
    : `${upstream} has not verified this stack's release`;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
