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
 * The direction of an update. An update is a move back only if the stack itself has verified the release with the same manifests, and the release has not been
 * revoked since. A rollback must not wait for the upstream stacks. Every other change is a move forward, for which the upstream stacks must be running the
 * release now, be healthy, and have verified it recently.
 */
export function movement({ own, current, release, manifests }: MovementArgs): Movement {
  if (current === release) return "same";
  if (own === undefined) return "forward";
  const standing = standingOf(own, release);
  return standing.state === "verified" && isDeepStrictEqual(standing.record.manifests, manifests)
    ? "back"
    : "forward";
}
