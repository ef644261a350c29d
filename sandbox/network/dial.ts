import { closeSync, openSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { EdgefirstError } from "../../errors.ts";
import { SOCKETS } from "./sockets.ts";

/**
 * Connects from the machine to an address or a name in a cluster's private network.
 * @throws EdgefirstError if there is no such network, or nobody answers there.
 */
export function dial(clusterDir: string, host: string, port: number): Promise<Socket> {
  const fail = (reason: string): EdgefirstError =>
    new EdgefirstError(
      `${host}:${port} in the sandbox cluster of ${clusterDir} cannot be reached: ${reason}`,
    );
  return new Promise((resolve, reject) => {
    let folder: number;
    try {
      folder = openSync(clusterDir, "r");
    } catch (error) {
      reject(fail(String(error)));
      return;
    }
    // By the open folder, whose path may be longer than a socket's may be.
    const socket = connect({ path: `/proc/self/fd/${folder}/${SOCKETS.inside}`, allowHalfOpen: true });
    socket.once("connect", () => {
      socket.write(`${host} ${port}\n`);
    });
    socket.once("error", (error) => {
      reject(fail(`${error.message}; do its pods run? \`edgefirst sandbox status\` tells`));
    });
    socket.once("close", () => {
      closeSync(folder);
    });
    let greeting = "";
    const read = (): void => {
      for (
        let byte = socket.read(1) as Buffer | null;
        byte !== null;
        byte = socket.read(1) as Buffer | null
      ) {
        const character = byte.toString("latin1");
        if (character !== "\n") {
          greeting += character;
          continue;
        }
        socket.off("readable", read).removeAllListeners("error");
        if (greeting === "") resolve(socket);
        else reject(fail(greeting));
        if (greeting !== "") socket.destroy();
        return;
      }
    };
    socket.on("readable", read);
  });
}
