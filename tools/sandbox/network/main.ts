import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync } from "node:fs";
import { parseArgs } from "node:util";
import { setTimeout as delay } from "node:timers/promises";
import { SYSTEM_PATH } from "./commands.ts";
import { PRIVATE_NAMESPACES } from "./namespaces.ts";
import { servePrograms } from "./programs-server.ts";
import { relay } from "./relay.ts";
import { SOCKETS } from "./sockets.ts";

// Runs a cluster's private network from the host: relays connections to the API server and finds toolchain programs for the pods.
// Keeps the program after `--` (the agent) running as the network's first process. The working directory is the cluster's folder.

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
await servePrograms(SOCKETS.programs);
process.on("SIGTERM", stop).on("SIGINT", stop);
while (!isStopping()) {
  const end = await runNetwork();
  if (!isStopping()) log(`the private network's process exited: ${end}`);
  await delay(RESTART_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
}
// eslint-disable-next-line no-restricted-properties -- open servers would keep this program running
process.exit(0);

function isStopping(): boolean {
  return stopping.signal.aborted;
}

/** Runs the private network until its process exits; resolves with the reason for the exit. */
function runNetwork(): Promise<string> {
  // If this process is killed, so are unshare and everything inside.
  const command = [
    "--pdeathsig",
    "KILL",
    "--",
    "unshare",
    ...PRIVATE_NAMESPACES,
    process.execPath,
    ...positionals,
  ];
  const child = spawn("setpriv", command, {
    env: { PATH: SYSTEM_PATH },
    // The agent sees that this process has exited when its standard input closes.
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
