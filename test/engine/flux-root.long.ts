import assert from "node:assert/strict";
import { Engine, gatewayApiDirectory, type TestStack, expectSuccess } from "../support/engine.ts";
import {
  assertClaimSurvived,
  fixtureConfig,
  FLUX_TIMEOUT_MS,
  grandchildsClaim,
  isReady,
  kustomization,
  startFluxCluster,
  type FluxCluster,
} from "../support/flux.ts";
import { START_TIMEOUT_MS, useSandbox } from "../support/sandbox.ts";

describe("engine: the root Kustomization with the real Flux", function () {
  this.timeout(FLUX_TIMEOUT_MS);
  const own = useSandbox("edge");
  let flux: FluxCluster;
  let engine: Engine;
  let stack: TestStack;
  let base: Record<string, unknown>;

  before(async function () {
    this.timeout(START_TIMEOUT_MS + FLUX_TIMEOUT_MS);
    const { kubeconfig } = own.sandbox;
    flux = await startFluxCluster(own.sandbox, "edge");
    engine = await Engine.create();
    base = {
      cluster: { context: "edge", kubeconfig },
      gatewayApi: { source: await gatewayApiDirectory() },
      flux: fixtureConfig(flux.url),
    };
    stack = await engine.stack("edge", base);
  });
  after(() => {
    flux.client.close();
  });

  const root = (name: string) => flux.client.get(kustomization("flux-system", name));

  it("applies the repository: the root, its children and a grandchild's objects", async () => {
    const run = await stack.up();
    await expectSuccess(run);
    await isReady(flux.client, kustomization("flux-system", "cluster-apps"));
    await grandchildsClaim(flux.client);
  });

  it("keeps the claim when the root is renamed, names the former root and explains how to remove it", async () => {
    const claim = await grandchildsClaim(flux.client);
    stack.configure({ ...base, flux: fixtureConfig(flux.url, "apps") });
    const run = await stack.up();
    await expectSuccess(run);
    await isReady(flux.client, kustomization("flux-system", "apps"));
    assert.notEqual(await root("cluster-apps"), undefined, "the former root is left to its owner");
    await assertClaimSurvived(flux.client, claim);

    const preview = await stack.previewText();
    assert.match(
      preview.output,
      /Kustomization flux-system\/cluster-apps builds the same path as the root apps/,
    );
    await flux.client.delete(kustomization("flux-system", "cluster-apps"));
    await isReady(flux.client, kustomization("flux-system", "apps"));
    await assertClaimSurvived(flux.client, claim);
  });

  it("keeps the claim when the root is replaced", async () => {
    const claim = await grandchildsClaim(flux.client);
    const before = await root("apps");
    const replaced = await stack.up("--target-replace", "**Kustomization::flux-system/apps");
    await expectSuccess(replaced);
    const after = await isReady(flux.client, kustomization("flux-system", "apps"));
    assert.ok(before !== undefined && after.metadata.generation !== undefined);
    await assertClaimSurvived(flux.client, claim);
  });

  it("shows what it would change in mode observe, and changes nothing", async () => {
    const claim = await grandchildsClaim(flux.client);
    const before = await root("apps");
    const observed = fixtureConfig(flux.url, "apps");
    stack.configure({
      ...base,
      flux: { ...observed, root: { ...observed.root, mode: "observe", interval: "7m" } },
    });
    const run = await stack.up();
    await expectSuccess(run);
    assert.match(run.output, /Kustomization flux-system\/apps is observed and left alone/);
    assert.match(run.output, /\+ {2}interval: 7m/);
    assert.deepEqual((await root("apps"))?.spec, before?.spec);
    await assertClaimSurvived(flux.client, claim);
  });
});
