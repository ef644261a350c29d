import { podLogs } from "../sandbox/logs.ts";
import { openServices } from "../sandbox/open.ts";
import { progress } from "./progress.ts";

/** A signal that Ctrl-C or SIGTERM aborts. */
function interrupted(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => {
      controller.abort();
    });
  return controller.signal;
}

/** Flags of `edgefirst sandbox logs`. */
export interface LogsFlags {
  readonly dir: string;
  readonly cluster?: string;
  readonly container?: string;
  readonly follow?: true;
}

/** `edgefirst sandbox logs`: prints the output of a pod's process. */
export async function logs(pod: string, flags: LogsFlags): Promise<void> {
  const { dir, cluster, container, follow = false } = flags;
  const options = { dir, cluster, container, pod, follow, signal: interrupted() };
  for await (const chunk of podLogs(options)) process.stdout.write(chunk);
}

/** Flags of `edgefirst sandbox open`. */
export interface OpenFlags {
  readonly dir: string;
  readonly cluster: string;
}

/** `edgefirst sandbox open`: forwards Services in a cluster to this machine, until Ctrl-C. */
export async function open(services: readonly string[], { cluster, dir }: OpenFlags): Promise<void> {
  const signal = interrupted();
  const { ports, close } = await openServices({ dir, cluster, services });
  for (const { service, port, local } of ports) {
    const scheme = port === 443 ? "https" : "http";
    process.stdout.write(`${service}:${port}  ${scheme}://127.0.0.1:${local}\n`);
  }
  progress("A Gateway routes by host name: curl -H 'Host: <name>' …   Press Ctrl-C to stop.");
  signal.addEventListener("abort", close);
}
