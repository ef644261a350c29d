import assert from "node:assert/strict";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { KubeClient } from "../../kube/kube-client.ts";
import { describeObject } from "../../kube/objects.ts";
import { objectsIn, type StateDeployment } from "../../staging/state-objects.ts";
import { expectFailure, expectSuccess, Engine, type TestStack } from "../support/engine.ts";
import type { GitRepository } from "../support/git.ts";
import { checkoutProgram } from "../support/program-checkout.ts";
import { START_TIMEOUT_MS, useSandbox } from "../support/sandbox.ts";
import { evidenceIn } from "../support/evidence.ts";

interface Kubeconfig {
  readonly contexts: { name: string; context: { cluster: string; user: string } }[];
  readonly clusters: { cluster: { server: string } }[];
}

interface StoredResource {
  readonly type: string;
  readonly inputs: Record<string, unknown>;
  readonly outputs: Record<string, unknown>;
}

const GATUS = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "gatus", namespace: "observability" },
};

describe("engine: the provider knows its cluster", function () {
  this.timeout(120_000);
  const clusters = useSandbox("edge", "main");
  let engine: Engine;
  let program: GitRepository;
  let stack: TestStack;
  let onEdge: KubeClient;
  let onMain: KubeClient;
  let config: Record<string, unknown>;
  /** UID of each of the stack's live objects on edge. */
  let uids: Record<string, unknown>;

  before(async function () {
    this.timeout(START_TIMEOUT_MS);
    const { kubeconfig } = clusters.sandbox;
    onEdge = new KubeClient({ kubeconfig, context: "edge" });
    onMain = new KubeClient({ kubeconfig, context: "main" });
    program = checkoutProgram();
    engine = await Engine.create(program.dir);
    config = { gatewayApi: { install: false }, gatus: { install: true } };
    writeFileSync(file("first"), readFileSync(kubeconfig));
    stack = await engine.stack("edge", {
      ...config,
      cluster: { context: "edge", kubeconfig: file("first") },
    });
  });
  after(() => {
    onEdge.close();
    onMain.close();
  });

  /** A kubeconfig of the test. */
  const file = (name: string): string => join(engine.dir, `${name}.kubeconfig`);
  const follow = (name: string, more: Record<string, unknown> = {}): void => {
    stack.configure({ ...config, cluster: { context: "edge", kubeconfig: file(name), ...more } });
  };

  function rewrite(name: string, change: (content: Kubeconfig) => void): void {
    const content = parse(readFileSync(clusters.sandbox.kubeconfig, "utf8")) as Kubeconfig;
    change(content);
    writeFileSync(file(name), stringify(content));
  }

  async function liveUids(): Promise<Record<string, unknown>> {
    const state = JSON.parse(await stack.exportState()) as { deployment: StateDeployment };
    const entries = objectsIn(state.deployment).map(async (object) => {
      const live = await onEdge.get(object);
      return [describeObject(object), live?.metadata.uid] as const;
    });
    return Object.fromEntries(await Promise.all(entries));
  }

  async function staysOnEdge(): Promise<void> {
    assert.deepEqual(await liveUids(), uids);
  }

  const operations = async (): Promise<string[]> =>
    (await stack.preview()).changes.map(({ op, urn }) => `${op} ${urn.split("::").slice(-2).join(" ")}`);

  /** The program before it stored the provider's settings in an output. */
  function withoutOutput(text: string): string {
    const former = text.replace("__provider: update.provider,", "");
    assert.notEqual(former, text);
    return former;
  }

  /** Whether a preview asks the engine for the stack's state, as its log shows. */
  async function readsState(): Promise<boolean> {
    const flags = ["--non-interactive", "--stack", "edge", "--logtostderr", "-v=9"];
    const log = await expectSuccess(engine.run(["preview", ...flags]));
    return log.includes("readStackResourceOutputs");
  }

  /** Imports the stack's state with another kubeconfig for the provider, as left by an update that failed after changing the provider. */
  async function importProvider(kubeconfig: string): Promise<void> {
    const state = JSON.parse(await stack.exportState()) as { deployment: { resources: StoredResource[] } };
    const { inputs, outputs } = state.deployment.resources.find(
      ({ type }) => type === "pulumi:providers:kubernetes",
    )!;
    inputs.kubeconfig = outputs.kubeconfig = kubeconfig;
    writeFileSync(file("state"), JSON.stringify(state));
    await expectSuccess(engine.run(["stack", "import", "--stack", "edge", "--file", file("state")]));
  }

  const PROVIDER_UPDATE = "update pulumi:providers:kubernetes cluster";

  it("a program without the identifier: would replace every object when the address changes", async () => {
    const current = readFileSync(join(program.dir, "program.ts"), "utf8");
    const unidentified = withoutOutput(current).replace("...update.provider,", "...settings.cluster,");
    assert.notEqual(unidentified, withoutOutput(current));
    program.commit({ "program.ts": unidentified });
    await expectSuccess(stack.up());
    uids = await liveUids();
    assert.ok(Object.keys(uids).length > 4 && Object.values(uids).every((uid) => uid !== undefined));

    rewrite("second", ({ clusters: all }) => {
      for (const { cluster } of all) cluster.server = cluster.server.replace("127.0.0.1", "localhost");
    });
    follow("second");
    const replaced = (await operations()).filter((operation) => operation.includes("replace"));
    assert.ok(replaced.length > Object.keys(uids).length, replaced.join("\n"));
    program.commit({ "program.ts": current });
  });

  it("such a stack, whose kubeconfig is gone: refused with what to do", async () => {
    renameSync(file("first"), file("moved"));
    await expectFailure(
      stack.up(),
      /kubeconfig .*first\.kubeconfig that is recorded in the state no longer exists/,
      /touch /,
    );
    renameSync(file("moved"), file("first"));
    await staysOnEdge();
  });

  it("such a stack gets the identifier, even with another path and address: nothing is replaced or deleted", async () => {
    assert.deepEqual(await operations(), [PROVIDER_UPDATE]);
    assert.match(
      await expectSuccess(stack.up()),
      /records the identity of the cluster and still uses .*first\.kubeconfig/,
    );
    await staysOnEdge();
    assert.deepEqual(await operations(), [PROVIDER_UPDATE]);
    await expectSuccess(stack.up());
    await staysOnEdge();
    assert.deepEqual(await operations(), []);
  });

  it("a stack whose outputs do not have the provider: its state is read, until an update has stored them", async () => {
    assert.equal(await readsState(), false);
    const current = readFileSync(join(program.dir, "program.ts"), "utf8");
    program.commit({ "program.ts": withoutOutput(current) });
    await expectSuccess(stack.up());
    assert.equal("__provider" in (await stack.outputs()), false);
    program.commit({ "program.ts": current });
    assert.equal(await readsState(), true);
    assert.deepEqual(await operations(), []);
    await expectSuccess(stack.up());
    assert.equal(await readsState(), false);
    await staysOnEdge();
  });

  it("outputs that are older than the state, after an update that failed: nothing is replaced", async () => {
    for (const recorded of ["first", "absent"]) {
      await importProvider(file(recorded));
      assert.equal(await readsState(), false);
      assert.deepEqual(await operations(), [PROVIDER_UPDATE]);
    }
    await expectSuccess(stack.up());
    assert.deepEqual(await operations(), []);
    await staysOnEdge();
  });

  it("a kubeconfig that has moved: nothing is replaced, because the identifier is the same", async () => {
    renameSync(file("second"), file("third"));
    follow("third");
    assert.deepEqual(await operations(), [PROVIDER_UPDATE]);
    await expectSuccess(stack.up());
    assert.deepEqual(await operations(), []);
    await staysOnEdge();
  });

  it("another cluster: refused, in a preview as well", async () => {
    follow("third", { context: "main" });
    await expectFailure(
      stack.up(),
      /context main points to cluster .*, but stack edge was applied to cluster/,
      /edgefirst:cluster\.rebuilt: /,
    );
    assert.notEqual((await stack.preview()).code, 0);
    assert.equal(await onMain.get(GATUS), undefined);
    await staysOnEdge();
  });

  it("a rebuilt cluster: needs its former UID and a refreshed state, deletes nothing, and starts the evidence from scratch", async () => {
    const former = evidenceIn(await stack.outputs());
    // From now on, the context edge points to another cluster.
    rewrite("third", ({ contexts }) => {
      Object.assign(
        contexts.find(({ name }) => name === "edge")!,
        {
          context: contexts.find(({ name }) => name === "main")!.context,
        },
      );
    });
    follow("third");
    await expectFailure(stack.up(), new RegExp(`cluster\\.rebuilt: ${former.cluster.uid}`));
    follow("third", { rebuilt: former.cluster.uid });
    await expectFailure(
      stack.up(),
      /objects from the former cluster, such as /,
      /pulumi refresh --stack edge/,
    );
    await expectSuccess(
      engine.run(["refresh", "--yes", "--skip-preview", "--non-interactive", "--stack", "edge"]),
    );
    assert.match(
      await expectSuccess(stack.up()),
      /evidence of stack edge describes another cluster .* starts from scratch/,
    );

    const now = evidenceIn(await stack.outputs());
    assert.notEqual(now.cluster.uid, former.cluster.uid);
    assert.equal(now.verified.length, 1);
    assert.notEqual(await onMain.get(GATUS), undefined);
    for (const object of Object.values(uids)) assert.notEqual(object, undefined);
    assert.equal((await onEdge.get(GATUS))?.metadata.uid, uids["Deployment observability/gatus"]);

    follow("third");
    assert.deepEqual(await operations(), []);
    await expectSuccess(stack.up());
  });
});
