import type { Finding } from "../kube/client.ts";
import type { Clock } from "./clock.ts";
import { judgeDirectives } from "./directives.ts";
import { movement, type MovementArgs } from "./movement.ts";
import type { OutputsReading } from "./stack-outputs.ts";
import { outsideWindows, type UpdateWindow } from "./windows.ts";

/** Arguments of {@link judgeOwnStack}. */
export interface OwnGateArgs extends MovementArgs {
  readonly stack: string;
  /** The upstream stacks, whose directives count as well. */
  readonly after: readonly string[];
  /** Reads what people decided about a stack: see {@link judgeDirectives}. */
  readonly readDirectives: (stack: string) => Promise<OutputsReading>;
  /** When the stack may move forward. */
  readonly windows: readonly UpdateWindow[];
  readonly clock: Clock;
}

/** What holds a stack back whatever its upstream stacks have proven: directives and windows. */
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
