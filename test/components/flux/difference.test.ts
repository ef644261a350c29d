import assert from "node:assert/strict";
import { describeDifference } from "../../../components/flux/difference.ts";
import type { KubeObject } from "../../../kube/objects.ts";
import { clusterHolding } from "../../support/cluster.ts";

const object = (spec: object, more: object = {}): KubeObject => ({
  apiVersion: "kustomize.toolkit.fluxcd.io/v1",
  kind: "Kustomization",
  metadata: { name: "root", namespace: "flux-system" },
  spec,
  ...more,
});

describe("difference to the live root", () => {
  const differenceOf = async (wanted: KubeObject, ...live: KubeObject[]) =>
    (await describeDifference([wanted], clusterHolding(...live)))[0]!;

  it("ignores undeclared fields, the order of keys and the formatting of a patch", async () => {
    const wanted = object({ path: "./a", patches: [{ patch: "a: 1\nb:\n  c: [x]\n" }] });
    const live = object(
      { patches: [{ patch: "b: { c: [ x ] }\na: 1" }], path: "./a", force: false },
      { status: { lastAppliedRevision: "x" } },
    );
    assert.deepEqual(await differenceOf(wanted, live), {
      object: "Kustomization flux-system/root",
      state: "none",
      diff: "",
    });
  });

  it("shows what would change, field by field", async () => {
    const { state, diff } = await differenceOf(
      object({ path: "./b", prune: true, list: ["x"] }),
      object({ path: "./a", list: ["x", "y"] }),
    );
    assert.equal(state, "differs");
    assert.deepEqual(
      diff.split("\n").filter((line) => /^[-+](?![-+])/.test(line)),
      ["-    - y", "-  path: ./a", "+  path: ./b", "+  prune: true"],
    );
  });

  it("shows the whole object if none is live", async () => {
    const { state, diff } = await differenceOf(object({ path: "./a" }));
    assert.equal(state, "absent");
    assert.match(diff, /^\+ {2}path: \.\/a$/m);
  });
});
