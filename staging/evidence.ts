import { z } from "zod";
import type { GatusAddress } from "../config/gatus-address.ts";
import { EVIDENCE_LINE_OUTPUT, evidenceValue } from "./evidence-output.ts";
import { instant, loose, word } from "./loose-schema.ts";
import { move } from "./move-schema.ts";
import { repeatable } from "./own-check-schema.ts";

/**
 * Format version of the evidence that this program writes. It reads every version from 1 up, and keeps unknown fields, so that a rollback to an older program
 * loses nothing.
 */
export const EVIDENCE_VERSION = 2;
/** How many verified releases the evidence keeps, and how many revoked ones. */
const KEPT = 10;

const seconds = z.number().nonnegative();

/** The outcome of a check for all objects that it evaluated. */
const checkRecord = loose({
  /** Id of the check, such as `rollouts`. */
  id: z.string(),
  /** `held`: throughout the soak. `nothing`: there was no object to check. `notChecked`: the configuration skips the check. `failed`: an object failed. */
  outcome: word<"held" | "nothing" | "notChecked" | "failed">(),
  /** How many objects were evaluated. */
  objects: z.int().nonnegative(),
  /** What the check did not prove, as full sentences: why it was skipped, or which objects are suspended or guarded. */
  notes: z.array(z.string()),
  /** Objects that were unhealthy before the update and still are; the update is not blamed for them. */
  unhealthyBefore: z.array(z.string()),
});

const override = loose({
  reason: z.string().min(1),
  /** When the override expires. */
  expires: instant,
});

/** A setting in which a stack differs from an upstream stack as it was verified. */
const difference = loose({
  /** The upstream stack. */
  stack: z.string(),
  /** Such as `flux.root.mode`. */
  setting: z.string(),
  there: z.string(),
  here: z.string(),
  /** Why the difference is intended; absent if the configuration gives no reason. */
  accepted: z.string().optional(),
});

/** The repository that Flux followed, and the revision that was applied. */
const gitops = loose({
  kind: word<"GitRepository" | "OCIRepository">(),
  url: z.string(),
  /** In Flux's format: `main@sha1:<commit>` or `v1.2.3@sha256:<digest>`. */
  revision: z.string(),
});

/** The address from the configuration, in a schema that accepts unknown fields. */
const gatus = z.union([
  z.looseObject({ url: z.string() }),
  z.looseObject({ namespace: z.string(), service: z.string(), port: z.string() }),
]) as unknown as z.ZodType<GatusAddress>;

const verification = loose({
  release: z.string(),
  /** The commit that is checked out; null outside a git repository. */
  commit: z.string().nullable(),
  /** Whether the checkout had uncommitted changes. */
  dirty: z.boolean(),
  /** When the verification ended. */
  time: instant,
  /** When this release first passed after the stack last ran a different one. Absent in evidence of format 1. */
  since: instant.optional(),
  /** For how many seconds every check held without interruption. */
  soak: seconds,
  checks: z.array(checkRecord),
  /**
   * SHA-256 of each manifest that this stack's configuration names, keyed by what the manifest installs. Stacks may use different manifests, so they are not
   * part of the release.
   */
  manifests: z.record(z.string(), z.string()),
  /**
   * Files with rows that the owner added to the knowledge tables (docs/reference/knowledge.md). They are configuration, not part of the release. Absent if
   * there are none.
   */
  ownerRows: z.array(loose({ file: z.string(), sha256: z.string(), rows: z.int() })).optional(),
  /** SHA-256 of the objects that the program declared. */
  digest: z.string(),
  /** null if the stack follows no repository, or Flux has not fetched it. */
  gitops: gitops.nullable(),
  /** Settings that are not part of the release but affect what its verification means, by name. Absent in evidence from older programs. */
  settings: z.record(z.string(), z.string()).optional(),
  /** The settings in which the stack differed from its upstream stacks; absent if it did not differ. */
  differences: z.array(difference).optional(),
  /** The override of the gate that was in force. */
  override: override.optional(),
  /** Objects whose health did not count; absent if there were none. */
  ignored: z
    .array(loose({ object: z.string(), reason: z.string(), owner: z.string(), until: z.iso.date() }))
    .optional(),
});

const revocation = loose({
  ...verification.shape,
  /** What failed; at least one entry. */
  failures: z
    .array(
      loose({
        check: z.string(),
        /** Such as `Gateway network/external`. */
        object: z.string(),
        message: z.string(),
      }),
    )
    .min(1),
});

/** The objects found by the last verification that passed, by name. The next update and every gate compare the cluster with them. */
const lastPass = loose({
  release: z.string(),
  /** When that verification ended. */
  time: instant,
  /** The revision that the root Kustomization had applied last; null if the stack follows no repository. */
  revision: z.string().nullable(),
  /** Keyed by check id. */
  checks: z.record(
    z.string(),
    loose({
      /** Objects of other owners that were healthy. */
      held: z.array(z.string()),
      /** Objects of the stack that were healthy. */
      own: z.array(z.string()),
      /** Objects that were unhealthy before the update and still were. */
      unhealthy: z.array(z.string()),
    }),
  ),
});

/** The schema of {@link evidenceValue}: what a stack has verified. Evidence contains no secrets. */
export const evidenceSchema = loose({
  version: z.int().min(1),
  /** The cluster that was checked. */
  cluster: loose({
    context: z.string(),
    /** UID of the namespace kube-system, which does not depend on the name that a kubeconfig gives the cluster. */
    uid: z.string(),
  }),
  /** null if the stack has no Gatus. */
  gatus: gatus.nullable(),
  /** Null if the stack configures no checks that only read; absent in older evidence. */
  ownChecks: repeatable.nullable().optional(),
  /** The upstream stacks, so that a gate finds those that are further upstream; absent in older evidence. */
  after: z.array(z.string()).optional(),
  /** All stacks further upstream, so that a gate need not read the evidence of those in between; absent in older evidence, and if one of those had none. */
  further: z.array(z.string()).optional(),
  /** Releases that passed and are not revoked, latest first, each listed once. */
  verified: z.array(verification),
  /** Releases whose latest verification failed, latest first, each listed once. */
  revoked: z.array(revocation),
  /** Revisions of the repository with which a release passed, each listed once. The revision that passed for the first time most recently comes first. */
  revisions: z.array(gitops),
  /** Absent in evidence of format 1, and before the first verification that passed. */
  lastPass: lastPass.optional(),
  /** The latest updates, latest first; absent in older evidence. */
  moves: z.array(move).optional(),
});

export type Evidence = z.infer<typeof evidenceSchema>;
/** One verification that passed. */
export type Verification = z.infer<typeof verification>;
/** One verification that failed, which revokes the release. */
export type Revocation = z.infer<typeof revocation>;
export type CheckRecord = z.infer<typeof checkRecord>;
export type GitopsRevision = z.infer<typeof gitops>;
export type OverrideRecord = z.infer<typeof override>;
export type Difference = z.infer<typeof difference>;
export type LastPass = z.infer<typeof lastPass>;
/** A failing object and its condition's message. */
export type Failure = Revocation["failures"][number];

/** A stack's evidence, or why there is none. */
export type ReadEvidence =
  | { readonly state: "present"; readonly evidence: Evidence }
  /** neverRan: no outputs; none: outputs without evidence; unreadable: invalid, or an unknown format. */
  | { readonly state: "neverRan" | "none" | "unreadable"; readonly message: string };

/**
 * Reads the evidence from a stack's outputs.
 * @param stack name of the stack, for the message
 */
export function readEvidence(stack: string, outputs: Readonly<Record<string, unknown>>): ReadEvidence {
  if (Object.keys(outputs).length === 0)
    return { state: "neverRan", message: `Stack ${stack} has never been brought up.` };
  const value = evidenceValue(outputs);
  if (value === undefined)
    return { state: "none", message: `Stack ${stack} has no evidence, ${whyNone(outputs)}` };
  const parsed = evidenceSchema.safeParse(value);
  if (parsed.success) return { state: "present", evidence: parsed.data };
  const version =
    typeof value === "object" && value !== null && "version" in value ? value.version : undefined;
  return {
    state: "unreadable",
    message:
      version === 1 || version === EVIDENCE_VERSION
        ? `The evidence of stack ${stack} is invalid: ${z.prettifyError(parsed.error)}`
        : `The evidence of stack ${stack} has format ${String(version)}, which this program cannot read.`,
  };
}

/** An inconclusive verification keeps the earlier evidence, so after an inconclusive first update, only the line for people is stored. */
function whyNone({ [EVIDENCE_LINE_OUTPUT]: line }: Readonly<Record<string, unknown>>): string {
  return typeof line === "string"
    ? "because no verification of it has had a result yet."
    : "because it was brought up by a version of the program that does not verify updates.";
}

/** The status of a release in a stack's evidence. */
export type Standing =
  | { readonly state: "verified"; readonly record: Verification }
  | { readonly state: "revoked"; readonly record: Revocation }
  | { readonly state: "unknown" };

/** The status of a release, according to its latest verification. */
export function standingOf({ verified, revoked }: Evidence, release: string): Standing {
  const failure = revoked.find((entry) => entry.release === release);
  if (failure !== undefined) return { state: "revoked", record: failure };
  const record = verified.find((entry) => entry.release === release);
  return record === undefined ? { state: "unknown" } : { state: "verified", record };
}

/** The stack and the cluster that the evidence describes. Every verification overwrites them. */
export type Subject = Pick<Evidence, "cluster" | "gatus" | "ownChecks" | "after" | "further">;

/** A verification that passed, and the objects that it found. */
export interface Pass {
  readonly record: Verification;
  readonly checks: LastPass["checks"];
  /** Whether an update to another release has begun since the last pass. */
  readonly moved?: boolean | undefined;
}

/** Adds a verification that passed. It replaces an older one of the same release. */
export function withVerified(
  evidence: Evidence | undefined,
  subject: Subject,
  { record, checks, moved }: Pass,
): Evidence {
  const { verified, revoked, revisions } = without(evidence, record.release);
  const { release, time, gitops: ran } = record;
  const entry = { ...record, since: (moved === true ? undefined : runningSince(evidence, release)) ?? time };
  return {
    ...evidence,
    version: EVIDENCE_VERSION,
    ...subject,
    verified: [entry, ...verified].slice(0, KEPT),
    revoked,
    revisions: ran === null || isAmong(revisions, ran) ? revisions : [ran, ...revisions].slice(0, KEPT),
    lastPass: { release, time, revision: ran?.revision ?? null, checks },
  };
}

/** When a release first passed; undefined if another release has been verified or has failed since this one last passed. */
export function runningSince(evidence: Evidence | undefined, release: string): string | undefined {
  const [latest] = evidence?.verified ?? [];
  if (latest?.release !== release) return undefined;
  const broken = evidence?.revoked.some(({ time }) => Date.parse(time) > Date.parse(latest.time));
  return broken === true ? undefined : (latest.since ?? latest.time);
}

function isAmong(revisions: Evidence["revisions"], { url, revision }: GitopsRevision): boolean {
  return revisions.some((known) => known.url === url && known.revision === revision);
}

/** Revokes a release: it is no longer among the verified ones. */
export function withRevoked(evidence: Evidence | undefined, subject: Subject, record: Revocation): Evidence {
  const { verified, revoked, revisions } = without(evidence, record.release);
  return {
    ...evidence,
    version: EVIDENCE_VERSION,
    ...subject,
    verified,
    revoked: [record, ...revoked].slice(0, KEPT),
    revisions,
  };
}

function without(
  evidence: Evidence | undefined,
  release: string,
): Pick<Evidence, "verified" | "revoked" | "revisions"> {
  const other = (entry: { release: string }): boolean => entry.release !== release;
  return {
    verified: evidence?.verified.filter(other) ?? [],
    revoked: evidence?.revoked.filter(other) ?? [],
    revisions: evidence?.revisions ?? [],
  };
}
