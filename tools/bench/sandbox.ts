import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { clusterDir } from "../sandbox/cluster-state.ts";
import { treeMemoryBytes } from "../sandbox/process-tree.ts";
import { listProcesses } from "../sandbox/processes.ts";
import { sandboxDown, sandboxUp } from "../sandbox/sandbox.ts";
import { keep, seconds, spread, table } from "./measure.ts";

// npm run bench:sandbox: measures how long a control plane takes to become ready, and how much memory its processes then use.

const ROUNDS = 5;
const ready: number[] = [];
const memory = new Map<string, number[]>();

for (let round = 0; round < ROUNDS; round++) {
  const folder = mkdtempSync(join(tmpdir(), "edgefirst-bench-sandbox-"));
  const options = { dir: join(folder, "sandbox"), progress: () => undefined };
  try {
    ready.push(await seconds(() => sandboxUp({ ...options, clusters: ["edge"] })));
    for (const { name, pid } of listProcesses(clusterDir(options.dir, "edge")))
      memory.set(name, [...(memory.get(name) ?? []), treeMemoryBytes(pid) / 1e6]);
  } finally {
    await sandboxDown({ ...options, deleteData: true });
    rmSync(folder, { recursive: true, force: true });
  }
}
keep(
  "sandbox",
  table(
    ["one sandbox control plane", `median of ${ROUNDS} (min–max)`],
    [
      ["ready after", spread(ready, " s")],
      ...[...memory].map(([name, values]) => [`memory of ${name} when ready`, spread(values, " MB")]),
    ],
  ),
);
