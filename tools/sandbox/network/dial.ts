import { closeSync, openSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { EdgefirstError } from "../../../lib/errors.ts";
import { SOCKETS } from "./sockets.ts";

const ADVICE = "check the cluster's pods with `edgefirst sandbox status`";

/**
 * Connects from the machine to an address or a name in a cluster's private network.
 * @param signal aborts the attempt, and later the connection.
 * @throws EdgefirstError if the network does not exist, or nothing listens at the address.
 */
export function dial(clusterDir: string, host: string, port: number, signal?: AbortSignal): Promise<Socket> {
  const fail = (reason: string): EdgefirstError =>
    new EdgefirstError(
      `${host}:${port} in the sandbox cluster in ${clusterDir} cannot be reached: ${reason}`,
    );
  return new Promise((resolve, reject) => {
    let folder: number;
    try {
      folder = openSync(clusterDir, "r");
    } catch (error) {
      reject(fail(String(error)));
      return;
    }
    // Through the folder's file descriptor, because the socket's own path may be too long.
    const path = `/proc/self/fd/${folder}/${SOCKETS.inside}`;
    const socket = connect({ path, allowHalfOpen: true, signal });
    const giveUp = (reason: string): void => {
      reject(fail(reason));
      socket.destroy();
    };
    const failed = (error: Error): void => {
      giveUp(`${error.message}; ${ADVICE}`);
    };
    // The process in the private network may be killed after it accepts the connection and before it responds.
    const ended = (): void => {
      giveUp(`the connection closed; ${ADVICE}`);
    };
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
        socket.off("readable", read).off("end", ended).off("error", failed);
        if (greeting === "") resolve(socket);
        else giveUp(greeting);
        return;
      }
    };
    socket.once("error", failed).once("end", ended).on("readable", read);
    socket.once("close", () => {
      closeSync(folder);
    });
    socket.once("connect", () => {
      socket.write(`${host} ${port}\n`);
    });
  });
}
