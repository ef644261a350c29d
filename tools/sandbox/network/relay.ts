import { rmSync } from "node:fs";
import type { Duplex } from "node:stream";
import { connect, createServer, type NetConnectOpts, type Server, type Socket } from "node:net";

/** Where connections are taken: an address, or a socket in the file system, which reaches across network namespaces. */
export type Listen = { readonly host: string; readonly port: number } | { readonly path: string };

/** Passes everything between two connections, each direction until its end; a fault of one, also an earlier one, ends both. */
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

/** Takes connections and passes each on to what `target` says. Resolves once it listens. */
export function relay(listen: Listen, target: () => NetConnectOpts): Promise<Server> {
  return serve(listen, (socket) => {
    join(socket, connect({ ...target(), allowHalfOpen: true }));
  });
}

/** A server of raw connections; a socket file that a killed process left is replaced. Resolves once it listens. */
export function serve(listen: Listen, take: (socket: Socket) => void): Promise<Server> {
  if ("path" in listen) rmSync(listen.path, { force: true });
  const server = createServer({ allowHalfOpen: true }, take);
  return new Promise((resolve, reject) => {
    server.once("error", reject).listen(listen, () => {
      resolve(server);
    });
  });
}
