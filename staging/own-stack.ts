import { isDeepStrictEqual } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import { EdgefirstError } from "../lib/errors.ts";
import { EVIDENCE_OUTPUT, readEvidence, standingOf, type Evidence } from "./evidence.ts";
import { readStackOutputs } from "./stack-outputs.ts";

/** What the last update of the running program's own stack left in its outputs. */
export interface OwnStack {
  /** The release that its last update brought up; undefined before the first. */
  readonly release: string | undefined;
  /** undefined before the first verification, and if it is unreadable: then it starts from scratch. */
  readonly evidence: Evidence | undefined;
  /** The evidence exactly as the outputs hold it. */
  readonly output: unknown;
}

/**
 * Reads the stack's own outputs.
 * @throws {EdgefirstError} if they cannot be read: the update would lose everything that the stack has proven
 */
export async function readOwnStack(stack: string): Promise<OwnStack> {
  const reading = await readStackOutputs(stack);
  if (reading.state === "unreadable")
    throw new EdgefirstError(
      reading.message,
      "Nothing was changed. Check the state backend, then try again.",
    );
  const outputs = reading.state === "read" ? reading.outputs : {};
  const read = readEvidence(stack, outputs);
  if (read.state === "unreadable") void pulumi.log.warn(`${read.message} It starts from scratch.`);
  return {
    release: typeof outputs.release === "string" ? outputs.release : undefined,
    evidence: read.state === "present" ? read.evidence : undefined,
    output: outputs[EVIDENCE_OUTPUT],
  };
}

/** What an update is about to bring up. */
export interface NextRelease {
  readonly release: string;
  readonly manifests: Readonly<Record<string, string>>;
}

/** The release that the stack runs, for the gate: with another manifest the same release is new to the stack. */
export function currentRelease(
  { release, evidence }: Pick<OwnStack, "release" | "evidence">,
  next: NextRelease,
): string | undefined {
  if (release !== next.release || evidence === undefined) return release;
  const standing = standingOf(evidence, release);
  const ran = standing.state === "unknown" ? next.manifests : standing.record.manifests;
  return isDeepStrictEqual(ran, next.manifests) ? release : undefined;
}
