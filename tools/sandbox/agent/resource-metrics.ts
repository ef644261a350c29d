import { createServer, type Server } from "node:https";
import { createServer as createTcpServer, type Server as TcpServer } from "node:net";
import { cpuTime } from "../../../lib/process-identity.ts";
import { treeMemoryBytes, treeOf } from "../process-tree.ts";
import type { ContainerProcess } from "../runtime/pod-runner.ts";
import { NODE_ADDRESS } from "../network/bridge.ts";

/** The kubelet's port. */
const PORT = 10250;
const PATH = "/metrics/resource";

/**
 * Serves what containers use where metrics-server asks a kubelet for it. Like everything else in the private network, it asks for no credentials.
 * @param processes the containers that run now
 */
export async function serveResourceMetrics(
  processes: () => readonly ContainerProcess[],
  address: { readonly host: string; readonly port: number } = { host: NODE_ADDRESS, port: PORT },
): Promise<TcpServer> {
  let metrics: Promise<Server> | undefined;
  // Most clusters have no metrics-server, and what makes the certificate takes 9 MB.
  const server = createTcpServer((socket) => {
    metrics ??= metricsServer(processes);
    metrics.then(
      (https) => https.emit("connection", socket),
      () => socket.destroy(),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(address, resolve);
  });
  return server;
}

/** Serves connections that another server has accepted. */
async function metricsServer(processes: () => readonly ContainerProcess[]): Promise<Server> {
  const { selfSigned } = await import("./self-signed.ts");
  const { certificate, key } = await selfSigned(NODE_ADDRESS);
  return createServer({ cert: certificate, key }, ({ url }, response) => {
    if (url?.split("?")[0] !== PATH) {
      response.writeHead(404).end();
      return;
    }
    response.setHeader("content-type", "text/plain; version=0.0.4");
    response.end(resourceMetrics(processes(), process.pid));
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
  return treeOf(pid)
    .map(cpuTime)
    .reduce((sum, { own, children }) => sum + own + children, 0);
}
