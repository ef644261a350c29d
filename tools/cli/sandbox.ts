import { resolve } from "node:path";
import { installNeighbours, NEIGHBOUR_PROGRAMS } from "../sandbox/neighbours/install.ts";
import { choosePodMode, type PodMode } from "../sandbox/pod-mode.ts";
import { isSandboxDir } from "../sandbox/sandbox-dir.ts";
import { sandboxDown, sandboxUp } from "../sandbox/sandbox.ts";
import { type ProcessStatus, type SandboxStatus, sandboxStatus } from "../sandbox/status.ts";
import { superviseSandbox } from "../sandbox/supervisor.ts";
import { resolvePrograms } from "../toolchain/resolve.ts";
import { MEBIBYTE } from "../../lib/bytes.ts";
import { EdgefirstError } from "../../lib/errors.ts";
import { shellWord } from "../../lib/shell-word.ts";
import { counted } from "../../lib/counted.ts";
import { interruptible } from "./interrupt.ts";
import { progress } from "./progress.ts";
import { renderTable } from "./table.ts";

const DIR = ".sandbox";

const INTERRUPT = {
  ending: "interrupted: stopping what was just started",
  left: "Everything that was running before still runs; everything just started has been stopped.",
};

/** Flags that the sandbox commands share. */
export interface SandboxFlags {
  readonly dir: string;
  readonly clusters?: string[];
  readonly json?: true;
}

/** Flags of `edgefirst sandbox up`. */
export interface UpFlags extends SandboxFlags {
  readonly newPorts?: boolean;
  readonly pods?: PodMode;
  readonly neighbours?: boolean;
}

/** Flags of `edgefirst sandbox down`. */
export interface DownFlags extends SandboxFlags {
  readonly deleteData?: boolean;
}

/** `edgefirst sandbox up`: starts the clusters. */
export async function up({
  dir,
  clusters = [],
  json,
  newPorts = false,
  pods: asked,
  neighbours = false,
}: UpFlags): Promise<void> {
  if (neighbours && asked === "simulated")
    throw new EdgefirstError("--neighbours needs pods that run as processes.", "Leave out --pods simulated.");
  const pods = await choosePodMode(neighbours ? "real" : asked, progress);
  const certificates = neighbours ? "provided" : "self-signed";
  const sandbox = await interruptible(INTERRUPT, async (signal) => {
    if (neighbours) await resolvePrograms(NEIGHBOUR_PROGRAMS, { progress, signal });
    const running = await sandboxUp({ dir, clusters, newPorts, pods, certificates, progress, signal });
    await superviseSandbox({ dir, progress, signal });
    for (const { context } of neighbours ? running.clusters : [])
      await installNeighbours({ kubeconfig: running.kubeconfig, context, progress, signal });
    return running;
  });
  print(json ? JSON.stringify(sandbox, undefined, 2) : `\n${usage(sandbox.kubeconfig, clusters[0])}`);
}

/** `edgefirst sandbox status`: prints the processes and what is simulated. */
export async function status({ dir, json }: SandboxFlags): Promise<void> {
  const found = await sandboxStatus({ dir });
  print(json ? JSON.stringify(found, undefined, 2) : render(found, process.stdout.isTTY));
}

/** `edgefirst sandbox down`: stops the sandbox's processes. */
export async function down({ dir, clusters, json, deleteData = false }: DownFlags): Promise<void> {
  const existed = isSandboxDir(resolve(dir));
  const stopped = await sandboxDown({ dir, clusters, deleteData, progress });
  if (json) print(JSON.stringify({ stopped: stopped.map(({ name, pid }) => ({ name, pid })) }, undefined, 2));
  else if (!existed) print(`no sandbox in ${resolve(dir)}: nothing to stop`);
  else
    print(
      `stopped ${counted(stopped.length, "process", "processes")}; the data is ${deleteData ? "deleted" : "kept"}`,
    );
}

/** A sandbox's status as text of at most 80 columns; `framed` is for terminals. */
export function render(status: SandboxStatus, framed: boolean): string {
  if (status.clusters.length === 0 && status.others.length === 0) {
    return `no sandbox in ${status.dir}; start one: edgefirst sandbox up${dirFlag(status.dir)}`;
  }
  const processes = [
    ...status.clusters.flatMap((cluster) => rows(`${cluster.name} (${cluster.state})`, cluster.processes)),
    ...rows("", status.others),
    ["", "total", "", "", mebibytes(status.memoryBytes)],
  ];
  const first = status.clusters[0];
  return [
    renderTable(["CLUSTER", "PROCESS", "STATE", "PID", "MEMORY"], processes, { framed, numbers: [3, 4] }),
    ...status.clusters.map(({ name, server }) => `context ${name}: ${server}`),
    "",
    "Simulated, not real:",
    ...status.simulated.map((line) => `  ${line}`),
    "",
    ...advice(status),
    ...(status.kubeconfig === undefined ? [] : [usage(status.kubeconfig, first?.name)]),
  ].join("\n");
}

function rows(cluster: string, processes: readonly ProcessStatus[]): string[][] {
  return processes.map(({ name, state, pid, memoryBytes }, index) => [
    index === 0 ? cluster : "",
    name,
    state,
    pid === undefined ? "" : String(pid),
    pid === undefined ? "" : mebibytes(memoryBytes),
  ]);
}

function advice({ clusters, dir }: SandboxStatus): string[] {
  const incomplete = clusters.filter(({ state }) => state !== "ready").map(({ name }) => name);
  if (incomplete.length === 0) return [];
  return [
    "To start what is not running:",
    `  edgefirst sandbox up --clusters ${incomplete.join(",")}${dirFlag(dir)}`,
    "",
  ];
}

/** The option that names a sandbox other than the default. */
function dirFlag(dir: string): string {
  return dir === resolve(DIR) ? "" : ` --dir ${shellWord(dir)}`;
}

function usage(kubeconfig: string, context = "edge"): string {
  return `export KUBECONFIG=${shellWord(kubeconfig)}\nkubectl --context ${context} get pods --all-namespaces`;
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / MEBIBYTE)} MiB`;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
