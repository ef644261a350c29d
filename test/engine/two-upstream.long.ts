import assert from "node:assert/strict";
import { KubeClient } from "../../kube/kube-client.ts";
import { installFluxCrds } from "../../tools/sandbox/flux.ts";
import { Engine, expectSuccess, FLUX_VERIFICATION, type TestStack } from "../support/engine.ts";
import { evidenceIn } from "../support/evidence.ts";
import { answerRequests, reportKustomization } from "../support/flux-answers.ts";
import type { GitRepository } from "../support/git.ts";
import { checkoutProgram, commitRelease } from "../support/program-checkout.ts";
import { START_TIMEOUT_MS, useSandbox } from "../support/sandbox.ts";

describe("engine: main depends on two stacks, edge and lab, on a cluster each; the test writes the statuses of Flux", function () {
  this.timeout(180_000);
  const clusters = useSandbox("edge", "lab");
  let engine: Engine;
  let program: GitRepository;
  let edge: TestStack;
  let lab: TestStack;
  let main: TestStack;
  const live = new Map<string, KubeClient>();
  const stopAnswers: (() => Promise<void>)[] = [];

  before(async function () {
    this.timeout(START_TIMEOUT_MS);
    const { kubeconfig } = clusters.sandbox;
    program = checkoutProgram();
    engine = await Engine.create(program.dir);
    const platform = (context: string) => ({
      cluster: { context, kubeconfig },
      gatewayApi: { install: false },
      verification: FLUX_VERIFICATION,
    });
    for (const context of ["edge", "lab"]) {
      await installFluxCrds(kubeconfig, context);
      const client = new KubeClient({ kubeconfig, context });
      live.set(context, client);
      await reportKustomization(client, "True");
      stopAnswers.push(answerRequests(client));
    }
    edge = await engine.stack("edge", platform("edge"));
    lab = await engine.stack("lab", platform("lab"));
    // It shares a cluster with lab. No stack declares an object, which makes the updates short.
    main = await engine.stack("main", {
      ...platform("lab"),
      after: ["edge", "lab"],
      gate: { patience: "1s" },
    });
  });
  after(async () => {
    await Promise.all(stopAnswers.map((stop) => stop()));
    for (const client of live.values()) client.close();
  });

  /** Expects main to be refused because of one error, this one. */
  async function refuses(expected: RegExp): Promise<void> {
    const { code, output } = await main.up();
    assert.notEqual(code, 0, output);
    assert.match(output, /Nothing was changed because of an error:/);
    assert.match(output, expected);
  }

  it("refuses main while only edge has proven the release", async () => {
    await expectSuccess(edge.up());
    await refuses(/- Stack lab has never been brought up/);
  });

  it("passes main once both have, and records both as the reason", async () => {
    await expectSuccess(lab.up());
    await expectSuccess(main.up());
    const [move] = evidenceIn(await main.outputs()).moves ?? [];
    assert.deepEqual(
      move?.allowed.map((line) => line.split(" verified it at ")[0]),
      ["edge", "lab"],
    );
  });

  it("refuses the next release while only lab has proven it", async () => {
    commitRelease(program, "second");
    await expectSuccess(lab.up());
    await refuses(/- Stack edge has not verified release/);
  });

  it("refuses a release that edge runs and lab has left", async () => {
    const second = program.git("rev-parse", "HEAD");
    await expectSuccess(edge.up());
    commitRelease(program, "third");
    await expectSuccess(lab.up());
    program.git("checkout", "--quiet", second);
    await refuses(/- Stack lab verified release \w+ at .*, but now runs \w+\./);
    await expectSuccess(lab.up());
  });

  for (const name of ["edge", "lab"])
    it(`refuses while an app is unhealthy on ${name} alone`, async () => {
      await reportKustomization(live.get(name)!, "False");
      await refuses(new RegExp(`- Stack ${name} .*not healthy now:\\s+- Kustomization default/app:`));
      await reportKustomization(live.get(name)!, "True");
    });

  it("passes main once both run the release and are healthy", () => expectSuccess(main.up()));
});
