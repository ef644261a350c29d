import { rmSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "../../lib/temporary-folder.ts";
import { clusterDir } from "../sandbox/cluster-state.ts";
import { treeMemoryBytes } from "../sandbox/process-tree.ts";
import { listProcesses } from "../sandbox/processes.ts";
import { sandboxDown, sandboxUp } from "../sandbox/sandbox.ts";
import { keep, seconds, spread, table } from "./measure.ts";

// npm run bench:sandbox: measures how long a control plane takes to become ready, and how much memory its processes then use; then the same for many at once.

const ROUNDS = 5;
const MANY = 10;
const ready: number[] = [];
const memory = new Map<string, number[]>();

for (let round = 0; round < ROUNDS; round++) {
  await withClusters(["edge"], (dir, started) => {
    ready.push(started);
    for (const [name, bytes] of memoryOf(dir, "edge"))
      memory.set(name, [...(memory.get(name) ?? []), bytes / 1e6]);
  });
}
const perCluster: number[] = [];
let readyMany = 0;
const names = Array.from({ length: MANY }, (_, index) => `cluster-${index + 1}`);
await withClusters(names, (dir, started) => {
  readyMany = started;
  for (const name of names)
    perCluster.push(memoryOf(dir, name).reduce((sum, [, bytes]) => sum + bytes, 0) / 1e6);
});
keep(
  "sandbox",
  table(
    ["one sandbox control plane", `median of ${ROUNDS} (min–max)`],
    [
      ["ready after", spread(ready, " s")],
      ...[...memory].map(([name, values]) => [`memory of ${name} when ready`, spread(values, " MB")]),
      [`${MANY} control planes at once, once: ready after`, `${readyMany.toFixed(1)} s`],
      [`memory of each of the ${MANY}`, spread(perCluster, " MB")],
    ],
  ),
);

/** Starts these clusters in a folder of their own, and stops them after the measurement. */
async function withClusters(
  clusters: readonly string[],
  measure: (dir: string, seconds: number) => void,
): Promise<void> {
  const folder = temporaryFolder("bench-sandbox");
  const options = { dir: join(folder, "sandbox"), progress: () => undefined };
  try {
    const started = await seconds(() => sandboxUp({ ...options, clusters }));
    measure(options.dir, started);
  } finally {
    await sandboxDown({ ...options, deleteData: true });
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The memory of each of a cluster's processes in bytes, by the process's name. */
function memoryOf(dir: string, cluster: string): (readonly [string, number])[] {
  return listProcesses(clusterDir(dir, cluster)).map(({ name, pid }) => [name, treeMemoryBytes(pid)]);
}
