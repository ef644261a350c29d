import assert from "node:assert/strict";
import type { KubeObject } from "../../kube/objects.ts";
import { digestOf } from "../../staging/digest.ts";

const deployment: KubeObject = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "app", namespace: "n", labels: { a: "1", b: "2" } },
  spec: { replicas: 1, args: ["--b", "--a"], paused: null },
};
const secret = (kind: string, fields: object): KubeObject => ({
  apiVersion: "v1",
  kind,
  metadata: { name: "credentials", namespace: "n" },
  ...fields,
});

describe("digest of the declared objects", () => {
  it("does not depend on the order of objects or of fields", () => {
    const { spec, ...rest } = deployment;
    const reordered: KubeObject = {
      spec: Object.fromEntries(Object.entries(spec as object).reverse()),
      ...rest,
      metadata: { labels: { b: "2", a: "1" }, namespace: "n", name: "app" },
    };
    const other = secret("Secret", { data: { password: "b25l" } });
    assert.equal(digestOf([deployment, other]), digestOf([other, reordered]));
    assert.match(digestOf([deployment]), /^[0-9a-f]{64}$/);
  });

  it("changes with a value, with the order of a list, and with an object", () => {
    const withSpec = (more: object): string =>
      digestOf([{ ...deployment, spec: { ...(deployment.spec as object), ...more } }]);
    const digests = [
      digestOf([]),
      digestOf([deployment]),
      digestOf([deployment, secret("Secret", {})]),
      withSpec({ replicas: 2 }),
      withSpec({ args: ["--a", "--b"] }),
      withSpec({ args: { 0: "--b", 1: "--a" } }),
      withSpec({ paused: {} }),
    ];
    assert.equal(new Set(digests).size, digests.length);
  });

  it("omits the values of Secrets, but not those of other kinds", () => {
    const values = [{ data: { password: "b25l" } }, { stringData: { password: "two" } }, {}];
    const digests = (kind: string): Set<string> =>
      new Set(values.map((fields) => digestOf([secret(kind, fields)])));
    assert.equal(digests("Secret").size, 1);
    assert.equal(digests("ConfigMap").size, 3);
    assert.notEqual(
      digestOf([secret("Secret", { type: "Opaque" })]),
      digestOf([secret("Secret", { type: "kubernetes.io/tls" })]),
    );
  });
});
