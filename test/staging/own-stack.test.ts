import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { KubeObject } from "../../kube/objects.ts";
import { EVIDENCE_OUTPUT } from "../../staging/evidence-output.ts";
import type { Evidence } from "../../staging/evidence.ts";
import { identifyCluster } from "../../staging/own-cluster.ts";
import { currentRelease, ownStackOf, readOwnStack } from "../../staging/own-stack.ts";
import { observe } from "../../staging/observe.ts";
import { readRecordedObjects, readRecordedProvider, readStackOutputs } from "../../staging/stack-outputs.ts";
import { objectsIn } from "../../staging/state-objects.ts";
import { clusterHolding } from "../support/cluster.ts";
import { outputsOf, verification } from "../support/evidence.ts";
import { ready } from "../support/scripted-cluster.ts";
import { temporaryDirectory } from "../support/temporary.ts";
import { engineDouble, type EngineDouble } from "./engine-double.ts";

const flat = ({ message }: Error): string => message.replaceAll(/\n\s*/g, " ");
const app = (name: string, status?: object): KubeObject => ({
  apiVersion: "kustomize.toolkit.fluxcd.io/v1",
  kind: "Kustomization",
  metadata: { name, namespace: "n" },
  ...(status && { status }),
});
const VERIFIED = outputsOf("r1", [verification("r1", { manifests: { crds: "a" } })]);

describe("what a stack recorded, as the engine returns it", () => {
  let double: EngineDouble;
  let asked: unknown[];
  let answer: () => object;
  beforeEach(async () => {
    asked = [];
    double = await engineDouble((token, inputs) => {
      asked.push([token, { ...inputs }]);
      return answer();
    });
  });
  afterEach(() => {
    double.restore();
  });
  const failing = (message: string) => () => {
    // Pulumi reads this field of an error from gRPC.
    throw Object.assign(new Error(message), { details: message });
  };

  it("is read from a stack of the same organization and project, or of a named project", async () => {
    answer = () => ({ outputs: { release: "r1" } });
    assert.deepEqual(await readStackOutputs("main"), { state: "read", outputs: { release: "r1" } });
    await readStackOutputs("main", "other");
    assert.deepEqual(asked, [
      ["pulumi:pulumi:readStackOutputs", { name: "acme/edgefirst/main" }],
      ["pulumi:pulumi:readStackOutputs", { name: "acme/other/main" }],
    ]);
  });

  it("is unknown if the backend has no such stack, and unreadable for every other reason", async () => {
    for (const message of ['unknown stack "acme/edgefirst/main"', "no stack named 'main' found"]) {
      answer = failing(message);
      assert.deepEqual(await readStackOutputs("main"), {
        state: "unknown",
        message: "The backend has no stack acme/edgefirst/main.",
      });
    }
    answer = failing("invocation of pulumi:pulumi:readStackOutputs returned an error: 503: try later");
    assert.deepEqual(await readStackOutputs("main"), {
      state: "unreadable",
      message: "Cannot read the outputs of stack acme/edgefirst/main: 503: try later",
    });
  });

  it("refuses an update whose evidence would be lost, and starts from scratch otherwise", async () => {
    answer = failing("503");
    await assert.rejects(readOwnStack("edge", "uid"), (error: Error) => {
      assert.equal(
        flat(error),
        "Cannot read the outputs of stack acme/edgefirst/edge: 503 Nothing was changed. Check the state backend, then try again.",
      );
      return true;
    });
    answer = failing("no stack named edge");
    assert.deepEqual(await readOwnStack("edge", "uid"), {
      uid: "uid",
      release: undefined,
      evidence: undefined,
      verifiedOn: undefined,
      output: undefined,
      provider: undefined,
    });
    answer = () => ({ outputs: VERIFIED });
    const own = await readOwnStack("edge", "uid");
    assert.deepEqual([own.release, own.evidence?.verified[0]?.release, own.verifiedOn], ["r1", "r1", "uid"]);
    assert.deepEqual(double.logged, []);
    answer = () => ({ outputs: { release: "r1", [EVIDENCE_OUTPUT]: { version: 9 } } });
    assert.deepEqual((await readOwnStack("edge", "uid")).evidence, undefined);
    assert.deepEqual(double.logged, [
      "warn: The evidence of stack edge has format 9, which this program cannot read. The evidence starts from scratch.",
    ]);
  });

  it("lists the Kubernetes objects of a state, without lists and providers", async () => {
    const object = app("a");
    answer = () => ({
      outputs: {
        one: { type: "kubernetes:kustomize.toolkit.fluxcd.io/v1:Kustomization", outputs: object },
        two: { type: "kubernetes:core/v1:ConfigMapList", outputs: object },
        three: { type: "kubernetes:apps/v1:DeploymentPatch", outputs: { kind: "x" } },
      },
    });
    assert.deepEqual(await readRecordedObjects("edge"), [object]);
    assert.deepEqual(asked, [
      ["pulumi:pulumi:readStackResourceOutputs", { stackName: "acme/edgefirst/edge" }],
    ]);
    answer = failing("503");
    await assert.rejects(readRecordedObjects("edge"), (error: Error) => {
      assert.equal(
        flat(error),
        "Cannot read the state of stack acme/edgefirst/edge: 503 Check that the state backend can be reached, then run pulumi up again.",
      );
      return true;
    });
  });

  it("finds the provider by type and name", async () => {
    const type = "pulumi:providers:kubernetes";
    const urn = (name: string, of = type) => `urn:pulumi:edge::edgefirst::${of}::${name}`;
    const settings = { kubeconfig: "/k", context: "c", clusterIdentifier: "u" };
    answer = () => ({
      outputs: {
        [urn("cluster", "other")]: { type: "other", outputs: { context: "wrong" } },
        [urn("my-cluster")]: { type, outputs: { context: "wrong" } },
        [urn("bare")]: { type, outputs: {} },
        [urn("cluster")]: { type, outputs: { ...settings, namespace: "n" } },
      },
    });
    assert.deepEqual(await readRecordedProvider("edge", "cluster"), settings);
    assert.deepEqual(await readRecordedProvider("edge", "bare"), {});
    assert.equal(await readRecordedProvider("edge", "none"), undefined);
  });

  describe("with the cluster of the update", () => {
    const identify = (more: object = {}, configured: object = {}, cluster = clusterHolding()) =>
      identifyCluster(
        {
          stack: "edge",
          uid: "new",
          verifiedOn: undefined,
          recorded: undefined,
          configured: { context: "edge", ...configured },
          ...more,
        },
        cluster,
      );

    it("accepts the first update", async () => {
      assert.deepEqual(await identify(), {
        provider: { context: "edge", clusterIdentifier: "new" },
        rebuilt: false,
      });
      assert.deepEqual([asked, double.logged], [[], []]);
    });

    it("refuses a rebuilt cluster while the state has objects of the former one", async () => {
      const objects = [app("a"), app("b"), app("c")];
      answer = () => ({
        outputs: Object.fromEntries(
          objects.map((outputs) => [
            outputs.metadata.name,
            { type: "kubernetes:x/v1:Kustomization", outputs },
          ]),
        ),
      });
      const rebuilt = { verifiedOn: "old" };
      const refusal = async (...live: KubeObject[]): Promise<string> => {
        const result = await identify(rebuilt, { rebuilt: "old" }, clusterHolding(...live)).catch(
          (error: unknown) => error as Error,
        );
        return result instanceof Error ? flat(result) : String(result.rebuilt);
      };
      const rest = "Nothing was changed. Run pulumi refresh --stack edge, then pulumi up again.";
      const start = "The state of stack edge still has";
      assert.equal(
        await refusal(app("a")),
        `${start} 2 objects from the former cluster, such as Kustomization n/b. ${rest}`,
      );
      assert.equal(
        await refusal(app("a"), app("b")),
        `${start} 1 object from the former cluster, such as Kustomization n/c. ${rest}`,
      );
      assert.equal(await refusal(...objects), "true");
    });

    it("says when edgefirst:cluster.rebuilt is no longer needed", async () => {
      await identify({ verifiedOn: "new" }, { rebuilt: "old" });
      assert.deepEqual(double.logged, [
        "warn: edgefirst:cluster.rebuilt is no longer needed, because the stack is already on the new cluster. Remove it.",
      ]);
      double.logged.length = 0;
      await identify({ verifiedOn: "new" });
      await identify({ recorded: { clusterIdentifier: "new" } }, { rebuilt: "old" });
      assert.deepEqual(double.logged, []);
    });

    it("compares the kubeconfig that the state names, which may be absent, empty or of no use", async () => {
      const dir = temporaryDirectory("edgefirst-kubeconfig-");
      const of = (kubeconfig: string) =>
        identify({ recorded: { kubeconfig, context: "edge" } }, { kubeconfig: "/new" });
      await assert.rejects(of(join(dir, "absent")), /absent that is recorded in the state no longer exists/);
      await assert.rejects(
        of("~/edgefirst-absent"),
        new RegExp("The kubeconfig ~/edgefirst-absent .* no longer exists"),
      );
      writeFileSync(join(dir, "empty"), "");
      assert.deepEqual((await of(join(dir, "empty"))).provider, {
        context: "edge",
        kubeconfig: "/new",
        clusterIdentifier: "new",
      });
      writeFileSync(join(dir, "other"), "apiVersion: v1\nkind: Config\ncontexts: []\n");
      await assert.rejects(of(join(dir, "other")), /does not point to this cluster \(context: edge\)/);
      assert.ok(homedir().length > 1);
    });
  });
});

describe("the part of a stack's outputs that is still valid", () => {
  it("is nothing of the evidence of another cluster", () => {
    const { own, warning } = ownStackOf("edge", VERIFIED, "rebuilt");
    assert.deepEqual(
      [own.release, own.evidence, own.verifiedOn, own.output],
      [undefined, undefined, "uid", VERIFIED.evidence],
    );
    assert.match(warning ?? "", /describes another cluster \(context test\), so it starts from scratch\.$/);
  });

  it("is the release, if it is a text, also without evidence", () => {
    assert.equal(ownStackOf("edge", { release: "r1" }, "uid").own.release, "r1");
    assert.equal(ownStackOf("edge", { release: 1 }, "uid").own.release, undefined);
    assert.equal("warning" in ownStackOf("edge", { release: "r1" }, "uid"), false);
    assert.equal("warning" in ownStackOf("edge", VERIFIED, "uid"), false);
  });

  it("counts the same release with other manifests as new", () => {
    const evidence = VERIFIED.evidence as Evidence;
    const current = (release: string | undefined, next: string, crds: string, own?: Evidence) =>
      currentRelease({ release, evidence: own }, { release: next, manifests: { crds } });
    assert.equal(current("r1", "r1", "a", evidence), "r1");
    assert.equal(current("r1", "r1", "b", evidence), undefined);
    assert.equal(current("r1", "r2", "b", evidence), "r1");
    assert.equal(current("r1", "r1", "a", undefined), undefined, "the cluster may have been rebuilt since");
    assert.equal(current("r3", "r3", "b", evidence), "r3", "never verified");
    assert.equal(current(undefined, "r1", "b", evidence), undefined);
  });
});

describe("objects in a stack's state", () => {
  it("are those of its Kubernetes resources, without replaced and virtual ones", () => {
    const outputs = app("a");
    const resource = (type: string, more: object = {}) => ({ type, custom: true, outputs, ...more });
    const deployment = "kubernetes:apps/v1:Deployment";
    const count = (...resources: ReturnType<typeof resource>[]) => objectsIn({ resources }).length;
    assert.deepEqual(objectsIn({}), []);
    assert.deepEqual(objectsIn({ resources: [resource(deployment)] }), [outputs]);
    assert.equal(count(resource(deployment, { delete: false })), 1);
    for (const other of [
      resource(deployment, { custom: false }),
      resource(deployment, { delete: true }),
      resource(deployment, { outputs: undefined }),
      resource(deployment, { outputs: null }),
      resource(deployment, { outputs: "text" }),
      resource(deployment, { outputs: { kind: "Deployment" } }),
      resource(deployment, { outputs: { metadata: {} } }),
      resource("kubernetes:core/v1:ServiceList"),
      resource("pulumi:providers:kubernetes"),
      resource("kubernetes:yaml:Provider"),
      resource("edgefirst:kubernetes:apps"),
    ])
      assert.equal(count(other), 0, JSON.stringify(other));
  });

  it("are observed with their health, or as missing", async () => {
    const cluster = clusterHolding(app("up", ready("True")), app("down", ready("False", "boom")));
    assert.deepEqual(await observe([app("up"), app("down"), app("gone")], cluster), [
      { object: "Kustomization n/up", kind: "Kustomization", health: { state: "healthy", message: "" } },
      {
        object: "Kustomization n/down",
        kind: "Kustomization",
        health: { state: "failed", message: "Ready: boom" },
      },
      {
        object: "Kustomization n/gone",
        kind: "Kustomization",
        health: { state: "missing", message: "not on the cluster" },
      },
    ]);
  });
});
