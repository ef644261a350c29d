import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { KubeClient } from "../../kube/kube-client.ts";
import { waitUntil } from "../../tools/sandbox/processes.ts";
import { type RolloutEvent } from "../../tools/rollout/run.ts";
import {
  Engine,
  gatewayApiDirectory,
  PROJECT,
  QUICK_VERIFICATION,
  type TestStack,
  expectSuccess,
} from "../support/engine.ts";
import { applyGatewayApi } from "../support/gateway-api.ts";
import { evidenceValue } from "../../staging/evidence-output.ts";
import type { GitRepository } from "../support/git.ts";
import { checkoutProgram, commitRelease } from "../support/program-checkout.ts";
import { descendants, runningWith } from "../support/running.ts";
import { START_TIMEOUT_MS, useSandbox } from "../support/sandbox.ts";

const CLI_VERSION = (
  JSON.parse(readFileSync(join(PROJECT, "node_modules/pulumi/package.json"), "utf8")) as { version: string }
).version;
const MAIN = join(PROJECT, "tools/cli/main.ts");

/** A rollout with the real command, in its own process group. */
class Launched {
  readonly events: RolloutEvent[] = [];
  readonly ended: Promise<{ code: number | null; stderr: string }>;
  readonly #child;
  #waiting: { until: (event: RolloutEvent) => boolean; resolve: () => void }[] = [];

  /** @param env in addition to the engine's */
  static behindShim(engine: Engine, env: NodeJS.ProcessEnv): Launched {
    return new Launched({ dir: engine.dir, env: { ...engine.env, ...env } });
  }

  constructor(engine: Pick<Engine, "dir" | "env">, ...flags: readonly string[]) {
    const args = [MAIN, "rollout", "--yes", "--json", ...flags];
    const cwd = join(engine.dir, "project");
    this.#child = spawn(process.execPath, args, {
      cwd,
      env: engine.env,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stderr = "";
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    createInterface({ input: this.#child.stdout }).on("line", (line) => {
      const event = JSON.parse(line) as RolloutEvent;
      this.events.push(event);
      for (const { until, resolve } of this.#waiting) if (until(event)) resolve();
    });
    this.ended = once(this.#child, "close").then(([code]) => ({ code: code as number | null, stderr }));
  }

  /** Resolves when a stack's update has created its first resource. */
  midUp(stack: string): Promise<void> {
    return this.reaches(stack, "done: create");
  }

  /** Resolves when a stack's update reports this; rejects if the rollout ends first. */
  async reaches(stack: string, text: string): Promise<void> {
    const reached = new Promise<void>((resolve) => {
      let updating = false;
      const until = (event: RolloutEvent): boolean => {
        if (event.type === "phase" && event.stack === stack) updating = event.phase === "update";
        return updating && event.type === "progress" && event.text.includes(text);
      };
      this.#waiting.push({ until, resolve });
    });
    await Promise.race([
      reached,
      this.ended.then(({ stderr }) => {
        throw new Error(`ended before the middle of the update: ${stderr}${JSON.stringify(this.events)}`);
      }),
    ]);
  }

  /** Signals only the command, as without a terminal. */
  interrupt(signal: NodeJS.Signals = "SIGINT"): void {
    process.kill(this.#child.pid!, signal);
  }

  /** Kills the command and all that it started at once. The CLI's plugins have process groups of their own, and the provider would never end. */
  kill(): void {
    const pid = this.#child.pid!;
    for (const each of [...descendants(pid), pid]) process.kill(each, "SIGKILL");
  }

  outcomes(): Record<string, string> {
    return Object.fromEntries(
      this.events.flatMap((event) => (event.type === "outcome" ? [[event.stack, event.outcome.state]] : [])),
    );
  }
}

describe("engine: a rollout of two stacks, interrupted and resumed", function () {
  this.timeout(180_000);
  const clusters = useSandbox("edge", "main");
  let engine: Engine;
  let edge: TestStack;
  let main: TestStack;
  let edgeConfig: Record<string, unknown>;
  /** The program's repository, at its first release. */
  let program: GitRepository;

  before(async function () {
    this.timeout(START_TIMEOUT_MS);
    const { kubeconfig } = clusters.sandbox;
    program = checkoutProgram();
    engine = await Engine.create(program.dir);
    const source = await gatewayApiDirectory();
    const onMain = new KubeClient({ kubeconfig, context: "main" });
    await applyGatewayApi(onMain);
    onMain.close();
    const config = (context: string, install: boolean) => ({
      cluster: { context, kubeconfig },
      gatewayApi: { install, source },
      verification: QUICK_VERIFICATION,
    });
    edgeConfig = config("edge", true);
    edge = await engine.stack("edge", edgeConfig);
    main = await engine.stack("main", { ...config("main", false), after: ["edge"] });
  });

  const locks = (): string[] => {
    const dir = join(engine.dir, "state/.pulumi/locks");
    return existsSync(dir)
      ? readdirSync(dir, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".json"))
      : [];
  };

  it("exits with 130 after Ctrl-C during an update, without a lock and without changes to main", async () => {
    // Keeps the update running until the signal.
    edge.configure({ ...edgeConfig, verification: { ...QUICK_VERIFICATION, soak: "1m", timeout: "5m" } });
    const rollout = new Launched(engine);
    await rollout.midUp("edge");
    assert.equal(locks().length, 1);
    rollout.interrupt();
    const { code, stderr } = await rollout.ended;
    assert.equal(code, 130, stderr);
    assert.match(stderr, /interrupted: cancelling/);
    assert.deepEqual(locks(), []);
    assert.deepEqual(rollout.outcomes(), { edge: "cancelled", main: "not-started" });
  });

  it("resumes after a kill during an update, and takes over the lock", async () => {
    const killed = new Launched(engine);
    await killed.midUp("edge");
    killed.kill();
    await killed.ended;
    assert.equal(locks().length, 1, "what the killed update has left");
    // A kill at the wrong moment leaves this as well: the CLI creates the file before it writes it.
    writeFileSync(join(engine.dir, "state/.pulumi/stacks/edgefirst/edge.json.attrs"), "");
    const refused = await new Launched(engine).ended;
    assert.notEqual(refused.code, 0);

    edge.configure(edgeConfig);
    const resumed = new Launched(engine, "--resume");
    const { code, stderr } = await resumed.ended;
    assert.equal(code, 0, stderr + JSON.stringify(resumed.events));
    assert.deepEqual(resumed.outcomes(), { edge: "updated", main: "updated" });
    assert.deepEqual(locks(), []);
  });

  it("finds nothing to do when resumed again: every stack has verified this release", async () => {
    const again = new Launched(engine, "--resume");
    const { code, stderr } = await again.ended;
    assert.equal(code, 0, stderr + JSON.stringify(again.events));
    assert.deepEqual(again.outcomes(), { edge: "done-before", main: "done-before" });
  });

  const edgefirst = async (...args: string[]) => {
    const child = spawn(process.execPath, [MAIN, ...args], {
      cwd: join(engine.dir, "project"),
      env: engine.env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => (output += text));
    const [code] = (await once(child, "close")) as [number];
    return { code, output };
  };

  it("is reflected in status, verify and rollback", async () => {
    const [status, verify, rollback] = [
      await edgefirst("status"),
      await edgefirst("verify", "edge"),
      await edgefirst("rollback", "main"),
    ];
    assert.match(status.output, /^edge +[0-9a-f]{12} +- +\d+[sm] ago +\d+s .* succeeded$/m);
    assert.match(status.output, /^main +[0-9a-f]{12} +level .* succeeded$/m);
    await expectSuccess(verify);
    assert.match(verify.output, /edge has stayed healthy since it verified release [0-9a-f]{12}/);
    assert.equal(rollback.code, 1);
    assert.match(rollback.output, /No older release was verified by edge/);
  });

  it("goes forward only with the weaknesses of the proof in the gate's message, and back only to the verified release that rollback names", async () => {
    const first = program.git("rev-parse", "HEAD");
    commitRelease(program, "second");
    for (const stack of [edge, main]) {
      const run = await stack.up();
      await expectSuccess(run);
      if (stack === main)
        assert.match(run.output, /It did not prove:\s+- no soak: every check held only once/);
    }
    const { output } = await edgefirst("rollback", "main");
    assert.ok(output.includes(`git checkout ${first}\n`), output);

    commitRelease(program, "third");
    const unverified = await main.up();
    assert.notEqual(unverified.code, 0);
    assert.match(unverified.output, /edge has not verified release/);

    program.git("checkout", "--quiet", first);
    const back = await main.up();
    await expectSuccess(back);
    assert.match((await edgefirst("status")).output, /^main +[0-9a-f]{12} +1 behind /m);
  });

  it("passes SIGTERM on to the CLI behind npm's script", async () => {
    const bin = join(engine.dir, "pulumi/bin");
    const versions = join(engine.dir, "pulumi/versions", CLI_VERSION);
    mkdirSync(versions, { recursive: true });
    symlinkSync(bin, join(versions, "bin"));
    const others = (engine.env.PATH ?? "").split(delimiter).filter((directory) => directory !== bin);
    const PATH = [join(PROJECT, "node_modules/.bin"), ...others].join(delimiter);
    edge.configure({ ...edgeConfig, verification: { ...QUICK_VERIFICATION, soak: "1m", timeout: "5m" } });
    // The killed update has left its provider.
    const before = new Set(runningWith(engine.dir));
    const evidence = evidenceValue(await edge.outputs());
    const rollout = Launched.behindShim(engine, { PATH });
    await rollout.reaches("edge", "the soak has begun");
    rollout.interrupt("SIGTERM");
    const { code, stderr } = await rollout.ended;
    assert.equal(code, 130, stderr);
    assert.deepEqual(locks(), []);
    const ended = (): boolean => runningWith(engine.dir).every((command) => before.has(command));
    await waitUntil("the CLI and its plugins to end", ended, { timeoutMs: 10_000 });
    // Without the signal, the update would end its soak and add to the evidence, while the command waits for its output.
    assert.deepEqual(evidenceValue(await edge.outputs()), evidence);
  });
});
