import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { waitUntil } from "../../tools/sandbox/processes.ts";
import { findProgram } from "../../tools/toolchain/find.ts";
import { programNamed } from "../../tools/toolchain/program.ts";
import { PROGRAMS } from "../../tools/toolchain/programs.ts";
import { freePort } from "../../tools/sandbox/ports.ts";
import { skip } from "./skip.ts";
import { temporaryDirectory } from "./temporary.ts";

const TIMEOUT = { timeoutMs: 20_000 };

/** A running Gatus. */
export interface RunningGatus {
  readonly child: ChildProcess;
  readonly output: () => string;
}

/** The result of {@link useRealGatus}. */
export interface RealGatus {
  /** The configuration directory. */
  readonly dir: string;
  readonly url: string;
  /** Writes a file into a ConfigMap or Secret volume as created by the kubelet: links to files in a folder behind a link. */
  readonly mount: (volume: string, file: string, text: string) => void;
  /** Writes the endpoints of a sidecar. */
  readonly discovered: (...endpoints: object[]) => void;
  readonly start: (env?: NodeJS.ProcessEnv) => RunningGatus;
  /** The metrics, as soon as an endpoint has a result. */
  readonly firstResult: () => Promise<string>;
  /** Waits until Gatus serves its page. */
  readonly serving: () => Promise<unknown>;
}

/** A real Gatus for each test of a suite, with an empty configuration directory. Skips the suite if the machine has none. */
export function useRealGatus(): RealGatus {
  let program = "";
  let dir = "";
  let port = 0;
  const running: ChildProcess[] = [];

  before(async function () {
    const found = await findProgram(programNamed("gatus", PROGRAMS));
    if (found === undefined)
      skip(this, "no Gatus on this machine (EDGEFIRST_GATUS, PATH or the toolchain's cache)");
    program = found.path;
  });
  beforeEach(async () => {
    dir = temporaryDirectory("edgefirst-gatus-");
    port = await freePort();
  });
  afterEach(async () => {
    for (const child of running.splice(0)) {
      if (child.exitCode !== null) continue;
      child.kill();
      await once(child, "exit");
    }
  });

  const url = (): string => `http://127.0.0.1:${port}`;
  const body = (path: string): Promise<string> =>
    fetch(url() + path).then(
      (response) => response.text(),
      () => "",
    );
  return {
    get dir() {
      return dir;
    },
    get url() {
      return url();
    },
    mount(volume, file, text) {
      mkdirSync(join(dir, volume, "..2026_01_01"), { recursive: true });
      writeFileSync(join(dir, volume, "..2026_01_01", file), text.replaceAll("8080", String(port)));
      symlinkSync("..2026_01_01", join(dir, volume, "..data"));
      symlinkSync(join("..data", file), join(dir, volume, file));
    },
    discovered(...endpoints) {
      mkdirSync(join(dir, "discovered"));
      writeFileSync(join(dir, "discovered", "gatus-sidecar.yaml"), stringify({ endpoints }));
    },
    start(env = process.env) {
      const child = spawn(program, { env: { ...env, GATUS_CONFIG_PATH: dir } });
      running.push(child);
      let output = "";
      for (const stream of [child.stdout, child.stderr])
        stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
      return { child, output: () => output };
    },
    // Not the API, whose responses Gatus caches for ten seconds.
    firstResult: () =>
      waitUntil(
        "a result in the metrics",
        async () => {
          const metrics = await body("/metrics");
          return metrics.includes("gatus_results_endpoint_success{") ? metrics : undefined;
        },
        TIMEOUT,
      ),
    serving: () => waitUntil("Gatus", async () => (await body("/health")).includes("UP"), TIMEOUT),
  };
}
