import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";
import { clusterDir } from "../../tools/sandbox/cluster-state.ts";
import { findProcess, isAlive, startProcess, waitUntil } from "../../tools/sandbox/processes.ts";
import { QUICK_VERIFICATION, type Run, expectFailure, expectSuccess } from "../support/engine.ts";
import { SOON, useFaultyPlatform } from "../support/platform-under-fault.ts";
import { evidenceIn } from "../support/evidence.ts";

/** How long an outage lasts. */
const OUTAGE_MS = 20_000;

function succeeds(attempt: Promise<unknown>): Promise<boolean> {
  return attempt.then(
    () => true,
    () => false,
  );
}

/** Too slow for `npm test`: `npm run test:real`. */
describe("engine: outages of the control plane of 20 s", function () {
  this.timeout(180_000);
  const platform = useFaultyPlatform({
    verification: { ...QUICK_VERIFICATION, soak: "5s", timeout: "2m" },
  });
  const { change, midUp, takePods, reachesZeroDiff } = platform;

  function signal(program: string, name: NodeJS.Signals): void {
    const { dir } = platform.sandbox.sandbox;
    process.kill(findProcess(clusterDir(dir, "edge"), program)!.pid, name);
  }

  /** @param evidence before the update */
  async function goesOnOrSaysSo(update: Promise<Run>, evidence: unknown): Promise<void> {
    await waitUntil("the node to take pods", () => succeeds(takePods(true)), SOON);
    const run = await update;
    if (run.code !== 0) {
      await expectFailure(run, /failed: /);
      assert.deepEqual(evidenceIn(await platform.stack.outputs()), evidence);
    }
    await reachesZeroDiff();
  }

  before(async function () {
    this.timeout(60_000);
    await expectSuccess(platform.stack.up());
  });

  it("an unresponsive API server during an update: it continues or reports the outage, and the next one ends without a diff", async () => {
    const evidence = evidenceIn(await platform.stack.outputs());
    const { ended } = await midUp();
    signal("kube-apiserver", "SIGSTOP");
    await setTimeout(OUTAGE_MS);
    signal("kube-apiserver", "SIGCONT");
    // The provider does not retry a lost request; if it was only waiting, it continues.
    await goesOnOrSaysSo(ended, evidence);
  });

  it("a restarted API server during an update: it continues or reports the outage, and the next one ends without a diff", async () => {
    const evidence = evidenceIn(await platform.stack.outputs());
    const { ended } = await midUp();
    const folder = clusterDir(platform.sandbox.sandbox.dir, "edge");
    const killed = findProcess(folder, "kube-apiserver")!;
    process.kill(killed.pid, "SIGKILL");
    await waitUntil("its end", () => Promise.resolve(!isAlive(killed)), SOON);
    const restarted = await startProcess(folder, killed);
    assert.notEqual(restarted.pid, killed.pid);
    await waitUntil("the API server to be well", () => succeeds(platform.cluster.read("/readyz")), {
      ...SOON,
      alive: [restarted],
    });
    // The provider's watch of the Deployment ends with the API server; if it resumes, the update continues.
    await goesOnOrSaysSo(ended, evidence);
  });

  it("an unresponsive API server during the verification: reported, and the soak restarts", async () => {
    change();
    const { ended, output } = platform.stack.startUp();
    await waitUntil("the soak to begin", () => output().includes("the soak has begun"), SOON);
    signal("kube-apiserver", "SIGSTOP");
    await setTimeout(OUTAGE_MS);
    assert.match(output(), /the cluster does not respond: .* no response within 5 s/);
    signal("kube-apiserver", "SIGCONT");
    const run = await ended;
    await expectSuccess(run);
    assert.match(run.output, /is verified after a soak of [5-9] s/);
    assert.equal(run.output.split("the soak has begun").length > 2, true, "the soak began twice");
    await reachesZeroDiff();
  });

  it("an unresponsive etcd: a preview ends within 20 s with what to do, and succeeds after the outage", async () => {
    signal("etcd", "SIGSTOP");
    try {
      const begin = Date.now();
      await expectFailure(
        platform.stack.previewText(),
        /cannot be reached at .*: no response within 5 s|etcd|\(50[0-9]\)/,
      );
      assert.ok(Date.now() - begin < 20_000);
    } finally {
      signal("etcd", "SIGCONT");
    }
    await waitUntil("the API server to be well", () => succeeds(platform.cluster.read("/readyz")), SOON);
    await reachesZeroDiff();
  });
});
