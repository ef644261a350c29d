import type { Evidence } from "./evidence.ts";

/** Where an update takes a stack, by the order in which the stack before it verified the two releases. */
export type Movement = "forward" | "same" | "back";

/**
 * Where an update takes a stack. Only for a move forward must the stacks before it be fresh and healthy now: a rollback must not wait for them. What the
 * stack before does not remember is taken for older, so that a doubtful move counts as forward.
 * @param current release that the stack runs; undefined where it never ran
 */
export function movement(before: Evidence, current: string | undefined, next: string): Movement {
  if (current === next) return "same";
  const timeOf = (release: string | undefined): number | undefined => {
    const record = [...before.verified, ...before.revoked].find((entry) => entry.release === release);
    return record && Date.parse(record.time);
  };
  const [from, to] = [timeOf(current), timeOf(next)];
  return from !== undefined && to !== undefined && to < from ? "back" : "forward";
}
