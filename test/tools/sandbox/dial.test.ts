import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ask } from "../../../tools/sandbox/network/ask.ts";
import { dial } from "../../../tools/sandbox/network/dial.ts";
import { SOCKETS } from "../../../tools/sandbox/network/sockets.ts";

describe("sandbox: connections into a cluster's network", () => {
  let directory: string;
  let server: Server;
  /** What keeps the network, as far as a test needs it. */
  let keeper: (socket: Socket) => void;
  const taken = new Set<Socket>();

  before((done) => {
    directory = mkdtempSync(join(tmpdir(), "edgefirst-dial-"));
    const path = join(directory, SOCKETS.inside);
    mkdirSync(dirname(path), { recursive: true });
    server = createServer((socket) => {
      taken.add(socket.on("error", () => undefined));
      keeper(socket);
    }).listen(path, done);
  });
  after((done) => {
    for (const socket of taken) socket.destroy();
    server.close(() => {
      rmSync(directory, { recursive: true });
      done();
    });
  });

  it("end where the network's keeper ends before it has answered", async () => {
    keeper = (socket) => socket.end();
    await assert.rejects(dial(directory, "whoami", 80), /whoami:80 .* the connection ended; do its pods run/);
  });

  it("give up where it never answers, when they are told to", async () => {
    keeper = () => undefined;
    await assert.rejects(dial(directory, "whoami", 80, AbortSignal.timeout(50)), /aborted/);
  });

  for (const tls of [false, true])
    it(`give up where there is no answer to a request${tls ? ", nor to a handshake" : ""}`, async () => {
      keeper = (socket) => socket.once("data", () => socket.write("\n"));
      const asked = ask(directory, "whoami", { path: "/", tls, timeoutMs: 300 });
      await assert.rejects(asked, /no answer within 0\.3 s/);
    });

  it("say why there is none", async () => {
    keeper = (socket) => socket.once("data", () => socket.end("nobody listens\n"));
    await assert.rejects(dial(directory, "whoami", 80), /whoami:80 .*: nobody listens$/);
  });
});
