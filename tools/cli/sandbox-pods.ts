import { Command } from "commander";
import { podLogs } from "../sandbox/logs.ts";
import { openServices } from "../sandbox/open.ts";

/** Resolves when the person has had enough. */
function interrupted(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => {
      controller.abort();
    });
  return controller.signal;
}

interface LogsFlags {
  readonly dir: string;
  readonly cluster?: string;
  readonly container?: string;
  readonly follow?: true;
}

/** `edgefirst sandbox logs`: what a pod's process prints. */
export const logs = new Command("logs")
  .description("print what a pod that runs for real has printed since its last start")
  .argument("<pod>", "its name, or the beginning of it, with or without namespace/ before")
  .option("-c, --container <name>", "which container, where it has several")
  .option("-f, --follow", "go on with what it prints from now on")
  .option("--cluster <name>", "which cluster, where pods of several fit")
  .option("--dir <dir>", "folder of the sandbox", ".sandbox")
  .action(async (pod: string, { follow, ...flags }: LogsFlags) => {
    const signal = interrupted();
    for await (const chunk of podLogs({ ...flags, pod, follow: follow === true, signal }))
      process.stdout.write(chunk);
  });

/** `edgefirst sandbox open`: Services of a cluster on this machine. */
export const open = new Command("open")
  .description("forward Services of a cluster to ports of 127.0.0.1, until Ctrl-C")
  .argument("[services...]", "namespace/name of each; by default those of type LoadBalancer, and gatus")
  .option("--cluster <name>", "which cluster", "edge")
  .option("--dir <dir>", "folder of the sandbox", ".sandbox")
  .action(async (services: string[], { cluster, dir }: { cluster: string; dir: string }) => {
    const signal = interrupted();
    const { ports, close } = await openServices({ dir, cluster, services });
    for (const { service, port, local } of ports) {
      const scheme = port === 443 ? "https" : "http";
      process.stdout.write(`${service}:${port}  ${scheme}://127.0.0.1:${local}\n`);
    }
    process.stderr.write("A Gateway goes by host names: curl -H 'Host: <name>' …   Ctrl-C ends it.\n");
    signal.addEventListener("abort", close);
  });
