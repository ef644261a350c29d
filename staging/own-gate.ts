import type { Finding } from "../kube/client.ts";
import type { Clock } from "./clock.ts";
import { judgeDirectives } from "./directives.ts";
import { readEvidence } from "./evidence.ts";
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

/** The reasons to refuse an update, whatever the upstream stacks have verified: directives and windows. */
export async function judgeOwnStack(args: OwnGateArgs): Promise<readonly Finding[]> {
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
  const directives = await Promise.all([
    ...[stack, ...after].map((each) => judge(each, direction)),
    // Only a revocation reaches further downstream than a hold, which already stops the stacks in between.
    ...(await furtherUpstream(args)).map((each) => judge(each, "same")),
  ]);
  return [...directives.flat(), ...outsideWindows(windows, { stack, movement: direction }, now)];
}

/** The stacks upstream of the direct upstream stacks, according to their evidence. */
async function furtherUpstream({ stack, after, readOutputs }: OwnGateArgs): Promise<string[]> {
  const all = new Set(after);
  // The loop also visits the names that it adds.
  for (const each of all) {
    const reading = await readOutputs(each);
    const read = reading.state === "read" ? readEvidence(each, reading.outputs) : undefined;
    if (read?.state === "present") for (const name of read.evidence.after ?? []) all.add(name);
  }
  const direct = new Set([stack, ...after]);
  return [...all].filter((name) => !direct.has(name));
}
