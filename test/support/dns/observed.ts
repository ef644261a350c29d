import { copyFileSync } from "node:fs";
import { join } from "node:path";
import type { Helm } from "../../../tools/render/helm.ts";
import { temporaryDirectory } from "../temporary.ts";
import type { ClusterState } from "./cluster-state.ts";
import type { Observed } from "./disagreements.ts";
import { synchronized } from "./external-dns.ts";
import type { Plans } from "./plans.ts";
import { writersIn, type Writer } from "./writers.ts";

/** What {@link observe} works with. */
export interface Laboratory {
  readonly cluster: ClusterState;
  readonly kubeconfig: string;
  readonly helm: Helm;
  /** The executable of external-dns. */
  readonly program: string;
}

/** What each external-dns of a repository makes of the cluster before the step and after it. */
export async function observe(plans: Plans, laboratory: Laboratory): Promise<readonly Observed[]> {
  const { cluster, kubeconfig, helm, program } = laboratory;
  const writers = await writersIn(plans.before, helm);
  const dir = temporaryDirectory("edgefirst-dns-");
  const fileOf = (state: string, index: number): string => join(dir, `${state}-${index}.json`);
  /** The records of each external-dns after a change of the cluster that it had first synchronized. */
  const all = (state: string, own: readonly Writer[], policy?: "sync") =>
    inOrder(own, (writer, index) => {
      const file = fileOf(state, index);
      if (state !== "before") copyFileSync(fileOf("before", index), file);
      return synchronized(writer, { program, kubeconfig, file, ...(policy && { policy }) });
    });
  await cluster.become(plans.before);
  const before = await all("before", writers);
  await cluster.become(plans.accepted.objects);
  const wanted = await all("wanted", writers, "sync");
  // With the policy sync, nothing stays that is not wanted.
  const synced = writers.every(({ flags, env }) => isSync(flags, env));
  const after = synced ? wanted : await all("after", writers);
  await cluster.become(plans.kept.objects);
  const kept = await all("kept", writers);
  return writers.map(({ id }, index) => ({
    writer: id,
    before: before[index] ?? [],
    wanted: wanted[index] ?? [],
    after: after[index] ?? [],
    kept: kept[index] ?? [],
  }));
}

const isSync = (flags: Writer["flags"], env: Writer["env"]): boolean =>
  flags.includes("--policy=sync") || env.EXTERNAL_DNS_POLICY === "sync";

async function inOrder<T, R>(items: readonly T[], use: (item: T, index: number) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const [index, item] of items.entries()) results.push(await use(item, index));
  return results;
}
