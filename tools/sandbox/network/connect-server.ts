import { rmSync } from "node:fs";
import { connect } from "node:net";
import { http } from "../../../lib/node-http.ts";
import { join } from "./relay.ts";

/**
 * Serves the API server's route to pods and Services, for proxy subresources and webhooks: an HTTP proxy that accepts only CONNECT, on a Unix socket. Resolves
 * once it is listening.
 */
export function serveConnect(path: string): Promise<void> {
  rmSync(path, { force: true });
  const server = http.createServer().on("connect", ({ url = "" }, socket, head) => {
    socket.on("error", () => socket.destroy());
    const [, host = "", port] = /^\[?(.*?)\]?:(\d+)$/.exec(url) ?? [];
    const onward = connect({ host, port: Number(port), allowHalfOpen: true });
    onward.once("error", ({ message }) => socket.end(`HTTP/1.1 502 ${message}\r\n\r\n`));
    onward.once("connect", () => {
      onward.removeAllListeners("error");
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      onward.write(head);
      join(socket, onward);
    });
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject).listen(path, () => {
      resolve();
    });
  });
}
