import type { Finding } from "../kube/client.ts";
import type { Clock } from "./clock.ts";
import { judgeDirectives } from "./directives.ts";
import { movement, type MovementArgs } from "./movement.ts";
import type { OutputsReading } from "./stack-outputs.ts";
import { outsideWindows, type UpdateWindow } from "./windows.ts";

/** Arguments of {@link judgeOwnStack}. */
export interface OwnGateArgs extends MovementArgs {
  readonly stack: string;
  /** The upstream stacks, whose directives also count. */
  readonly after: readonly string[];
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
  const directives = await Promise.all(
    [stack, ...after].map(async (each) =>
      judgeDirectives({
        stack: each,
        reading: await args.readDirectives(each),
        release,
        movement: direction,
        now,
      }),
    ),
  );
  return [...directives.flat(), ...outsideWindows(windows, { stack, movement: direction }, now)];
}
