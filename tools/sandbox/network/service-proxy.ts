import { connect, type Server, type Socket } from "node:net";
import { NODE_ADDRESS, ownAddress } from "./bridge.ts";
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
 * Relays TCP connections from Service addresses to ready endpoints, like kube-proxy's former userspace mode. If a Service has no ready endpoint, nothing is
 * listening and connections are refused.
 */
export class ServiceProxy {
  readonly #listeners = new Map<string, Listener>();
  readonly #owned = new Set<string>();
  readonly #objects: NetworkObjects;
  readonly #serviceNetwork: string;

  /** @param serviceNetwork the first octets of the Service range, with a trailing dot; other addresses are made local on demand. */
  constructor(objects: NetworkObjects, serviceNetwork: string) {
    this.#objects = objects;
    this.#serviceNetwork = serviceNetwork;
  }

  /**
   * Updates the listeners to match the Services and their endpoints. Calls must not overlap.
   * @throws AggregateError with the errors of the listeners that failed, after updating the others
   */
  async update(): Promise<void> {
    const wanted = this.#wanted();
    for (const [key, { server }] of this.#listeners) {
      if (wanted.has(key)) continue;
      server.close();
      this.#listeners.delete(key);
    }
    const errors: unknown[] = [];
    for (const [key, { host, port, backends }] of wanted) {
      const listener = this.#listeners.get(key);
      if (listener !== undefined) listener.backends = backends;
      else await this.#listen(key, host, port, backends).catch((error: unknown) => errors.push(error));
    }
    if (errors.length > 0) throw new AggregateError(errors, errors.map(String).join("; "));
  }

  #wanted(): Map<string, Backend & { readonly backends: readonly Backend[] }> {
    const wanted = new Map<string, Backend & { readonly backends: readonly Backend[] }>();
    for (const service of this.#objects.services.values()) {
      for (const port of service.spec.ports ?? []) {
        const backends = this.#backends(service, port);
        if (backends.length === 0 || (port.protocol ?? "TCP") !== "TCP") continue;
        const places = addresses(service).map((host) => ({ host, port: port.port }));
        if (port.nodePort !== undefined) places.push({ host: NODE_ADDRESS, port: port.nodePort });
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
    if (!host.startsWith(this.#serviceNetwork) && host !== NODE_ADDRESS && !this.#owned.has(host)) {
      await ownAddress(host);
      this.#owned.add(host);
    }
    const server = await serve({ host, port }, (socket) => {
      const listener = this.#listeners.get(key);
      if (listener === undefined) socket.destroy();
      else relayToFirst(socket, rotated(listener));
    });
    this.#listeners.set(key, { server, backends, next: 0 });
  }
}

function addresses({ spec, status }: Service): string[] {
  const balanced = (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? []);
  return [spec.clusterIP ?? "None", ...(spec.externalIPs ?? []), ...balanced].filter(
    // IPv4 only: a headless Service has "None", and the sandbox has no IPv6.
    (address) => /^\d+\.\d+\.\d+\.\d+$/.test(address),
  );
}

/** The backends, in the order in which the next connection should try them. */
function rotated(listener: Listener): Backend[] {
  const { backends } = listener;
  const first = listener.next++ % backends.length;
  return [...backends.slice(first), ...backends.slice(0, first)];
}

/** Relays a connection to the first backend that accepts it. */
function relayToFirst(socket: Socket, [backend, ...others]: Backend[]): void {
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
    relayToFirst(socket, others);
  });
  onward.once("connect", () => {
    onward.removeAllListeners("error");
    join(socket, onward);
  });
}
