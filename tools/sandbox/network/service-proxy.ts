import { connect, type Server, type Socket } from "node:net";
import { GATEWAY, ownAddress } from "./bridge.ts";
import { type NetworkObjects, readyEndpoints, type Service, type ServicePort } from "./objects.ts";
import { join, serve } from "./relay.ts";

interface Backend {
  readonly host: string;
  readonly port: number;
}

interface Listener {
  readonly server: Server;
  backends: readonly Backend[];
  next: number;
}

/**
 * Carries TCP connections from the addresses of Services to their ready endpoints, as kube-proxy's userspace mode did. Where no endpoint is
 * ready, nothing listens, and a connection is refused.
 */
export class ServiceProxy {
  readonly #listeners = new Map<string, Listener>();
  readonly #owned = new Set<string>();
  readonly #objects: NetworkObjects;
  readonly #serviceNetwork: string;

  /** @param serviceNetwork the first octets of Services' own addresses, with a dot at the end; addresses beyond are made local ones. */
  constructor(objects: NetworkObjects, serviceNetwork: string) {
    this.#objects = objects;
    this.#serviceNetwork = serviceNetwork;
  }

  /**
   * Makes the listeners what the Services and their endpoints call for. To be called one at a time.
   * @throws what stood in the way of some, after all others
   */
  async update(): Promise<void> {
    const wanted = this.#wanted();
    for (const [key, { server }] of this.#listeners) {
      if (wanted.has(key)) continue;
      server.close();
      this.#listeners.delete(key);
    }
    const faults: unknown[] = [];
    for (const [key, { host, port, backends }] of wanted) {
      const listener = this.#listeners.get(key);
      if (listener !== undefined) listener.backends = backends;
      else await this.#listen(key, host, port, backends).catch((fault: unknown) => faults.push(fault));
    }
    if (faults.length > 0) throw new AggregateError(faults, faults.map(String).join("; "));
  }

  #wanted(): Map<string, Backend & { readonly backends: readonly Backend[] }> {
    const wanted = new Map<string, Backend & { readonly backends: readonly Backend[] }>();
    for (const service of this.#objects.services.values()) {
      for (const port of service.spec.ports ?? []) {
        const backends = this.#backends(service, port);
        if (backends.length === 0 || (port.protocol ?? "TCP") !== "TCP") continue;
        const places = addresses(service).map((host) => ({ host, port: port.port }));
        if (port.nodePort !== undefined) places.push({ host: GATEWAY, port: port.nodePort });
        for (const place of places) wanted.set(`${place.host}:${place.port}`, { ...place, backends });
      }
    }
    return wanted;
  }

  #backends(service: Service, { name }: ServicePort): Backend[] {
    return readyEndpoints(this.#objects, service).flatMap(({ slice, address }) => {
      const port = slice.ports?.find((candidate) => (candidate.name ?? "") === (name ?? ""))?.port;
      return port === undefined ? [] : [{ host: address, port }];
    });
  }

  async #listen(key: string, host: string, port: number, backends: readonly Backend[]): Promise<void> {
    if (!host.startsWith(this.#serviceNetwork) && host !== GATEWAY && !this.#owned.has(host)) {
      await ownAddress(host);
      this.#owned.add(host);
    }
    const server = await serve({ host, port }, (socket) => {
      const listener = this.#listeners.get(key);
      if (listener === undefined) socket.destroy();
      else carry(socket, turns(listener));
    });
    this.#listeners.set(key, { server, backends, next: 0 });
  }
}

function addresses({ spec, status }: Service): string[] {
  const balanced = (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? []);
  return [spec.clusterIP ?? "None", ...(spec.externalIPs ?? []), ...balanced].filter(
    // Only IPv4: a headless Service says "None", and there is no IPv6 here.
    (address) => /^\d+\.\d+\.\d+\.\d+$/.test(address),
  );
}

/** The backends in the order in which a new connection tries them. */
function turns(listener: Listener): Backend[] {
  const { backends } = listener;
  const first = listener.next++ % backends.length;
  return [...backends.slice(first), ...backends.slice(0, first)];
}

/** Connects to the first backend that takes the connection. */
function carry(socket: Socket, [backend, ...others]: Backend[]): void {
  if (backend === undefined) {
    socket.resetAndDestroy();
    return;
  }
  const onward = connect({ ...backend, allowHalfOpen: true });
  const giveUp = (): void => {
    onward.destroy();
  };
  socket.on("error", giveUp).once("close", giveUp);
  onward.once("error", () => {
    carry(socket, others);
  });
  onward.once("connect", () => {
    onward.removeAllListeners("error");
    join(socket, onward);
  });
}
