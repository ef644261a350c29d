import { resolve } from "node:path";
import { Command, Option } from "commander";
import { choosePodMode, type PodMode } from "../sandbox/pod-mode.ts";
import { isSandboxDir } from "../sandbox/sandbox-dir.ts";
import { sandboxDown, sandboxUp } from "../sandbox/sandbox.ts";
import { type ProcessStatus, type SandboxStatus, sandboxStatus } from "../sandbox/status.ts";
import { superviseSandbox } from "../sandbox/supervisor.ts";
import { shellWord } from "../../lib/shell-word.ts";
import { interruptible } from "./interrupt.ts";
import { logs, open } from "./sandbox-pods.ts";
import { renderTable } from "./table.ts";

const EXAMPLES = `
Examples:
  edgefirst sandbox up                      both clusters, edge and main, in .sandbox
  edgefirst sandbox up --clusters edge      only edge
  edgefirst sandbox status
  edgefirst sandbox logs -f traefik         what a pod prints
  edgefirst sandbox open                    Gateways and Gatus on 127.0.0.1
  edgefirst sandbox down                    stop everything, keep the data for the next up
  edgefirst sandbox down --delete-data      stop everything and delete it
  edgefirst sandbox up --dir /tmp/another   a second one beside the first`;

const DIR = ".sandbox";
const dirOption = () => new Option("--dir <dir>", "folder of the sandbox").default(DIR);
const clustersOption = (what: string) =>
  new Option("--clusters <names>", `${what}, separated by commas`).argParser((value) =>
    value.split(",").map((name) => name.trim()),
  );
const jsonOption = () => new Option("--json", "print the result as JSON");

/** Progress goes to stderr, so that stdout holds the result alone. */
const progress = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

const INTERRUPT = {
  ending: "interrupted: ending what was started",
  left: "What ran before still runs; what was just started has been ended.",
};

interface Flags {
  readonly dir: string;
  readonly clusters?: string[];
  readonly json?: true;
}

interface UpFlags extends Flags {
  readonly newPorts?: boolean;
  readonly pods?: PodMode;
}

const up = new Command("up")
  .description("start the clusters, or what has died of them")
  .addOption(clustersOption("which clusters").default(["edge", "main"], "edge,main"))
  .addOption(dirOption())
  .addOption(jsonOption())
  .option("--new-ports", "stop the clusters and give them other ports first")
  .addOption(
    new Option(
      "--pods <mode>",
      "run pods as processes, or only say that they run (default: real where this machine allows it)",
    ).choices(["real", "simulated"]),
  )
  .action(async ({ dir, clusters = [], json, newPorts = false, ...flags }: UpFlags) => {
    const pods = await choosePodMode(flags.pods, progress);
    const sandbox = await interruptible(INTERRUPT, async (signal) => {
      const running = await sandboxUp({ dir, clusters, newPorts, pods, progress, signal });
      await superviseSandbox({ dir, progress, signal });
      return running;
    });
    print(json ? JSON.stringify(sandbox, undefined, 2) : `\n${usage(sandbox.kubeconfig, clusters[0])}`);
  });

const status = new Command("status")
  .description("show what runs, what it takes, and what is only pretended")
  .addOption(dirOption())
  .addOption(jsonOption())
  .action(async ({ dir, json }: Flags) => {
    const found = await sandboxStatus({ dir });
    print(json ? JSON.stringify(found, undefined, 2) : render(found, process.stdout.isTTY));
  });

const down = new Command("down")
  .description("end what the sandbox has started, and nothing else")
  .addOption(clustersOption("only these clusters"))
  .addOption(dirOption())
  .addOption(jsonOption())
  .option("--delete-data", "delete the clusters with all that is in them, too")
  .action(async ({ dir, clusters, json, deleteData = false }: Flags & { deleteData?: boolean }) => {
    const wasThere = isSandboxDir(resolve(dir));
    const stopped = await sandboxDown({ dir, clusters, deleteData, progress });
    if (json)
      print(JSON.stringify({ stopped: stopped.map(({ name, pid }) => ({ name, pid })) }, undefined, 2));
    else if (!wasThere) print(`no sandbox in ${resolve(dir)}: nothing to end`);
    else
      print(`stopped ${stopped.length} processes; ${deleteData ? "the data is deleted" : "the data stays"}`);
  });

/** `edgefirst sandbox …`: real control planes on this machine. */
export const sandbox = new Command("sandbox")
  .description("real Kubernetes control planes on this machine, to try everything on")
  .addHelpText("afterAll", EXAMPLES)
  .addCommand(up)
  .addCommand(status)
  .addCommand(logs)
  .addCommand(open)
  .addCommand(down);

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
    renderTable(["CLUSTER", "PROCESS", "STATE", "PID", "MEMORY"], processes, framed, [3, 4]),
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
    "To start what does not run:",
    `  edgefirst sandbox up --clusters ${incomplete.join(",")}${dirFlag(dir)}`,
    "",
  ];
}

/** What names a sandbox on the command line, where it is not the default one. */
function dirFlag(dir: string): string {
  return dir === resolve(DIR) ? "" : ` --dir ${shellWord(dir)}`;
}

function usage(kubeconfig: string, context = "edge"): string {
  return `export KUBECONFIG=${shellWord(kubeconfig)}\nkubectl --context ${context} get pods --all-namespaces`;
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
