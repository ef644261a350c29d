import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync } from "node:fs";
import { parseArgs } from "node:util";
import { setTimeout as delay } from "node:timers/promises";
import { SYSTEM_PATH } from "./commands.ts";
import { PRIVATE_WORLD } from "./namespaces.ts";
import { servePrograms } from "./programs-server.ts";
import { relay } from "./relay.ts";
import { SOCKETS } from "./sockets.ts";

// The machine's side of a cluster's private network: carries connections to the API server, resolves programs, and keeps the program
// behind `--` (the agent) alive as the first process in there. The working directory is the cluster's folder.

const RESTART_MS = 500;
const GRACE_MS = 6_000;

const { values, positionals } = parseArgs({
  options: { apiserver: { type: "string", default: "" } },
  allowPositionals: true,
});
const log = (line: string): void => {
  process.stdout.write(`${new Date().toISOString()} ${line}\n`);
};

const stopping = new AbortController();
let inside: ChildProcess | undefined;

mkdirSync("run", { recursive: true, mode: 0o700 });
await relay({ path: SOCKETS.apiserver }, () => ({ host: "127.0.0.1", port: Number(values.apiserver) }));
await servePrograms(SOCKETS.programs, log);
process.on("SIGTERM", stop).on("SIGINT", stop);
while (!isStopping()) {
  const end = await live();
  if (!isStopping()) log(`the private network ended: ${end}`);
  await delay(RESTART_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
}
// eslint-disable-next-line no-restricted-properties -- the servers would keep this program running
process.exit(0);

function isStopping(): boolean {
  return stopping.signal.aborted;
}

/** One life of the private network; resolves with how it ended. */
function live(): Promise<string> {
  // If this process is killed, so is unshare, and with it everything inside.
  const command = [
    "--pdeathsig",
    "KILL",
    "--",
    "unshare",
    ...PRIVATE_WORLD,
    process.execPath,
    ...positionals,
  ];
  const child = spawn("setpriv", command, {
    env: { PATH: SYSTEM_PATH },
    // Those inside see the end of this process by the end of their input.
    stdio: ["pipe", "inherit", "inherit"],
  });
  inside = child;
  return new Promise((resolve) => {
    child.once("error", (error) => {
      resolve(error.message);
    });
    child.once("exit", (code, signal) => {
      resolve(signal ?? `exit code ${code ?? "?"}`);
    });
  });
}

function stop(): void {
  stopping.abort();
  inside?.stdin?.end();
  setTimeout(() => inside?.kill("SIGKILL"), GRACE_MS);
}
