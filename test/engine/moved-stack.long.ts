import assert from "node:assert/strict";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { KubeClient } from "../../kube/kube-client.ts";
import { describeObject, STACK_LABEL } from "../../kube/objects.ts";
import { objectsIn, type StateDeployment } from "../../staging/state-objects.ts";
import { Engine, expectFailure, expectSuccess, gatewayApiDirectory, TestStack } from "../support/engine.ts";
import type { GitRepository } from "../support/git.ts";
import { checkoutProgram } from "../support/program-checkout.ts";
import { START_TIMEOUT_MS, useSandbox } from "../support/sandbox.ts";

/** UID and stack label of objects, keyed by kind and name. */
type Live = Record<string, readonly [uid: unknown, stack: string | undefined]>;

/** The ways in docs/guides/operations.md, "Another name, backend or checkout", in the order in which one stack goes them. */
describe("engine: a stack that is moved", function () {
  this.timeout(120_000);
  const clusters = useSandbox("edge");
  let cluster: KubeClient;
  let engine: Engine;
  let program: GitRepository;
  /** What the stack has created. */
  let created: Live;

  async function start(): Promise<Live> {
    const edge = await engine.stack("edge", {
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
    await expectSuccess(edge.up());
    return live(edge);
  }

  before(async function () {
    this.timeout(2 * START_TIMEOUT_MS);
    cluster = new KubeClient({ kubeconfig: clusters.sandbox.kubeconfig, context: "edge" });
    program = checkoutProgram();
    engine = await Engine.create();
    created = await start();
    assert.ok(Object.keys(created).length > 15);
  });
  after(() => {
    cluster.close();
  });

  /** The live objects in the state. */
  async function live(stack: TestStack): Promise<Live> {
    const state = JSON.parse(await stack.exportState()) as { deployment: StateDeployment };
    const entries = objectsIn(state.deployment).map(async (object) => {
      const { metadata } = (await cluster.get(object))!;
      return [describeObject(object), [metadata.uid, metadata.labels?.[STACK_LABEL]] as const] as const;
    });
    return Object.fromEntries(await Promise.all(entries));
  }

  /** A second checkout of the program and of the stack's file, with another CLI, logged in to the same backend. */
  async function secondCheckout(): Promise<Engine> {
    const { PULUMI_BACKEND_URL, PULUMI_CONFIG_PASSPHRASE } = engine.env;
    const checkout = await Engine.create(program.dir);
    cpSync(join(engine.dir, "project/Pulumi.edge.yaml"), join(checkout.dir, "project/Pulumi.edge.yaml"));
    return checkout.with({ PULUMI_BACKEND_URL, PULUMI_CONFIG_PASSPHRASE });
  }

  /** The same checkout, logged in to another backend that is empty. */
  function otherBackend(name: string): Engine {
    const folder = join(engine.dir, name);
    mkdirSync(folder);
    return engine.with({ PULUMI_BACKEND_URL: `file://${folder}` });
  }

  it("to a second checkout changes nothing, which can bring it up", async () => {
    const stack = new TestStack(await secondCheckout(), "edge");
    const preview = await stack.preview();
    await expectSuccess(preview);
    assert.deepEqual(preview.changes, []);
    await expectSuccess(stack.up());
    assert.deepEqual(await live(stack), created);
  });

  it("to another backend by export and import changes nothing", async () => {
    const file = join(engine.dir, "edge.json");
    await expectSuccess(engine.run(["stack", "export", "--stack", "edge", "--file", file]));
    const moved = otherBackend("imported");
    await expectSuccess(moved.run(["stack", "init", "edge", "--non-interactive"]));
    await expectSuccess(moved.run(["stack", "import", "--stack", "edge", "--file", file]));
    const stack = new TestStack(moved, "edge");
    const preview = await stack.preview();
    await expectSuccess(preview);
    assert.deepEqual(preview.changes, []);
    await expectSuccess(stack.up());
    assert.deepEqual(await live(stack), created);
  });

  it("to another backend without its state takes its objects over by their label", async () => {
    const moved = otherBackend("empty");
    await expectSuccess(moved.run(["stack", "init", "edge", "--non-interactive"]));
    const stack = new TestStack(moved, "edge");
    await expectSuccess(stack.up());
    assert.deepEqual(await live(stack), created);
  });

  it("to another project is refused until it is back", async () => {
    const moved = await secondCheckout();
    const definition = join(moved.dir, "project/Pulumi.yaml");
    const text = readFileSync(definition, "utf8");
    const rename = (from: string, to: string): Promise<string> =>
      expectSuccess(
        moved.run(["stack", "rename", `organization/${to}/edge`, "--stack", `organization/${from}/edge`]),
      );
    const stack = new TestStack(moved, "edge");
    await rename("edgefirst", "platform");
    await expectFailure(stack.up(), /no stack named 'edge' found/);
    writeFileSync(definition, text.replace("name: edgefirst", "name: platform"));
    await expectFailure(stack.up(), /Configuration key 'edgefirst:\w+' is not namespaced by the project/);
    writeFileSync(definition, text);
    await rename("platform", "edgefirst");
    assert.deepEqual((await stack.preview()).changes, []);
    assert.deepEqual(await live(stack), created);
  });

  it("to another name keeps all of its objects, and relabels them", async () => {
    await expectSuccess(engine.run(["stack", "rename", "home", "--stack", "edge", "--non-interactive"]));
    const renamed = new TestStack(engine, "home");
    const preview = await renamed.preview();
    await expectSuccess(preview);
    assert.deepEqual([...new Set(preview.changes.map(({ op }) => op))], ["update"]);
    await expectSuccess(renamed.up());
    const expected = Object.entries(created).map(([name, [uid]]) => [name, [uid, "home"]]);
    assert.deepEqual(await live(renamed), Object.fromEntries(expected));
  });
});
