import { type AddressInfo, type Server } from "node:net";
import { resolve } from "node:path";
import { EdgefirstError } from "../../lib/errors.ts";
import { type ClusterState, adminApi, readClusters } from "./cluster-state.ts";
import { dial } from "./network/dial.ts";
import { type Service } from "./network/objects.ts";
import { join, serve } from "./network/relay.ts";

/** What to open. */
export interface OpenOptions {
  /** The sandbox's folder. */
  readonly dir: string;
  readonly cluster: string;
  /** Services as `namespace/name`; if empty, all Services of type LoadBalancer (which includes those of Gateways) and those named `gatus`. */
  readonly services: readonly string[];
}

/** A forwarded port of a Service. */
export interface OpenPort {
  readonly service: string;
  readonly port: number;
  /** Port on 127.0.0.1. */
  readonly local: number;
}

/**
 * Forwards ports on 127.0.0.1 to Services in a cluster until `close` is called or this process exits.
 * @throws EdgefirstError if the sandbox does not have the cluster, or the cluster does not have a Service.
 */
export async function openServices(
  options: OpenOptions,
): Promise<{ readonly ports: readonly OpenPort[]; readonly close: () => void }> {
  const cluster = readClusters(resolve(options.dir)).find(({ name }) => name === options.cluster);
  if (cluster === undefined) {
    throw new EdgefirstError(
      `${options.dir} has no cluster ${options.cluster}.`,
      "Start it with: edgefirst sandbox up",
    );
  }
  const servers: Server[] = [];
  const ports: OpenPort[] = [];
  for (const service of await chosen(cluster, options.services)) {
    for (const { port, protocol = "TCP" } of service.spec.ports ?? []) {
      if (protocol !== "TCP") continue;
      const server = await forward(cluster, service.spec.clusterIP ?? "", port);
      servers.push(server);
      ports.push({ service: nameOf(service), port, local: (server.address() as AddressInfo).port });
    }
  }
  const close = (): void => {
    for (const server of servers) server.close();
  };
  return { ports, close };
}

async function chosen(cluster: ClusterState, names: readonly string[]): Promise<Service[]> {
  const { items } = await adminApi(cluster).call<{ items: Service[] }>("GET", "/api/v1/services");
  const withAddress = items.filter(({ spec }) => spec.clusterIP !== undefined && spec.clusterIP !== "None");
  if (names.length === 0) {
    return withAddress.filter(
      ({ spec, metadata }) => spec.type === "LoadBalancer" || metadata.name === "gatus",
    );
  }
  return names.map((name) => {
    const found = withAddress.find((service) => nameOf(service) === name);
    if (found !== undefined) return found;
    const known = withAddress.map((service) => `  ${nameOf(service)}`).join("\n");
    throw new EdgefirstError(
      `The cluster ${cluster.name} has no Service ${name}.`,
      `Services in this cluster:\n${known}`,
    );
  });
}

function nameOf({ metadata }: Service): string {
  return `${metadata.namespace}/${metadata.name}`;
}

function forward(cluster: ClusterState, host: string, port: number): Promise<Server> {
  return serve({ host: "127.0.0.1", port: 0 }, (socket) => {
    const gone = new AbortController();
    socket
      .on("error", () => socket.destroy())
      .once("close", () => {
        gone.abort();
      });
    dial(cluster.dir, host, port, gone.signal).then(
      (onward) => {
        join(socket, onward);
      },
      () => {
        socket.resetAndDestroy();
      },
    );
  });
}
