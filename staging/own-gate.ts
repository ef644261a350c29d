import type { Finding } from "../kube/client.ts";
import type { Clock } from "./clock.ts";
import { judgeDirectives } from "./directives.ts";
import { readEvidence, type Evidence } from "./evidence.ts";
import { movement, type Movement, type MovementArgs } from "./movement.ts";
import type { OutputsReading } from "./stack-outputs.ts";
import { outsideWindows, type UpdateWindow } from "./windows.ts";

/** Arguments of {@link judgeOwnStack}. */
export interface OwnGateArgs extends MovementArgs {
  readonly stack: string;
  /** The upstream stacks, whose directives also count. */
  readonly after: readonly string[];
  readonly readOutputs: (stack: string) => Promise<OutputsReading>;
  /** Reads the outputs that contain a stack's directives; see {@link judgeDirectives}. */
  readonly readDirectives: (stack: string) => Promise<OutputsReading>;
  /** The windows in which the stack may move forward. */
  readonly windows: readonly UpdateWindow[];
  readonly clock: Clock;
}

/** What {@link judgeOwnStack} found. */
export interface OwnJudgement {
  /** The reasons to refuse the update. */
  readonly findings: readonly Finding[];
  /** The stacks upstream of the direct upstream stacks; undefined if there may be more that no evidence names. */
  readonly further: readonly string[] | undefined;
}

/** The reasons to refuse an update, whatever the upstream stacks have verified: directives and windows. */
export async function judgeOwnStack(args: OwnGateArgs): Promise<OwnJudgement> {
  const { stack, after, release, windows, clock } = args;
  const direction = movement(args);
  const now = clock.now();
  const judge = async (each: string, direction: Movement): Promise<Finding[]> =>
    judgeDirectives({
      stack: each,
      reading: await args.readDirectives(each),
      release,
      movement: direction,
      now,
    });
  const further = await furtherUpstream(args);
  const directives = await Promise.all([
    ...[stack, ...after].map((each) => judge(each, direction)),
    // Only a revocation reaches further downstream than a hold, which already stops the stacks in between.
    ...further.names.map((each) => judge(each, "same")),
  ]);
  return {
    findings: [...directives.flat(), ...outsideWindows(windows, { stack, movement: direction }, now)],
    further: further.isComplete ? further.names : undefined,
  };
}

/**
 * The stacks upstream of the direct upstream stacks, according to their evidence. Evidence that names all of them ends the search: with a passphrase as the secrets
 * provider, the engine derives a key for every stack whose outputs it reads, which takes longer than all of the gate.
 */
async function furtherUpstream({
  stack,
  after,
  readOutputs,
}: OwnGateArgs): Promise<{ readonly names: readonly string[]; readonly isComplete: boolean }> {
  const named = new Set<string>();
  const unread = new Set(after);
  let isComplete = true;
  // The loop also visits the stacks that it adds.
  for (const each of unread) {
    const reading = await readOutputs(each);
    const read = reading.state === "read" ? readEvidence(each, reading.outputs) : undefined;
    const found: Pick<Evidence, "after" | "further"> = read?.state === "present" ? read.evidence : {};
    for (const name of [...(found.after ?? []), ...(found.further ?? [])]) named.add(name);
    if (found.after === undefined) isComplete = false;
    else if (found.further === undefined)
      for (const name of found.after) if (name !== stack) unread.add(name);
  }
  return { names: [...named.difference(new Set([stack, ...after]))], isComplete };
}
