import type { Evidence } from "./evidence.ts";

/** The direction of an update, by the order in which the upstream stack verified the two releases. */
export type Movement = "forward" | "same" | "back";

/**
 * The direction of an update. Only a move forward requires the upstream stacks to be recently verified and healthy: a rollback must not wait for them. A release
 * that the upstream stack does not remember counts as older, so a move in doubt is a move forward.
 * @param current release that the stack runs; undefined before its first update
 */
export function movement(upstream: Evidence, current: string | undefined, next: string): Movement {
  if (current === next) return "same";
  const timeOf = (release: string | undefined): number | undefined => {
    const record = [...upstream.verified, ...upstream.revoked].find((entry) => entry.release === release);
    return record && Date.parse(record.time);
  };
  const [from, to] = [timeOf(current), timeOf(next)];
  return from !== undefined && to !== undefined && to < from ? "back" : "forward";
}
