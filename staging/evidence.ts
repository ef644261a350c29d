import { z } from "zod";
import { gatusAddress } from "../config/gatus-address.ts";

/** Format of the evidence that this program writes and reads. */
export const EVIDENCE_VERSION = 1;
/** Name of the stack output that holds it. */
export const EVIDENCE_OUTPUT = "evidence";
/** How many verified releases, and how many revoked ones, a stack remembers. */
const KEPT = 10;

const instant = z.iso.datetime();
const seconds = z.number().nonnegative();

/** The outcome of a check over all objects that it evaluated. */
const checkRecord = z.strictObject({
  /** Id of the check, such as `rollouts`. */
  id: z.string(),
  /** held: for the whole soak; nothing: no object to check; notChecked: skipped by configuration; failed. */
  outcome: z.enum(["held", "nothing", "notChecked", "failed"]),
  /** How many objects it evaluated. */
  objects: z.int().nonnegative(),
  /** What proves nothing, as sentences: why it was not checked, what is suspended or guarded. */
  notes: z.array(z.string()),
  /** Objects that were unhealthy before the update and still are; not blamed on it. */
  unhealthyBefore: z.array(z.string()),
});

const override = z.strictObject({
  reason: z.string().min(1),
  /** When it stops being in force. */
  expires: instant,
});

/** The repository that Flux followed, and the revision that ran. */
const gitops = z.strictObject({
  kind: z.enum(["GitRepository", "OCIRepository"]),
  url: z.string(),
  /** As Flux writes it: `main@sha1:<commit>`, `v1.2.3@sha256:<digest>`. */
  revision: z.string(),
});

const verification = z.strictObject({
  release: z.string(),
  /** Commit of the project's checkout; null outside a git repository. */
  commit: z.string().nullable(),
  /** Whether the checkout had uncommitted changes. */
  dirty: z.boolean(),
  /** When the verification ended. */
  time: instant,
  /** Seconds during which every check held without a break. */
  soak: seconds,
  checks: z.array(checkRecord),
  /** SHA-256 of each manifest that this stack's configuration names, by what it installs. Stacks may differ here, so it is not part of the release. */
  manifests: z.record(z.string(), z.string()),
  /** SHA-256 over the objects that the program declared. */
  digest: z.string(),
  /** null if the stack follows no repository, or Flux has not fetched it. */
  gitops: gitops.nullable(),
  /** The override of the gate under which it was brought up. */
  override: override.optional(),
});

const revocation = verification.extend({
  /** What was wrong, at least one thing. */
  failures: z
    .array(
      z.strictObject({
        check: z.string(),
        /** Such as `Gateway network/external`. */
        object: z.string(),
        message: z.string(),
      }),
    )
    .min(1),
});

/** What a stack has proven: the shape of its output {@link EVIDENCE_OUTPUT}. Holds no secrets. */
export const evidenceSchema = z.strictObject({
  version: z.literal(EVIDENCE_VERSION),
  /** The cluster that was checked. */
  cluster: z.strictObject({
    context: z.string(),
    /** UID of its namespace kube-system: the same whatever name a kubeconfig gives the cluster. */
    uid: z.string(),
  }),
  /** null if the stack has no Gatus. */
  gatus: gatusAddress.nullable(),
  /** Releases that passed, latest first; at most ten, each once, none of them revoked. */
  verified: z.array(verification).max(KEPT),
  /** Releases whose latest verification failed, latest first; at most ten, each once. */
  revoked: z.array(revocation).max(KEPT),
  /** Revisions of the repository with which a release passed, at most ten, each once, by their first pass, latest first. */
  revisions: z.array(gitops).max(KEPT),
});

export type Evidence = z.infer<typeof evidenceSchema>;
/** One verification that passed. */
export type Verification = z.infer<typeof verification>;
/** One verification that failed, which revokes what the release had proven. */
export type Revocation = z.infer<typeof revocation>;
export type CheckRecord = z.infer<typeof checkRecord>;
export type GitopsRevision = z.infer<typeof gitops>;
export type OverrideRecord = z.infer<typeof override>;
/** A failing object and its condition's message. */
export type Failure = Revocation["failures"][number];

/** A stack's evidence, or why its outputs hold none. */
export type ReadEvidence =
  | { readonly state: "present"; readonly evidence: Evidence }
  /** neverRan: no outputs; none: outputs without evidence; unreadable: another format. */
  | { readonly state: "neverRan" | "none" | "unreadable"; readonly message: string };

/**
 * Reads the evidence among a stack's outputs.
 * @param stack name of the stack, for the message
 */
export function readEvidence(stack: string, outputs: Readonly<Record<string, unknown>>): ReadEvidence {
  if (Object.keys(outputs).length === 0)
    return { state: "neverRan", message: `Stack ${stack} has never been brought up.` };
  const value = outputs[EVIDENCE_OUTPUT];
  if (value === undefined)
    return {
      state: "none",
      message: `Stack ${stack} has no evidence: a version of the program without verification brought it up.`,
    };
  const parsed = evidenceSchema.safeParse(value);
  if (parsed.success) return { state: "present", evidence: parsed.data };
  const version =
    typeof value === "object" && value !== null && "version" in value ? value.version : undefined;
  return {
    state: "unreadable",
    message:
      version === EVIDENCE_VERSION
        ? `The evidence of stack ${stack} is invalid: ${z.prettifyError(parsed.error)}`
        : `The evidence of stack ${stack} has format ${String(version)}; this program reads format ${EVIDENCE_VERSION}.`,
  };
}

/** How a release stands in a stack's evidence. */
export type Standing =
  | { readonly state: "verified"; readonly record: Verification }
  | { readonly state: "revoked"; readonly record: Revocation }
  | { readonly state: "unknown" };

/** How a release stands. Its latest verification decides. */
export function standingOf({ verified, revoked }: Evidence, release: string): Standing {
  const failure = revoked.find((entry) => entry.release === release);
  if (failure !== undefined) return { state: "revoked", record: failure };
  const record = verified.find((entry) => entry.release === release);
  return record === undefined ? { state: "unknown" } : { state: "verified", record };
}

/** What the evidence is about; each verification writes it again. */
export type Subject = Pick<Evidence, "cluster" | "gatus">;

/** Adds a verification that passed; an older one of the same release is dropped. */
export function withVerified(
  evidence: Evidence | undefined,
  subject: Subject,
  record: Verification,
): Evidence {
  const { verified, revoked, revisions } = without(evidence, record.release);
  const { gitops: ran } = record;
  return {
    version: EVIDENCE_VERSION,
    ...subject,
    verified: [record, ...verified].slice(0, KEPT),
    revoked,
    revisions: ran === null || isAmong(revisions, ran) ? revisions : [ran, ...revisions].slice(0, KEPT),
  };
}

function isAmong(revisions: Evidence["revisions"], { url, revision }: GitopsRevision): boolean {
  return revisions.some((known) => known.url === url && known.revision === revision);
}

/** Revokes a release: it is no longer among the verified ones. */
export function withRevoked(evidence: Evidence | undefined, subject: Subject, record: Revocation): Evidence {
  const { verified, revoked, revisions } = without(evidence, record.release);
  return {
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
