import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { treeMemoryBytes, treeOf } from "../process-tree.ts";
import type { ContainerProcess } from "../runtime/pod-runner.ts";
import { NODE_ADDRESS } from "./node.ts";
import { selfSigned } from "./self-signed.ts";

/** The kubelet's port. */
const PORT = 10250;
const PATH = "/metrics/resource";
/** The unit of times in `/proc/<pid>/stat`, in every Linux that Node runs on (`USER_HZ`, proc_pid_stat(5)). */
const TICKS_PER_SECOND = 100;

/**
 * Serves what containers use where metrics-server asks a kubelet for it. Like everything else in the private network, it asks for no credentials.
 * @param processes the containers that run now
 */
export async function serveResourceMetrics(processes: () => readonly ContainerProcess[]): Promise<void> {
  const { certificate, key } = await selfSigned(NODE_ADDRESS);
  const server = createServer({ cert: certificate, key }, ({ url }, response) => {
    if (url?.split("?")[0] !== PATH) {
      response.writeHead(404).end();
      return;
    }
    response.setHeader("content-type", "text/plain; version=0.0.4");
    response.end(resourceMetrics(processes(), process.pid));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(PORT, NODE_ADDRESS, resolve);
  });
}

/**
 * The kubelet's resource metrics.
 * https://kubernetes.io/docs/reference/instrumentation/metrics/
 * @param node the process that has all of the node's processes as descendants
 */
export function resourceMetrics(processes: readonly ContainerProcess[], node: number): string {
  const now = Date.now();
  const lines = [
    `node_cpu_usage_seconds_total ${cpuSeconds(node)} ${now}`,
    `node_memory_working_set_bytes ${treeMemoryBytes(node)} ${now}`,
  ];
  for (const { namespace, pod, container, pid, startedAt } of processes) {
    const labels = `{container="${container}",namespace="${namespace}",pod="${pod}"}`;
    lines.push(
      `container_cpu_usage_seconds_total${labels} ${cpuSeconds(pid)} ${now}`,
      `container_memory_working_set_bytes${labels} ${treeMemoryBytes(pid)} ${now}`,
      `container_start_time_seconds${labels} ${Date.parse(startedAt) / 1000}`,
    );
  }
  return `${lines.join("\n")}\n`;
}

/** CPU time of a process and all its descendants, including those that have exited. */
function cpuSeconds(pid: number): number {
  return treeOf(pid).reduce((sum, each) => sum + ticks(each), 0) / TICKS_PER_SECOND;
}

/** CPU time of a process and of its children that have exited. */
function ticks(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the program name in parentheses, and may itself contain spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  } catch {
    // The process has exited.
    return 0;
  }
}
