import { connect } from "node:net";
import type { ApiServer } from "../../../kube/api-server.ts";
import { follow, type Named } from "../agent/follow.ts";
import { setUpNetwork } from "./bridge.ts";
import { serveConnect } from "./connect-server.ts";
import { serveNames } from "./dns.ts";
import { addressesOf } from "./names.ts";
import {
  type EndpointSlice,
  type Gateway,
  type HttpRoute,
  type Ingress,
  type NetworkObjects,
  type Service,
} from "./objects.ts";
import { join, relay, serve } from "./relay.ts";
import { ServiceProxy } from "./service-proxy.ts";
import { SOCKETS } from "./sockets.ts";

/** What the process inside a cluster's private network needs to serve it. */
export interface InsideOptions {
  /** The range of Service addresses, which is a /16. */
  readonly serviceCidr: string;
  /** The address of the Service `kubernetes`. */
  readonly apiserverAddress: string;
  /** The API server's port on loopback, which is the same on the machine and in the network. */
  readonly apiserverPort: number;
}

/** Prepares the private network, with the API server reachable on loopback and at its Service's address. */
export async function openNetwork(options: InsideOptions): Promise<void> {
  await setUpNetwork(options.serviceCidr);
  const apiserver = (): { path: string } => ({ path: SOCKETS.apiserver });
  await relay({ host: "127.0.0.1", port: options.apiserverPort }, apiserver);
  await relay({ host: options.apiserverAddress, port: 443 }, apiserver);
}

/** Serves Service addresses and DNS names based on the cluster's objects, and lets the machine connect to both. */
export async function serveNetwork(
  api: ApiServer,
  log: (line: string) => void,
  { serviceCidr }: InsideOptions,
): Promise<NetworkObjects> {
  const collection = <T extends Named>(path: string, optional = false): ReadonlyMap<string, T> =>
    follow<T>({ api, log, path, optional, reconcile: () => changed() }).items;
  const objects: NetworkObjects = {
    services: collection<Service>("/api/v1/services"),
    slices: collection<EndpointSlice>("/apis/discovery.k8s.io/v1/endpointslices"),
    gateways: collection<Gateway>("/apis/gateway.networking.k8s.io/v1/gateways", true),
    routes: collection<HttpRoute>("/apis/gateway.networking.k8s.io/v1/httproutes", true),
    ingresses: collection<Ingress>("/apis/networking.k8s.io/v1/ingresses"),
  };
  const proxy = new ServiceProxy(objects, `${serviceCidr.split(".").slice(0, 2).join(".")}.`);
  let updates: Promise<void> = Promise.resolve();
  function changed(): Promise<void> {
    updates = updates.catch(() => undefined).then(() => proxy.update());
    return updates;
  }
  const lookup = (name: string): readonly string[] | undefined => addressesOf(name, objects);
  await serveNames(lookup);
  await serveConnections(lookup);
  await serveConnect(SOCKETS.connect);
  return objects;
}

/** Accepts connections from the machine: the first line is `HOST PORT`, and the rest is relayed to that address. */
async function serveConnections(lookup: (name: string) => readonly string[] | undefined): Promise<void> {
  await serve({ path: SOCKETS.inside }, (socket) => {
    socket.on("error", () => socket.destroy());
    socket.once("readable", () => {
      // Only that line can have arrived, because the caller waits for a reply to it.
      const [name = "", port] = String(socket.read()).trim().split(" ");
      const host = /^[\d.]+$/.test(name) ? name : lookup(name)?.[0];
      if (host === undefined) {
        socket.end(`${name} has no address\n`);
        return;
      }
      const onward = connect({ host, port: Number(port), allowHalfOpen: true });
      onward.once("error", (error) => socket.end(`${error.message}\n`));
      onward.once("connect", () => {
        onward.removeAllListeners("error");
        socket.write("\n");
        join(socket, onward);
      });
    });
  });
}
