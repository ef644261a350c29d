import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { KubeClient } from "../../kube/kube-client.ts";
import { EVIDENCE_VERSION, type Evidence } from "../../staging/evidence.ts";
import { clusterDir } from "../../tools/sandbox/cluster-state.ts";
import { installFluxCrds } from "../../tools/sandbox/flux.ts";
import { findProcess, waitUntil } from "../../tools/sandbox/processes.ts";
import { deny } from "../support/admission.ts";
import {
  expectFailure,
  expectSuccess,
  Engine,
  FLUX_VERIFICATION,
  type TestStack,
} from "../support/engine.ts";
import { answerRequests, reportKustomization } from "../support/flux-answers.ts";
import type { GitRepository } from "../support/git.ts";
import { checkoutProgram } from "../support/program-checkout.ts";
import { START_TIMEOUT_MS, useSandbox } from "../support/sandbox.ts";
import { evidenceIn } from "../support/evidence.ts";

const KUSTOMIZE = "kustomize.toolkit.fluxcd.io/v1";

describe("engine: weak proofs, stale statuses and outages; the test writes Flux's statuses", function () {
  this.timeout(240_000);
  const clusters = useSandbox("edge");
  let program: GitRepository;
  let engine: Engine;
  let edge: TestStack;
  let main: TestStack;
  let cluster: KubeClient;
  let edgeConfig: Record<string, unknown>;
  let mainConfig: Record<string, unknown>;
  let fluxRuns = true;
  let stopAnswers: () => Promise<void>;

  before(async function () {
    this.timeout(START_TIMEOUT_MS);
    const { kubeconfig } = clusters.sandbox;
    await installFluxCrds(kubeconfig, "edge");
    program = checkoutProgram();
    engine = await Engine.create(program.dir);
    cluster = new KubeClient({ kubeconfig, context: "edge" });
    edgeConfig = {
      cluster: { context: "edge", kubeconfig },
      gatewayApi: { install: false },
      gatus: { install: true },
      verification: FLUX_VERIFICATION,
    };
    // Both stacks share the cluster. This one declares nothing, and only shows what its gate does.
    mainConfig = { ...edgeConfig, gatus: { install: false }, after: ["edge"] };
    edge = await engine.stack("edge", edgeConfig);
    main = await engine.stack("main", mainConfig);
    await reportKustomization(cluster, "True");
    stopAnswers = answerRequests(cluster, () => fluxRuns);
  });
  after(async () => {
    await stopAnswers();
    cluster.close();
  });

  async function evidence(): Promise<Evidence> {
    return evidenceIn(await edge.outputs());
  }

  describe("the outputs of an update", () => {
    it("show the evidence in one line", async () => {
      await expectSuccess(edge.up());
      const output = await expectSuccess(edge.up());
      const shown = output.slice(output.indexOf("Outputs:"), output.indexOf("Resources:"));
      assert.match(
        shown,
        /^ {2}~ evidence *: "release .*" => "release \w+ was verified at \S+ after a soak of/m,
      );
      const changed = shown.split("\n").filter((line) => /^ *[-+~] /.test(line));
      assert.equal(changed.length, 1, shown);
      assert.doesNotMatch(shown, /__evidence|checks/);
    });
  });

  describe("Flux's statuses", () => {
    it("count once Flux has reconciled since the update, which the verification requests", async () => {
      await expectSuccess(edge.up());
      const app = await cluster.get({
        apiVersion: KUSTOMIZE,
        kind: "Kustomization",
        metadata: { name: "app", namespace: "default" },
      });
      const asked = app?.metadata.annotations?.["reconcile.fluxcd.io/requestedAt"] ?? "";
      assert.ok(Date.now() - Date.parse(asked) < 60_000, asked);
    });

    it("prove nothing if Flux no longer runs", async () => {
      fluxRuns = false;
      edge.configure({ ...edgeConfig, verification: { ...FLUX_VERIFICATION, timeout: "6s" } });
      await expectFailure(
        edge.up(),
        /Kustomization default\/app: Flux has not reconciled it since the update/,
      );
      edge.configure(edgeConfig);
      fluxRuns = true;
      await expectSuccess(edge.up());
    });

    it("count without permission to request that, and the gate repeats in one line that they may be stale", async () => {
      const rule = {
        apiGroups: ["kustomize.toolkit.fluxcd.io"],
        apiVersions: ["v1"],
        resources: ["kustomizations"],
      };
      const metadata = { name: "app", namespace: "default", annotations: { probe: "" } };
      const allow = await deny(cluster, {
        rule,
        unless: "false",
        probe: { apiVersion: KUSTOMIZE, kind: "Kustomization", metadata },
      });
      const note = /flux: Flux was not asked to reconcile Kustomization, .*denied by the test/;
      assert.match(await expectSuccess(edge.up()), note);
      await allow();
      assert.match(await expectSuccess(main.up()), note);
      await expectSuccess(edge.up());
    });
  });

  describe("a proof on the same cluster", () => {
    it("the gate names the settings in which the stacks differ, shows their values on request, and the evidence records them", async () => {
      main = await engine.stack("other", mainConfig);
      const named = /edge verified release .* It differs from this stack in gatus\.install\./;
      const { output } = await main.startUp({ EDGEFIRST_VERBOSE: "1" }).ended;
      assert.match(output, named);
      assert.match(output, /gate: gatus\.install is true in stack edge, and false here/);
      const accepted = "edge monitors both stacks";
      main.configure({ ...mainConfig, gate: { accept: { "gatus.install": accepted } } });
      assert.doesNotMatch(await expectSuccess(main.up()), /differs from this stack|is true in stack edge/);
      const { verified } = evidenceIn(await main.outputs());
      assert.deepEqual(verified[0]?.differences, [
        { stack: "edge", setting: "gatus.install", there: "true", here: "false", accepted },
      ]);
    });

    it("a gate refuses a proof that does not meet its demands, with a reason for each demand", async () => {
      const demand = async (gate: object, expected: RegExp): Promise<void> => {
        main.configure({ ...mainConfig, gate });
        await expectFailure(main.up(), expected);
      };
      // A release that main has verified is not a move forward.
      main = await engine.stack("late", mainConfig);
      await demand({ minAge: "24h" }, /it has run the release for only .*, but gate\.minAge is 24 h/);
      await demand({ minSoak: "5m" }, /its soak was only \d+ s, but gate\.minSoak is 5 min/);
      await demand({ requiredChecks: ["flux", "gatus"] }, /gate\.requiredChecks did not hold: gatus/);
      const override = {
        reason: "the proof of an override",
        expires: new Date(Date.now() + 600_000).toISOString(),
      };
      edge.configure({ ...edgeConfig, override });
      await expectSuccess(edge.up());
      await demand({ overrides: "refuse" }, /it was verified under an override, but/);
      main.configure({ ...mainConfig, gate: { minSoak: "1s", requiredChecks: ["flux"] } });
      assert.match(
        await expectSuccess(main.up()),
        /brought up under an override until .*: the proof of an override/,
      );
      edge.configure(edgeConfig);
      await expectSuccess(edge.up());
    });

    it("after a rollback of edgefirst itself, the older program reads what the newer one wrote, and keeps unknown fields", async () => {
      const older = program.git("rev-parse", "HEAD");
      const file = "staging/evidence.ts";
      const source = readFileSync(join(program.dir, file), "utf8");
      const newer = source
        .replace(/EVIDENCE_VERSION = \d+/, "EVIDENCE_VERSION = 99")
        .replace(
          "    verified: [entry,",
          '    signature: "of a newer program",\n    verified: [{ ...entry, attested: true },',
        );
      assert.notEqual(newer, source);
      program.commit({ [file]: newer });
      await expectSuccess(edge.up());
      program.git("checkout", "--quiet", older);
      await expectSuccess(edge.up());
      const { version, signature, verified } = (await evidence()) as Evidence & { signature?: string };
      assert.deepEqual([version, signature], [EVIDENCE_VERSION, "of a newer program"]);
      assert.equal((verified[1] as { attested?: boolean } | undefined)?.attested, true);
    });

    it("an API server that stops for 30 s during the soak neither proves nor revokes", async () => {
      const before = await evidence();
      const { pid } = findProcess(clusterDir(clusters.sandbox.dir, "edge"), "kube-apiserver")!;
      const soaking = { soak: "60s", timeout: "90s", patience: "10s" };
      edge.configure({ ...edgeConfig, verification: { ...FLUX_VERIFICATION, ...soaking } });
      const { ended, output } = edge.startUp();
      await waitUntil("the soak", () => output().includes("the soak has begun"), { timeoutMs: 60_000 });
      edge.configure(edgeConfig);
      process.kill(pid, "SIGSTOP");
      await setTimeout(30_000);
      process.kill(pid, "SIGCONT");
      const run = await ended;
      await expectFailure(run);
      assert.match(
        run.output,
        /Inconclusive: verification of release \w+ has no result: the cluster stopped/,
      );
      assert.deepEqual(await evidence(), before);
      await expectSuccess(edge.up());
    });
  });
});
