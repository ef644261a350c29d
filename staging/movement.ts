import { isDeepStrictEqual } from "node:util";
import { standingOf, type Evidence } from "./evidence.ts";

/** The direction of an update. */
export type Movement = "forward" | "same" | "back";

/** Arguments of {@link movement}. */
export interface MovementArgs {
  /** The stack's own evidence. */
  readonly own: Evidence | undefined;
  /** The release that the stack runs; undefined before its first update. */
  readonly current: string | undefined;
  /** The release that is about to be brought up. */
  readonly release: string;
  /** SHA-256 of each manifest that only the stack's configuration names, keyed by what the manifest installs. */
  readonly manifests: Readonly<Record<string, string>>;
}

/**
 * The direction of an update. Only a release that the stack itself has verified with the same manifests, and that has not been revoked since, is a move back; a
 * rollback must not wait for the upstream stacks. Anything else is a move forward, for which the upstream stacks must be running the release now, recently
 * verified and healthy.
 */
export function movement({ own, current, release, manifests }: MovementArgs): Movement {
  if (current === release) return "same";
  if (own === undefined) return "forward";
  const standing = standingOf(own, release);
  return standing.state === "verified" && isDeepStrictEqual(standing.record.manifests, manifests)
    ? "back"
    : "forward";
}
