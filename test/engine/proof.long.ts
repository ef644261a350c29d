import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { KubeClient } from "../../kube/kube-client.ts";
import type { Evidence } from "../../staging/evidence.ts";
import { markReference, readMark } from "../../staging/update-mark.ts";
import { installFluxCrds } from "../../tools/sandbox/flux.ts";
import { waitUntil } from "../../tools/sandbox/processes.ts";
import { deny } from "../support/admission.ts";
import {
  expectFailure,
  expectSuccess,
  Engine,
  FLUX_VERIFICATION,
  type TestStack,
  type Running,
} from "../support/engine.ts";
import type { GitRepository } from "../support/git.ts";
import { answerRequests, reportKustomization } from "../support/flux-answers.ts";
import { checkoutProgram, commitRelease } from "../support/program-checkout.ts";
import { commandOf, descendants } from "../support/running.ts";
import { START_TIMEOUT_MS, useSandbox } from "../support/sandbox.ts";
import { evidenceIn } from "../support/evidence.ts";

const KUSTOMIZE = "kustomize.toolkit.fluxcd.io/v1";
const MARK = markReference({ project: "edgefirst", stack: "edge" });
const APP = { name: "app", namespace: "default" };
const SOON = { timeoutMs: 60_000 };

describe("engine: a release proves only what was watched; the test writes the statuses of Flux", function () {
  this.timeout(120_000);
  const clusters = useSandbox("edge", "main");
  let engine: Engine;
  let program: GitRepository;
  let edge: TestStack;
  let onEdge: KubeClient;
  let edgeConfig: Record<string, unknown>;
  let stopAnswers: () => Promise<void>;

  before(async function () {
    this.timeout(START_TIMEOUT_MS);
    const { kubeconfig } = clusters.sandbox;
    await Promise.all(["edge", "main"].map((context) => installFluxCrds(kubeconfig, context)));
    program = checkoutProgram();
    engine = await Engine.create(program.dir);
    onEdge = new KubeClient({ kubeconfig, context: "edge" });
    edgeConfig = {
      cluster: { context: "edge", kubeconfig },
      // The stack declares no objects, which makes its updates short.
      gatewayApi: { install: false },
      verification: FLUX_VERIFICATION,
    };
    edge = await engine.stack("edge", edgeConfig);
    await app("True");
    stopAnswers = answerRequests(onEdge);
  });
  after(async () => {
    await stopAnswers();
    onEdge.close();
  });

  const app = (status: "True" | "False", name?: string): Promise<void> =>
    reportKustomization(onEdge, status, name);

  async function evidence(): Promise<Evidence> {
    return evidenceIn(await edge.outputs());
  }

  /** Waits for a condition. If the update ends before that, for example because its verification passes, the test fails. */
  async function reaches(
    { ended }: Running,
    what: string,
    condition: () => boolean | Promise<boolean>,
  ): Promise<void> {
    const early = ended.then(({ output }) => assert.fail(`the update ended before ${what}:\n${output}`));
    await Promise.race([waitUntil(what, condition, SOON), early]);
  }

  /** An update of edge that has begun its soak. */
  async function soaking(soak = "60s"): Promise<Running> {
    edge.configure({ ...edgeConfig, verification: { ...FLUX_VERIFICATION, soak, timeout: "90s" } });
    const running = edge.startUp();
    await reaches(running, "the soak", () => running.output().includes("the soak has begun"));
    edge.configure(edgeConfig);
    return running;
  }

  /** Whether the mark of edge's update excuses an app. */
  async function isExcused(name: string): Promise<boolean> {
    const mark = await readMark(onEdge, { project: "edgefirst", stack: "edge" }, undefined);
    return mark?.excused.includes(`flux Kustomization default/${name}`) === true;
  }

  /** Expects the verification of edge to fail. What is wrong stays wrong: no need to watch it for long. */
  async function failsVerification(...expected: RegExp[]): Promise<void> {
    edge.configure({ ...edgeConfig, verification: { ...FLUX_VERIFICATION, timeout: "6s" } });
    await expectFailure(edge.up(), ...expected);
    edge.configure(edgeConfig);
  }

  describe("an update that breaks an app and is cancelled or killed", () => {
    it("cancelled in the first soak: the next update is not excused", async () => {
      const { pid, ended } = await soaking();
      await app("False");
      process.kill(pid, "SIGINT");
      await ended;
      await failsVerification(/flux: Kustomization default\/app: Ready: reported by the test/);
      assert.deepEqual((await evidence()).verified, []);
      assert.ok(await onEdge.get(MARK));
    });

    it("passes once the app is fixed, and its evidence makes the mark obsolete", async () => {
      await app("True");
      await expectSuccess(edge.up());
      assert.equal((await evidence()).verified.length, 1);
      assert.ok(await onEdge.get(MARK));
      const { lastPass } = await evidence();
      assert.equal(
        await readMark(onEdge, { project: "edgefirst", stack: "edge" }, lastPass?.time),
        undefined,
      );
    });

    it("killed in a later soak: the next update is not excused", async () => {
      const { pid, ended } = await soaking();
      await app("False", "new");
      for (const each of [...descendants(pid), pid]) process.kill(each, "SIGKILL");
      await ended;
      await edge.cancel();
      await failsVerification(/flux: Kustomization default\/new: Ready: reported by the test/);
      await app("True", "new");
      await expectSuccess(edge.up());
    });

    it("no longer excuses an app that was unhealthy before, once it has been healthy", async () => {
      await app("False", "old");
      const running = await soaking("20s");
      assert.equal(await isExcused("old"), true);
      await app("True", "old");
      await reaches(running, "the end of the excuse", async () => !(await isExcused("old")));
      await app("False", "old");
      const restarts = "the soak starts again: Kustomization default/old";
      await reaches(running, "the restart of the soak", () => running.output().includes(restarts));
      process.kill(running.pid, "SIGINT");
      await running.ended;
      await failsVerification(/flux: Kustomization default\/old: Ready: reported by the test/);
      await app("True", "old");
      await expectSuccess(edge.up());
    });

    it("restarts the soak after the program was suspended, as on a laptop that was asleep", async () => {
      const running = await soaking("20s");
      const program = descendants(running.pid).find((each) => commandOf(each).includes("cmd/run/index.js"));
      process.kill(program!, "SIGSTOP");
      await setTimeout(12_000);
      process.kill(program!, "SIGCONT");
      const restarts = "the soak starts again: nothing was observed for 1";
      await reaches(running, "the restart of the soak", () => running.output().includes(restarts));
      process.kill(running.pid, "SIGINT");
      await running.ended;
      await expectSuccess(edge.up());
    });

    it("is refused before the first resource if its mark cannot be written", async () => {
      const { verified } = await evidence();
      const allow = await deny(onEdge, {
        rule: { apiGroups: [""], apiVersions: ["v1"], resources: ["configmaps"] },
        unless: "request.namespace != 'kube-system' || !object.metadata.name.startsWith('edgefirst-')",
        probe: { ...MARK, data: {} },
      });
      await expectFailure(
        edge.up(),
        /Cannot write the mark of this update to cluster edge: .*denied by the test\s+Nothing was changed/,
      );
      await allow();
      assert.deepEqual((await evidence()).verified, verified);
    });
  });

  describe("the gate of main", () => {
    let main: TestStack;
    let mainConfig: Record<string, unknown>;
    let first: string;
    before(async () => {
      const { kubeconfig } = clusters.sandbox;
      mainConfig = {
        ...edgeConfig,
        cluster: { context: "main", kubeconfig },
        after: ["edge"],
        gate: { patience: "1s" },
      };
      main = await engine.stack("main", mainConfig);
      first = program.git("rev-parse", "HEAD");
    });

    it("refuses a release that edge no longer runs, although edge verified an older one again later", async () => {
      await expectSuccess(main.up());
      const second = commitRelease(program, "second");
      await expectSuccess(edge.up());
      program.git("checkout", "--quiet", first);
      await expectSuccess(edge.up());
      program.git("checkout", "--quiet", second);
      await expectFailure(main.up(), /Stack edge verified release \w+ at .*, but now runs \w+\./);
      await expectSuccess(edge.up());
      await expectSuccess(main.up());
      program.git("checkout", "--quiet", first);
      await expectSuccess(main.up());
      program.git("checkout", "--quiet", second);
    });

    it("refuses while edge has a killed, unverified update", async () => {
      commitRelease(program, "third");
      await expectSuccess(edge.up());
      const { pid, ended } = await soaking();
      for (const each of [...descendants(pid), pid]) process.kill(each, "SIGKILL");
      await ended;
      await edge.cancel();
      await expectFailure(main.up(), /an update to release \w+ began at .* and has not been verified/);
      await expectSuccess(edge.up());
    });

    it("refuses while an app that edge's verification found is gone", async () => {
      await onEdge.delete({ apiVersion: KUSTOMIZE, kind: "Kustomization", metadata: APP });
      await expectFailure(
        main.up(),
        /Kustomization default\/app: was healthy when the release was verified, but is gone now/,
      );
      await app("True");
      await expectSuccess(main.up());
    });

    it("ignores evidence that describes another cluster, both its own and edge's", async () => {
      commitRelease(program, "fourth");
      await expectSuccess(edge.up());
      const file = join(engine.dir, "state/.pulumi/stacks/edgefirst/edge.json");
      const { uid } = (await evidence()).cluster;
      const rebuilt = (content: string): string => content.replaceAll(uid, "uid-of-a-former-cluster");
      writeFileSync(file, rebuilt(readFileSync(file, "utf8")));
      await expectFailure(
        main.up(),
        /context edge does not point to the cluster on which stack edge was verified/,
      );
      await expectFailure(edge.up(), /points to cluster .*, but stack edge was applied to cluster/);
      const cluster = edgeConfig.cluster as object;
      edge.configure({ ...edgeConfig, cluster: { ...cluster, rebuilt: "uid-of-a-former-cluster" } });
      const { code, output } = await edge.up();
      edge.configure(edgeConfig);
      assert.equal(code, 0, output);
      assert.match(output, /evidence of stack edge describes another cluster .* starts from scratch/);
      assert.deepEqual([(await evidence()).cluster.uid, (await evidence()).verified.length], [uid, 1]);
    });

    it("refuses without the live check if it is required", async () => {
      const gate = { live: "required", clusters: { edge: { context: "edge", kubeconfig: "/absent" } } };
      main.configure({ ...mainConfig, gate });
      await expectFailure(
        main.up(),
        /Inconclusive: cannot check from here whether stack edge is healthy now/,
      );
      main.configure(mainConfig);
    });
  });
});
