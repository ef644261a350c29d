import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { dirname, join } from "node:path";
import { ask } from "../../../tools/sandbox/network/ask.ts";
import { dial } from "../../../tools/sandbox/network/dial.ts";
import { SOCKETS } from "../../../tools/sandbox/network/sockets.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

describe("sandbox: connections into a cluster's network", () => {
  const directory = temporaryDirectory("edgefirst-dial-");
  let server: Server;
  /** A stand-in for the network's side. */
  let keeper: (socket: Socket) => void;
  const taken = new Set<Socket>();

  before((done) => {
    const path = join(directory, SOCKETS.inside);
    mkdirSync(dirname(path), { recursive: true });
    server = createServer((socket) => {
      taken.add(socket.on("error", () => undefined));
      keeper(socket);
    }).listen(path, done);
  });
  after((done) => {
    for (const socket of taken) socket.destroy();
    server.close(done);
  });

  it("fail if the network's side exits before it responds", async () => {
    keeper = (socket) => socket.end();
    await assert.rejects(
      dial(directory, "whoami", 80),
      /whoami:80 .* the connection closed; check the cluster's pods/,
    );
  });

  it("can be aborted if the network's side never responds", async () => {
    keeper = () => undefined;
    await assert.rejects(dial(directory, "whoami", 80, AbortSignal.timeout(50)), /aborted/);
  });

  for (const tls of [false, true])
    it(`time out without a response to a ${tls ? "TLS handshake" : "request"}`, async () => {
      keeper = (socket) => socket.once("data", () => socket.write("\n"));
      const asked = ask(directory, "whoami", { path: "/", tls, timeoutMs: 300 });
      await assert.rejects(asked, /no response within 0\.3 s/);
    });

  it("report the reason for a failure", async () => {
    keeper = (socket) => socket.once("data", () => socket.end("connection refused\n"));
    await assert.rejects(dial(directory, "whoami", 80), /whoami:80 .*: connection refused$/);
  });
});
