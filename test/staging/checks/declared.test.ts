import assert from "node:assert/strict";
import type { ApplyOptions } from "../../../kube/client.ts";
import type { KubeObject } from "../../../kube/objects.ts";
import { EdgefirstError } from "../../../lib/errors.ts";
import type { Verdict } from "../../../staging/checks/check.ts";
import { declaredCheck } from "../../../staging/checks/declared.ts";
import { scriptedCluster } from "../../support/scripted-cluster.ts";

const REMEDY = "list it under edgefirst:adopt and run `pulumi up --refresh` once to restore it";
const deployment: KubeObject = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "app", namespace: "n", labels: { app: "app" } },
  spec: { replicas: 1 },
};

/** The verdict on the Deployment, if the dry run returns this object, or throws. */
async function verdictIf(
  apply: (live: KubeObject, options: ApplyOptions) => KubeObject,
  live: readonly KubeObject[] = [deployment],
): Promise<Verdict> {
  const cluster = {
    ...scriptedCluster(() => live),
    apply: async (_: KubeObject, options: ApplyOptions) => Promise.resolve(apply(live[0]!, options)),
  };
  const { verdicts } = await declaredCheck({ cluster, stack: "edge" }, [deployment]).run();
  assert.equal(verdicts.length, 1);
  return verdicts[0]!;
}

describe("check declared", () => {
  it("applies in a dry run only, and overrides other field managers in it", async () => {
    const seen: ApplyOptions[] = [];
    const verdict = await verdictIf((live, options) => {
      seen.push(options);
      return live;
    });
    assert.deepEqual(seen, [{ fieldManager: "edgefirst-verify", force: true, dryRun: true }]);
    assert.deepEqual(verdict, { object: "Deployment n/app", state: "held", message: "", own: true });
  });

  it("fails for an object that is not on the cluster", async () => {
    const verdict = await verdictIf((live) => live, []);
    assert.deepEqual(
      [verdict.state, verdict.message, verdict.own],
      ["failed", "is not on the cluster", true],
    );
  });

  it("compares every field except those that the API server writes", async () => {
    const written = {
      managedFields: [],
      resourceVersion: "2",
      generation: 2,
      creationTimestamp: "now",
      uid: "u",
    };
    for (const [field, value] of Object.entries(written)) {
      const { state } = await verdictIf((live) => ({
        ...live,
        metadata: { ...live.metadata, [field]: value },
      }));
      assert.equal(state, "held", field);
    }
    const { message } = await verdictIf((live) => ({
      ...live,
      metadata: { ...live.metadata, labels: { app: "other" }, finalizers: ["f"] },
    }));
    assert.equal(
      message,
      `differs from its declaration: metadata.labels.app, metadata.finalizers; ${REMEDY}`,
    );
  });

  it("names at most three fields, and counts the others", async () => {
    const differing = async (...keys: string[]): Promise<string> => {
      const spec = Object.fromEntries(keys.map((key) => [key, 1]));
      const { message } = await verdictIf((live) => ({ ...live, spec: { replicas: 1, ...spec } }));
      return message.slice("differs from its declaration: ".length).split(";")[0]!;
    };
    assert.equal(await differing("a"), "spec.a");
    assert.equal(await differing("a", "b", "c"), "spec.a, spec.b, spec.c");
    assert.equal(await differing("a", "b", "c", "d", "e"), "spec.a, spec.b, spec.c, 2 more");
  });

  it("repeats the dry run of an object only once the object has changed", async () => {
    let [version, replicas, dryRuns] = ["1", 1, 0];
    const live = (): KubeObject => ({
      ...deployment,
      metadata: { ...deployment.metadata, resourceVersion: version },
      spec: { replicas },
    });
    const cluster = {
      ...scriptedCluster(() => [live()]),
      apply: () => {
        dryRuns++;
        return Promise.resolve({ ...live(), spec: deployment.spec });
      },
    };
    const check = declaredCheck({ cluster, stack: "edge" }, [deployment]);
    const state = async (): Promise<string> => `${(await check.run()).verdicts[0]?.state ?? ""} ${dryRuns}`;
    assert.deepEqual([await state(), await state()], ["held 1", "held 1"]);
    [version, replicas] = ["2", 2];
    assert.deepEqual([await state(), await state()], ["failed 2", "failed 3"]);
    [version, replicas] = ["3", 1];
    assert.deepEqual([await state(), await state()], ["held 4", "held 4"]);
  });

  it("compares one CRD at a time, and the other objects at once", async () => {
    let [running, most] = [0, 0];
    const objects = ["CustomResourceDefinition", "Deployment"].flatMap((kind) =>
      ["a", "b", "c"].map((name) => ({ ...deployment, kind, metadata: { name, namespace: "n" } })),
    );
    const run = async (kind: string): Promise<readonly Verdict[]> => {
      [running, most] = [0, 0];
      const declared = objects.filter((object) => object.kind === kind);
      const cluster = {
        ...scriptedCluster(() => declared),
        apply: async (object: KubeObject) => {
          most = Math.max(most, ++running);
          await new Promise((done) => setTimeout(done, 5));
          running--;
          return object;
        },
      };
      return (await declaredCheck({ cluster, stack: "edge" }, declared).run()).verdicts;
    };
    for (const [kind, atOnce] of [
      ["CustomResourceDefinition", 1],
      ["Deployment", 3],
    ] as const) {
      const verdicts = await run(kind);
      assert.equal(most, atOnce);
      assert.deepEqual(
        verdicts.map(({ object, state }) => `${object} ${state}`),
        ["a", "b", "c"].map((name) => `${kind} n/${name} held`),
      );
    }
  });

  it("gives up on an object that other clients keep changing after five comparisons", async () => {
    let version = 0;
    let applied = 0;
    const live = () => ({
      ...deployment,
      metadata: { ...deployment.metadata, resourceVersion: `${++version}` },
    });
    const cluster = {
      ...scriptedCluster(() => [live()]),
      apply: () => {
        applied++;
        return Promise.resolve({ ...deployment, spec: { replicas: 2 } });
      },
    };
    const { verdicts } = await declaredCheck({ cluster, stack: "edge" }, [deployment]).run();
    assert.deepEqual([verdicts[0]?.state, applied], ["failed", 5]);
  });

  it("fails for an object that is deleted during the comparison", async () => {
    let reads = 0;
    const cluster = {
      ...scriptedCluster(() =>
        reads++ === 0 ? [{ ...deployment, metadata: { ...deployment.metadata, resourceVersion: "1" } }] : [],
      ),
      apply: () => Promise.resolve({ ...deployment, spec: { replicas: 2 } }),
    };
    const { verdicts } = await declaredCheck({ cluster, stack: "edge" }, [deployment]).run();
    assert.deepEqual(
      verdicts.map(({ state, message }) => `${state}: ${message}`),
      ["failed: is not on the cluster"],
    );
  });

  it("skips an object whose admission webhook rejects dry runs, and passes on every other error", async () => {
    const message =
      'admission webhook "w.example.com" does not support dry run, as its sideEffects are not None';
    const verdict = await verdictIf(() => {
      throw new EdgefirstError(message);
    });
    assert.deepEqual(
      [verdict.state, verdict.message],
      ["skipped", "cannot be compared: one of the cluster's admission webhooks does not support dry runs"],
    );
    for (const error of [new EdgefirstError("cluster edge cannot be reached"), new Error(message)])
      await assert.rejects(
        verdictIf(() => {
          throw error;
        }),
        error,
      );
  });
});
