import { isDeepStrictEqual } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import { EdgefirstError } from "../lib/errors.ts";
import { EVIDENCE_OUTPUT, readEvidence, standingOf, type Evidence } from "./evidence.ts";
import { readStackOutputs } from "./stack-outputs.ts";

/** What the stack whose program runs says of itself so far. */
export interface OwnStack {
  /** The release that its last update brought up; undefined where it never ran. */
  readonly release: string | undefined;
  /** undefined before its first verification, and where it cannot be read: then it is begun anew. */
  readonly evidence: Evidence | undefined;
  /** The evidence as it stands in the outputs. */
  readonly output: unknown;
}

/**
 * Reads the stack's own outputs.
 * @throws {EdgefirstError} where they cannot be read: an update that went on would forget all that the stack has proved
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
  if (read.state === "unreadable") void pulumi.log.warn(`${read.message} It is begun anew.`);
  return {
    release: typeof outputs.release === "string" ? outputs.release : undefined,
    evidence: read.state === "present" ? read.evidence : undefined,
    output: outputs[EVIDENCE_OUTPUT],
  };
}

/** What is about to be brought up. */
export interface Next {
  readonly release: string;
  readonly manifests: Readonly<Record<string, string>>;
}

/** The release that the stack runs, as the gate sees it: with another manifest the same release is new to the stack. */
export function currentRelease(
  { release, evidence }: Pick<OwnStack, "release" | "evidence">,
  next: Next,
): string | undefined {
  if (release !== next.release || evidence === undefined) return release;
  const standing = standingOf(evidence, release);
  const ran = standing.state === "unknown" ? next.manifests : standing.record.manifests;
  return isDeepStrictEqual(ran, next.manifests) ? release : undefined;
}
