import assert from "node:assert/strict";
import { KubeClient } from "../../kube/kube-client.ts";
import { describeObject, STACK_LABEL } from "../../kube/objects.ts";
import { objectsIn, type StateDeployment } from "../../staging/state-objects.ts";
import { Engine, gatewayApiDirectory, TestStack, expectSuccess } from "../support/engine.ts";
import { START_TIMEOUT_MS, useSandbox } from "../support/sandbox.ts";

describe("engine: a stack that is renamed", function () {
  this.timeout(120_000);
  const clusters = useSandbox("edge");
  let engine: Engine;
  let cluster: KubeClient;
  before(async function () {
    this.timeout(START_TIMEOUT_MS);
    cluster = new KubeClient({ kubeconfig: clusters.sandbox.kubeconfig, context: "edge" });
    engine = await Engine.create();
  });
  after(() => {
    cluster.close();
    engine.remove();
  });

  /** UID and stack label of each live object in the state. */
  async function live(stack: TestStack): Promise<Record<string, readonly [unknown, string | undefined]>> {
    const state = JSON.parse(await stack.exportState()) as { deployment: StateDeployment };
    const entries = objectsIn(state.deployment).map(async (object) => {
      const { metadata } = (await cluster.get(object))!;
      return [describeObject(object), [metadata.uid, metadata.labels?.[STACK_LABEL]] as const] as const;
    });
    return Object.fromEntries(await Promise.all(entries));
  }

  it("keeps all of its objects, and relabels them", async () => {
    const former = await engine.stack("edge", {
      cluster: { context: "edge", kubeconfig: clusters.sandbox.kubeconfig },
      gatewayApi: { source: await gatewayApiDirectory() },
      gateways: [
        {
          name: "external",
          namespace: "network",
          className: "traefik",
          traefik: { service: { type: "ClusterIP" } },
        },
      ],
      gatus: { install: true },
    });
    const up = await former.up();
    await expectSuccess(up);
    const before = await live(former);
    assert.ok(Object.keys(before).length > 15);

    const rename = await engine.run(["stack", "rename", "home", "--stack", "edge", "--non-interactive"]);
    await expectSuccess(rename);
    const renamed = new TestStack(engine, "home");
    const preview = await renamed.preview();
    await expectSuccess(preview);
    assert.deepEqual([...new Set(preview.changes.map(({ op }) => op))], ["update"]);
    const second = await renamed.up();
    await expectSuccess(second);
    const expected = Object.entries(before).map(([name, [uid]]) => [name, [uid, "home"]]);
    assert.deepEqual(await live(renamed), Object.fromEntries(expected));
  });
});
