import { pruneCache, type CacheEntry } from "../toolchain/cache-content.ts";
import { gigabytes } from "../../lib/bytes.ts";
import { progress } from "./progress.ts";

/** Flags of `edgefirst toolchain prune`. */
export interface PruneFlags {
  readonly goCache?: true;
  readonly dryRun?: true;
  readonly json?: true;
}

/** `edgefirst toolchain prune`: removes programs that are no longer pinned from the cache. */
export async function prune({ goCache, dryRun, json }: PruneFlags): Promise<void> {
  const removed = await pruneCache({
    goCache: goCache === true,
    dryRun: dryRun === true,
    onWait: () => {
      progress("waiting for a download to finish");
    },
  });
  const text = json
    ? JSON.stringify(
        removed.map(({ path, bytes }) => ({ path, bytes })),
        undefined,
        2,
      )
    : report(removed, dryRun === true);
  process.stdout.write(`${text}\n`);
}

function report(removed: readonly CacheEntry[], dryRun: boolean): string {
  if (removed.length === 0) return "nothing to remove: every program in the cache is pinned";
  const total = dryRun ? `would free ${gigabytes(removed)}` : `freed ${gigabytes(removed)}`;
  return [...removed.map((entry) => `${dryRun ? "would remove" : "removed"} ${entry.path}`), total].join(
    "\n",
  );
}
