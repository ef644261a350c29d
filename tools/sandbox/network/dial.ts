import { closeSync, openSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { EdgefirstError } from "../../../lib/errors.ts";
import { SOCKETS } from "./sockets.ts";

const ADVICE = "do its pods run? `edgefirst sandbox status` tells";

/**
 * Connects from the machine to an address or a name in a cluster's private network.
 * @param signal ends the attempt, and the connection once there is one.
 * @throws EdgefirstError if there is no such network, or nobody answers there.
 */
export function dial(clusterDir: string, host: string, port: number, signal?: AbortSignal): Promise<Socket> {
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
    const path = `/proc/self/fd/${folder}/${SOCKETS.inside}`;
    const socket = connect({ path, allowHalfOpen: true, signal });
    const giveUp = (reason: string): void => {
      reject(fail(reason));
      socket.destroy();
    };
    const failed = (error: Error): void => {
      giveUp(`${error.message}; ${ADVICE}`);
    };
    // What keeps the network may be killed between taking the connection and saying what came of it.
    const ended = (): void => {
      giveUp(`the connection ended; ${ADVICE}`);
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
