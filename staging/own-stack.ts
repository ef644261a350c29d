import { isDeepStrictEqual } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import { EdgefirstError } from "../lib/errors.ts";
import { evidenceValue } from "./evidence-output.ts";
import { readEvidence, standingOf, type Evidence } from "./evidence.ts";
import { readStackOutputs } from "./stack-outputs.ts";

/** What the stack's last update left in its outputs. */
export interface OwnStack {
  /** UID of this cluster's namespace kube-system. */
  readonly uid: string;
  /** The release that the last update brought up; undefined before the first update. */
  readonly release: string | undefined;
  /** undefined before the first verification. Also undefined if the evidence is unreadable or describes another cluster: then it starts from scratch. */
  readonly evidence: Evidence | undefined;
  /** UID of the cluster that the evidence describes, which may be another one; undefined without evidence. */
  readonly verifiedOn: string | undefined;
  /** The evidence exactly as the outputs hold it. */
  readonly output: unknown;
}

/**
 * Reads the stack's own outputs.
 * @param uid UID of the namespace kube-system in the cluster that is about to be changed
 * @throws {EdgefirstError} if the outputs cannot be read: the update would lose everything that the stack has proven
 */
export async function readOwnStack(stack: string, uid: string): Promise<OwnStack> {
  const reading = await readStackOutputs(stack);
  if (reading.state === "unreadable")
    throw new EdgefirstError(
      reading.message,
      "Nothing was changed. Check the state backend, then try again.",
    );
  const { own, warning } = ownStackOf(stack, reading.state === "read" ? reading.outputs : {}, uid);
  if (warning !== undefined) void pulumi.log.warn(warning);
  return own;
}

/** The part of a stack's own outputs that still counts. Evidence describes one cluster, so after a rebuild everything has to be proven again. */
export function ownStackOf(
  stack: string,
  outputs: Readonly<Record<string, unknown>>,
  uid: string,
): { readonly own: OwnStack; readonly warning?: string } {
  const read = readEvidence(stack, outputs);
  const output = evidenceValue(outputs);
  if (read.state === "present" && read.evidence.cluster.uid !== uid)
    return {
      own: { uid, release: undefined, evidence: undefined, verifiedOn: read.evidence.cluster.uid, output },
      warning: `The evidence of stack ${stack} describes another cluster (context ${read.evidence.cluster.context}), so it starts from scratch.`,
    };
  const evidence = read.state === "present" ? read.evidence : undefined;
  const release = typeof outputs.release === "string" ? outputs.release : undefined;
  return {
    own: { uid, release, evidence, verifiedOn: evidence?.cluster.uid, output },
    ...(read.state === "unreadable" && { warning: `${read.message} The evidence starts from scratch.` }),
  };
}

/** What an update is about to bring up. */
export interface NextRelease {
  readonly release: string;
  readonly manifests: Readonly<Record<string, string>>;
}

/** The release that the stack runs, for the gate: with a different manifest, the same release counts as new to the stack. */
export function currentRelease(
  { release, evidence }: Pick<OwnStack, "release" | "evidence">,
  next: NextRelease,
): string | undefined {
  if (release !== next.release || evidence === undefined) return release;
  const standing = standingOf(evidence, release);
  const ran = standing.state === "unknown" ? next.manifests : standing.record.manifests;
  return isDeepStrictEqual(ran, next.manifests) ? release : undefined;
}
