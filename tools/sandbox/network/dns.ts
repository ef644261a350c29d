import { createSocket } from "node:dgram";
import { answer, readQuestion, TYPE_A } from "./dns-message.ts";

/** The name server's address, from the part of the Service range that is never assigned automatically. */
export const NAME_SERVER = "10.96.0.10";

/** Runs a name server on UDP port 53 of {@link NAME_SERVER}. It does not forward queries: unknown names do not exist. */
export function serveNames(lookup: (name: string) => readonly string[] | undefined): Promise<void> {
  const socket = createSocket("udp4");
  socket.on("message", (query, from) => {
    const question = readQuestion(query);
    if (question === undefined) return;
    const addresses = lookup(question.name);
    const known = addresses !== undefined && question.type !== TYPE_A ? [] : addresses;
    socket.send(answer(query, question, known), from.port, from.address);
  });
  return new Promise((resolve, reject) => {
    socket.once("error", reject).bind(53, NAME_SERVER, () => {
      socket.off("error", reject).on("error", () => undefined);
      resolve();
    });
  });
}
