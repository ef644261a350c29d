import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { KubeClient } from "../../kube/kube-client.ts";
import { treeMemoryBytes } from "../sandbox/process-tree.ts";
import { Engine, gatewayApiDirectory, PROJECT } from "../../test/support/engine.ts";
import { applyGatewayApi } from "../../test/support/gateway-api.ts";
import { clusterDir } from "../sandbox/cluster-state.ts";
import { CpuMeter, type CpuUse } from "./cpu.ts";
import { keep, median, seconds, spread, table } from "./measure.ts";
import { onClusters } from "./platform.ts";

// npm run bench:fleet [-- STACKS]: times `edgefirst rollout` on many small stacks in waves of five, with one API server, a file backend and the real CLI. To find
// out what sharing the machine costs, it also times two rollouts of one stack each at the same time.

const STACKS = Number(process.argv[2] ?? "20");
const WAVE = 5;
/** The command's default. */
const PARALLEL = 2;
const SAMPLE_MS = 250;
const ROUNDS = ["a", "b", "c"];

await onClusters(["edge"], async ({ kubeconfig, dir }) => {
  const meter = new CpuMeter(clusterDir(dir, "edge"));
  const client = new KubeClient({ kubeconfig, context: "edge" });
  await applyGatewayApi(client);
  client.close();
  const source = await gatewayApiDirectory();
  const config = (name: string, after: readonly string[]): Record<string, unknown> => ({
    cluster: { context: "edge", kubeconfig },
    gatewayApi: { install: false, source },
    gateways: [{ name, namespace: name, className: name, http: {}, traefik: { install: false } }],
    after,
  });
  const engines: Engine[] = [];
  const project = async (names: readonly string[], inWaves: boolean): Promise<Engine> => {
    const engine = await Engine.create();
    engines.push(engine);
    for (const [index, name] of names.entries()) {
      const wave = Math.floor(index / WAVE);
      const before = inWaves ? names.slice(Math.max(0, wave - 1) * WAVE, wave * WAVE) : [];
      await engine.stack(name, config(name, before));
    }
    return engine;
  };
  try {
    const single: number[] = [];
    const alone: CpuUse[] = [];
    const pairs: number[] = [];
    for (const round of ROUNDS) {
      const one = await project([`alone-${round}`], false);
      alone.push(await meter.during(async () => single.push(await seconds(() => rollOut(one, [])))));
      const two = [await project([`left-${round}`], false), await project([`right-${round}`], false)];
      pairs.push(await seconds(() => Promise.all(two.map((each) => rollOut(each, [])))));
    }
    const names = Array.from(
      { length: STACKS },
      (_unused, index) => `fleet-${String.fromCharCode(97 + index)}`,
    );
    const fleet = await project(names, true);
    const memory: number[] = [];
    let whole = 0;
    const together = await meter.during(async () => {
      whole = await seconds(() => rollOut(fleet, memory));
    });
    const waves = Math.ceil(STACKS / WAVE);
    const ideal = waves * Math.ceil(WAVE / PARALLEL) * median(single);
    const shared = waves * (Math.floor(WAVE / PARALLEL) * median(pairs) + (WAVE % PARALLEL) * median(single));
    keep(
      "fleet",
      table(
        ["a rollout with the real CLI and the policy pack", "figure"],
        [
          ["one stack alone", spread(single, " s")],
          [`${STACKS} stacks in ${waves} waves, ${PARALLEL} at a time`, `${whole.toFixed(1)} s`],
          [
            `${waves} waves × ${Math.ceil(WAVE / PARALLEL)} turns × one stack alone`,
            `${ideal.toFixed(1)} s; the rollout took ${(whole / ideal).toFixed(2)} times that`,
          ],
          ["two stacks at the same time, each in a rollout of its own", spread(pairs, " s")],
          [
            `${waves} waves × (${Math.floor(WAVE / PARALLEL)} × two at the same time + one alone)`,
            `${shared.toFixed(1)} s; the rollout took ${(whole / shared).toFixed(2)} times that`,
          ],
          ...cpuRows(alone, together, whole),
          ["peak memory of the command and its descendants", `${Math.max(...memory).toFixed(0)} MB`],
          ["peak memory per stack being updated", `${(Math.max(...memory) / PARALLEL).toFixed(0)} MB`],
        ],
      ),
    );
  } finally {
    for (const engine of engines) engine.remove();
  }
});

/** Where the cores were busy: what one stack needs, alone and in the fleet, and which part of the rollout's time that explains. */
function cpuRows(alone: readonly CpuUse[], together: CpuUse, whole: number): string[][] {
  const cores = availableParallelism();
  const own = ({ command, cluster }: CpuUse): number => command + cluster;
  const each = own(together) / STACKS;
  const share = (used: number): string => `${((100 * used) / (whole * cores)).toFixed(0)} %`;
  return [
    ["CPU time of one stack alone, with the control plane's share", `${median(alone.map(own)).toFixed(1)} s`],
    ["CPU time per stack in the rollout, with the control plane's share", `${each.toFixed(1)} s`],
    [
      `all of it, evenly on ${cores} cores: the least time for any order`,
      `${(own(together) / cores).toFixed(1)} s`,
    ],
    [
      `of ${cores} cores during the rollout: the stacks, the control plane, other processes on the machine`,
      [together.command, together.cluster, together.others].map(share).join(", "),
    ],
  ];
}

/** @param memory receives samples in MB; shared pages count proportionally */
function rollOut(engine: Engine, memory: number[]): Promise<void> {
  const child = spawn(process.execPath, [join(PROJECT, "tools/cli/main.ts"), "rollout", "--yes", "--json"], {
    cwd: join(engine.dir, "project"),
    env: engine.env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const timer = setInterval(() => memory.push(treeMemoryBytes(child.pid ?? 0) / 1e6), SAMPLE_MS);
  return new Promise((resolve, reject) => {
    child.on("error", reject).on("close", (code) => {
      clearInterval(timer);
      if (code === 0) resolve();
      else reject(new Error(said));
    });
  });
}
