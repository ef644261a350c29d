import assert from "node:assert/strict";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  findProcess,
  isAlive,
  listProcesses,
  startProcess,
  stopAll,
  stopProcess,
  waitUntil,
} from "../../../tools/sandbox/processes.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

const script = (name: string, code: string) => ({ name, command: process.execPath, args: ["-e", code] });
const FOREVER = "console.log('up'); setInterval(() => {}, 1000)";

describe("sandbox: processes", () => {
  let dir: string;
  beforeEach(() => {
    dir = temporaryDirectory("edgefirst-processes-");
  });
  afterEach(async () => {
    await stopAll(dir, 0);
  });

  it("are recorded, logged and stopped", async () => {
    const record = await startProcess(dir, script("one", FOREVER));
    assert.ok(isAlive(record));
    assert.deepEqual(findProcess(dir, "one"), record);
    assert.equal(statSync(join(dir, "processes/one.json")).mode & 0o777, 0o600);
    await waitUntil("output", () => readFileSync(record.log, "utf8").includes("up"), { timeoutMs: 5000 });
    await stopProcess(record);
    assert.ok(!isAlive(record));
  });

  it("are not started twice", async () => {
    await startProcess(dir, script("one", FOREVER));
    await assert.rejects(
      startProcess(dir, script("one", FOREVER)),
      /one is already running .* as process \d+/,
    );
  });

  it("that cannot be started are reported by name", async () => {
    await assert.rejects(
      startProcess(dir, { name: "none", command: "/does/not/exist", args: [] }),
      /none could not be started.*ENOENT/,
    );
    assert.deepEqual(listProcesses(dir), []);
  });

  it("with a recycled PID are left alone", async () => {
    const code = `for (const name of ["SIGTERM", "SIGUSR2"]) process.on(name, () => console.log(name)); ${FOREVER}`;
    const record = await startProcess(dir, script("one", code));
    const logged = (text: string) => () => readFileSync(record.log, "utf8").includes(text);
    await waitUntil("output", logged("up"), { timeoutMs: 5000 });
    await stopProcess({ pid: record.pid, startTime: "an earlier life" });
    // Signals arrive in order: a SIGTERM would have been logged by now.
    process.kill(record.pid, "SIGUSR2");
    await waitUntil("the signal", logged("SIGUSR2"), { timeoutMs: 5000 });
    assert.ok(!logged("SIGTERM")());
  });

  it("that ignore SIGTERM are killed after the grace period", async () => {
    const record = await startProcess(dir, script("deaf", `process.on("SIGTERM", () => {}); ${FOREVER}`));
    await waitUntil("output", () => readFileSync(record.log, "utf8").includes("up"), { timeoutMs: 5000 });
    await stopProcess(record, 100);
    assert.ok(!isAlive(record));
  });

  it("are found and stopped even if the launcher was killed before it could record the PID", async function () {
    if (process.platform !== "linux") return this.skip();
    const record = await startProcess(dir, script("one", FOREVER));
    const environment = readFileSync(`/proc/${record.pid}/environ`, "utf8").split("\0");
    const token = environment.find((entry) => entry.startsWith("EDGEFIRST_SANDBOX_START="))?.split("=")[1];
    const { pid, startTime, ...known } = record;
    writeFileSync(join(dir, "processes/one.json"), JSON.stringify({ ...known, token }));
    assert.deepEqual(findProcess(dir, "one"), { ...known, pid, startTime });
    assert.deepEqual(
      (await stopAll(dir)).map((stopped) => stopped.pid),
      [pid],
    );
    assert.ok(!isAlive(record));
    mkdirSync(join(dir, "processes"));
    writeFileSync(join(dir, "processes/one.json"), JSON.stringify({ ...known, token }));
    assert.equal(findProcess(dir, "one"), undefined, "nothing was started with that intent");
    return undefined;
  });

  it("get only PATH, HOME and TMPDIR from the caller's environment", async () => {
    process.env.EDGEFIRST_TEST_SECRET = "secret";
    try {
      const record = await startProcess(dir, {
        ...script("one", "console.log(Object.keys(process.env).sort().join()); setInterval(() => {}, 1000)"),
        env: { EXTRA: "1" },
      });
      const names = await waitUntil("output", () => readFileSync(record.log, "utf8").trim() || undefined, {
        timeoutMs: 5000,
      });
      assert.match(names, /EXTRA,HOME,PATH/);
      assert.doesNotMatch(names, /EDGEFIRST_TEST_SECRET/);
    } finally {
      delete process.env.EDGEFIRST_TEST_SECRET;
    }
  });

  it("are stopped in reverse order of their first start", async () => {
    for (const name of ["b", "a", "c"]) await startProcess(dir, script(name, FOREVER));
    await stopProcess(findProcess(dir, "b")!);
    await startProcess(dir, script("b", FOREVER));
    assert.deepEqual(
      (await stopAll(dir)).map(({ name }) => name),
      ["c", "a", "b"],
    );
    assert.deepEqual(listProcesses(dir), []);
  });

  it("that exit end the wait early, with their last log lines", async () => {
    const record = await startProcess(dir, script("weak", "console.error('no luck'); process.exit(1)"));
    await assert.rejects(
      waitUntil("a miracle", () => false, { timeoutMs: 60_000, alive: [record] }),
      /weak exited while waiting for a miracle\.[^]*no luck/,
    );
  });

  it("that hang do not extend waiting beyond its timeout", async () => {
    const never = new Promise<boolean>(() => undefined);
    await assert.rejects(
      waitUntil("an answer", () => never, { timeoutMs: 100 }),
      /Timed out after 0\.1 s waiting for an answer/,
    );
  });

  it("are waited for until a timeout or an abort", async () => {
    await assert.rejects(
      waitUntil("a miracle", () => undefined, { timeoutMs: 100 }),
      /Timed out after 0\.1 s waiting for a miracle/,
    );
    await assert.rejects(
      waitUntil("a miracle", () => undefined, { timeoutMs: 60_000, signal: AbortSignal.timeout(100) }),
      { name: "TimeoutError" },
    );
  });
});
