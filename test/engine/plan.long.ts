import assert from "node:assert/strict";
import { join } from "node:path";
import type { Verification } from "../../staging/evidence.ts";
import {
  Engine,
  gatewayApiDirectory,
  QUICK_VERIFICATION,
  type Run,
  type TestStack,
  expectSuccess,
} from "../support/engine.ts";
import { evidenceIn } from "../support/evidence.ts";
import { checkoutProgram } from "../support/program-checkout.ts";
import type { GitRepository } from "../support/git.ts";
import { START_TIMEOUT_MS, useSandbox } from "../support/sandbox.ts";

describe("engine: other ways to run the program", function () {
  this.timeout(240_000);
  const clusters = useSandbox("edge");
  let program: GitRepository;
  let engine: Engine;
  let edge: TestStack;
  before(async function () {
    this.timeout(START_TIMEOUT_MS);
    program = checkoutProgram();
    engine = await Engine.create(program.dir);
    edge = await engine.stack("edge", {
      cluster: { context: "edge", kubeconfig: clusters.sandbox.kubeconfig },
      gatewayApi: { install: false, source: await gatewayApiDirectory() },
      gatus: { install: true },
      verification: QUICK_VERIFICATION,
    });
  });

  const run = (...args: string[]): Promise<Run> =>
    engine.run([...args, "--non-interactive", "--color", "never", "--stack", "edge"]);

  async function latest(): Promise<Verification | undefined> {
    return evidenceIn(await edge.outputs()).verified[0];
  }

  it("a saved plan allows the update, the first and a later one, and its evidence", async () => {
    const plan = join(engine.dir, "plan.json");
    const times: (string | undefined)[] = [];
    for (let update = 1; update <= 2; update++) {
      const saved = await run("preview", "--save-plan", plan);
      await expectSuccess(saved);
      const planned = await run("up", "--yes", "--skip-preview", "--plan", plan);
      await expectSuccess(planned);
      times.push((await latest())?.time);
    }
    assert.ok(Date.parse(times[1] ?? "") > Date.parse(times[0] ?? ""), times.join());
  });

  it("a refresh that runs the program verifies what runs", async () => {
    const before = await latest();
    const refreshed = await run("refresh", "--yes", "--skip-preview", "--run-program");
    await expectSuccess(refreshed);
    const after = await latest();
    assert.equal(after?.release, before?.release);
    assert.notEqual(after?.time, before?.time);
    const { changes } = await edge.preview();
    assert.deepEqual(changes, []);
  });
});
