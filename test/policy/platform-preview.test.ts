import assert from "node:assert/strict";
import { join } from "node:path";
import { installFluxCrds } from "../../tools/sandbox/flux.ts";
import { sandboxPolicyPack } from "../../tools/sandbox/policy-pack/pack.ts";
import { GATEWAY, SOURCE } from "../support/configuration.ts";
import { Engine, gatewayApiDirectory, PROJECT } from "../support/engine.ts";
import { START_TIMEOUT_MS, useSandbox } from "../support/sandbox.ts";
import { violations } from "./violations.ts";

describe("policy pack over the platform, under the real engine", function () {
  this.timeout(180_000);
  const clusters = useSandbox("edge");
  let engine: Engine;

  before(async function () {
    this.timeout(START_TIMEOUT_MS);
    await installFluxCrds(clusters.sandbox.kubeconfig, "edge");
    engine = await Engine.create();
    await engine.stack("edge", {
      cluster: { context: "edge", kubeconfig: clusters.sandbox.kubeconfig },
      gatewayApi: { source: await gatewayApiDirectory() },
      gateways: [GATEWAY],
      flux: { source: SOURCE, root: { mode: "manage", path: "./kubernetes/edge/apps" } },
      gatus: { install: true, hostname: "status.example.com" },
    });
  });

  it("passes the first preview, with nothing left unevaluated except what depends on the cluster", async () => {
    const pack = await sandboxPolicyPack({ dir: engine.dir, pack: join(PROJECT, "policy") });
    const flags = ["--non-interactive", "--color", "never", "--stack", "edge", "--policy-pack", pack];
    const { code, output } = await engine.run(["preview", ...flags]);
    assert.equal(code, 0, output);
    assert.match(output, /edgefirst@v/);
    assert.deepEqual(violations(output, "mandatory"), []);
    assert.doesNotMatch(output, /\[remediate\]/);
    assert.doesNotMatch(output, /is not known yet/);
    assert.match(
      output,
      /Exempt: (least-privilege 1, workload-probes 1|workload-probes 1, least-privilege 1)\./,
    );
  });
});
