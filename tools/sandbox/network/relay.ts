import { rmSync } from "node:fs";
import type { Duplex } from "node:stream";
import { connect, createServer, type NetConnectOpts, type Server, type Socket } from "node:net";

/** Where to listen: an address, or a Unix socket, which works across network namespaces. */
export type Listen = { readonly host: string; readonly port: number } | { readonly path: string };

/**
 * Joins two connections; each direction stays open until its sender ends it. An error on either one, even an earlier error, closes both.
 */
export function join(one: Duplex, other: Duplex): void {
  const cut = (): void => {
    one.destroy();
    other.destroy();
  };
  if (one.destroyed || other.destroyed) cut();
  one.on("error", cut).on("close", cut);
  other.on("error", cut).on("close", cut);
  one.pipe(other).pipe(one);
}

/** Accepts connections and relays each to `target`. Resolves once it is listening. */
export function relay(listen: Listen, target: () => NetConnectOpts): Promise<Server> {
  return serve(listen, (socket) => {
    join(socket, connect({ ...target(), allowHalfOpen: true }));
  });
}

/** Serves raw connections; replaces the socket file that a killed process left behind. Resolves once it is listening. */
export function serve(listen: Listen, take: (socket: Socket) => void): Promise<Server> {
  if ("path" in listen) rmSync(listen.path, { force: true });
  const server = createServer({ allowHalfOpen: true }, take);
  return new Promise((resolve, reject) => {
    server.once("error", reject).listen(listen, () => {
      resolve(server);
    });
  });
}
