import * as http from "node:http";
import * as net from "node:net";

/** An HTTP proxy that connects to one port of this machine, whatever the requested target. */
export function connectProxy(port: number, onTarget: (target: string) => void): http.Server {
  return http.createServer().on("connect", (request, client: net.Socket) => {
    onTarget(request.url ?? "");
    tunnel(client, port, () => client.write("HTTP/1.1 200 OK\r\n\r\n"));
  });
}

/** Connects a client to a port of this machine. `ready` answers the client before anything else does. */
export function tunnel(client: net.Socket, port: number, ready: () => void): void {
  const server = net.connect(port, "127.0.0.1", () => {
    ready();
    server.pipe(client).pipe(server);
  });
  for (const socket of [client, server]) socket.on("error", () => client.destroy());
}
