import { isDeepStrictEqual } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import { EdgefirstError } from "../lib/errors.ts";
import { PROVIDER_OUTPUT } from "./declared-provider.ts";
import { evidenceValue } from "./evidence-output.ts";
import { readEvidence, standingOf, type Evidence } from "./evidence.ts";
import { readStackOutputs } from "./stack-outputs.ts";

/** The state of the stack, as its last update recorded it in the outputs. */
export interface OwnStack {
  /** UID of this cluster's namespace kube-system. */
  readonly uid: string;
  /** The release that the last update brought up; undefined before the first update. */
  readonly release: string | undefined;
  /**
   * Undefined before the first verification. Also undefined if the evidence cannot be read or describes another cluster, in which case it starts from scratch.
   */
  readonly evidence: Evidence | undefined;
  /** UID of the cluster that the evidence describes, which may be a different cluster; undefined without evidence. */
  readonly verifiedOn: string | undefined;
  /** The evidence as it is in the outputs, unparsed. */
  readonly output: unknown;
  /** The settings with which the last update declared the provider, unparsed; undefined before the first update that stored them. */
  readonly provider: unknown;
}

/**
 * Reads the stack's own outputs.
 * @param uid UID of the namespace kube-system in the cluster that is about to be changed
 * @throws {EdgefirstError} if the outputs cannot be read, because the update would then lose the stack's evidence
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

/** The part of the stack's outputs that is still valid. Evidence describes one cluster, so after a rebuild, every release has to be verified again. */
export function ownStackOf(
  stack: string,
  outputs: Readonly<Record<string, unknown>>,
  uid: string,
): { readonly own: OwnStack; readonly warning?: string } {
  const read = readEvidence(stack, outputs);
  const output = evidenceValue(outputs);
  const provider = outputs[PROVIDER_OUTPUT];
  if (read.state === "present" && read.evidence.cluster.uid !== uid)
    return {
      own: {
        uid,
        release: undefined,
        evidence: undefined,
        verifiedOn: read.evidence.cluster.uid,
        output,
        provider,
      },
      warning: `The evidence of stack ${stack} describes another cluster (context ${read.evidence.cluster.context}), so it starts from scratch.`,
    };
  const evidence = read.state === "present" ? read.evidence : undefined;
  const release = typeof outputs.release === "string" ? outputs.release : undefined;
  return {
    own: { uid, release, evidence, verifiedOn: evidence?.cluster.uid, output, provider },
    ...(read.state === "unreadable" && { warning: `${read.message} The evidence starts from scratch.` }),
  };
}

/** The release that an update is about to bring up. */
export interface NextRelease {
  readonly release: string;
  readonly manifests: Readonly<Record<string, string>>;
}

/**
 * The release that the stack runs on this cluster, for the gate. Without evidence, the outputs do not say of which cluster they are: the cluster may have been
 * rebuilt since. If a manifest differs, the same release counts as new to the stack.
 */
export function currentRelease(
  { release, evidence }: Pick<OwnStack, "release" | "evidence">,
  next: NextRelease,
): string | undefined {
  if (evidence === undefined) return undefined;
  if (release !== next.release) return release;
  const standing = standingOf(evidence, release);
  const ran = standing.state === "unknown" ? next.manifests : standing.record.manifests;
  return isDeepStrictEqual(ran, next.manifests) ? release : undefined;
}
