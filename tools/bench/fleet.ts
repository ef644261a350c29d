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

// npm run bench:fleet [-- STACKS …]: times `edgefirst rollout` on many small stacks in waves of five, with one API server, a file backend and the real CLI. To find
// out what sharing the machine costs, it also times two rollouts of one stack each at the same time. A hundred stacks take about ten minutes.

const FLEETS = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [2, 20];
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
  const project = async (names: readonly string[], inWaves: boolean): Promise<Engine> => {
    const engine = await Engine.create();
    for (const [index, name] of names.entries()) {
      const wave = Math.floor(index / WAVE);
      const before = inWaves ? names.slice(Math.max(0, wave - 1) * WAVE, wave * WAVE) : [];
      await engine.stack(name, config(name, before));
    }
    return engine;
  };
  const single: number[] = [];
  const alone: CpuUse[] = [];
  const pairs: number[] = [];
  for (const round of ROUNDS) {
    const one = await project([`alone-${round}`], false);
    alone.push(await meter.during(async () => single.push(await seconds(() => rollOut(one, [])))));
    const two = [await project([`left-${round}`], false), await project([`right-${round}`], false)];
    pairs.push(await seconds(() => Promise.all(two.map((each) => rollOut(each, [])))));
  }
  const turn = median(single);
  const fleets: string[][] = [];
  for (const stacks of FLEETS) {
    const names = Array.from({ length: stacks }, (_unused, index) => `fleet-${stacks}-${index + 1}`);
    const fleet = await project(names, true);
    const memory: number[] = [];
    let whole = 0;
    const used = await meter.during(async () => {
      whole = await seconds(() => rollOut(fleet, memory));
    });
    const turns = turnsOf(stacks);
    fleets.push([
      `${stacks}`,
      `${whole.toFixed(1)} s`,
      (whole / ((turns.pairs + turns.odd) * turn)).toFixed(2),
      (whole / (turns.pairs * median(pairs) + turns.odd * turn)).toFixed(2),
      ...cpuCells(used, stacks, whole),
      `${Math.max(...memory).toFixed(0)} MB`,
    ]);
  }
  keep(
    "one-stack",
    table(
      ["a rollout with the real CLI and the policy pack", "figure"],
      [
        ["one stack alone", spread(single, " s")],
        ["two stacks at the same time, each in a rollout of its own", spread(pairs, " s")],
        [
          "CPU time of one stack alone, with the control plane's share",
          `${median(alone.map(ownCpu)).toFixed(1)} s`,
        ],
      ],
    ),
  );
  keep(
    "fleet",
    table(
      [
        `stacks, in waves of ${WAVE}, ${PARALLEL} at a time`,
        "rollout",
        "times the turns of one stack alone",
        "times the turns of two at the same time",
        "CPU per stack",
        `times the least for ${availableParallelism()} cores`,
        "peak memory",
      ],
      fleets,
    ),
  );
});

/** The turns that the waves take: in how many of them two stacks are in flight, and in how many only one. */
function turnsOf(stacks: number): { readonly pairs: number; readonly odd: number } {
  const [full, last] = [Math.floor(stacks / WAVE), stacks % WAVE];
  return {
    pairs: full * Math.floor(WAVE / PARALLEL) + Math.floor(last / PARALLEL),
    odd: full * (WAVE % PARALLEL) + (last % PARALLEL),
  };
}

function ownCpu({ command, cluster }: CpuUse): number {
  return command + cluster;
}

/** The CPU time of each stack with the control plane's share, and the rollout's time as a multiple of the least in which all cores could do the work in any order. */
function cpuCells(used: CpuUse, stacks: number, whole: number): string[] {
  const own = ownCpu(used);
  return [`${(own / stacks).toFixed(1)} s`, (whole / (own / availableParallelism())).toFixed(2)];
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
