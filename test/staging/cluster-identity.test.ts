import assert from "node:assert/strict";
import {
  isRebuilt,
  providerFor,
  type ClusterIdentityArgs,
  type KubeconfigReading,
} from "../../staging/cluster-identity.ts";

const HERE = "uid-here";
const FORMER = "uid-former";
const RECORDED = { kubeconfig: "/old", context: "edge" };
const IDENTIFIED = { ...RECORDED, clusterIdentifier: HERE };

const args = (more: Partial<ClusterIdentityArgs> = {}): ClusterIdentityArgs => ({
  stack: "edge",
  uid: HERE,
  verifiedOn: HERE,
  recorded: RECORDED,
  configured: { kubeconfig: "/new", context: "edge" },
  ...more,
});

describe("the cluster of an update", () => {
  it("is identified by the evidence, or else by the provider in the state", () => {
    assert.equal(isRebuilt(args()), false);
    assert.equal(isRebuilt(args({ verifiedOn: undefined })), false, "never verified, no identifier");
    // After a rebuild the provider keeps its identifier; the evidence identifies the new cluster.
    assert.equal(isRebuilt(args({ recorded: { ...RECORDED, clusterIdentifier: FORMER } })), false);
    for (const other of [
      { verifiedOn: FORMER },
      { verifiedOn: undefined, recorded: { ...RECORDED, clusterIdentifier: FORMER } },
    ])
      assert.throws(
        () => isRebuilt(args(other)),
        /points to cluster uid-here, but .* to cluster uid-former\. Nothing was changed\.\n.*edgefirst:cluster\.rebuilt: uid-former/,
      );
  });

  it("may be a different one only if the configuration names the former one", () => {
    const configured = { context: "edge", rebuilt: FORMER };
    assert.equal(isRebuilt(args({ verifiedOn: FORMER, configured })), true);
    assert.equal(isRebuilt(args({ configured })), false, "the key is left over");
    const wrong = { context: "edge", rebuilt: "uid-of-a-third" };
    assert.throws(() => isRebuilt(args({ verifiedOn: FORMER, configured: wrong })), /points to cluster/);
  });
});

describe("the provider of an update", () => {
  const PRESENT: KubeconfigReading = { file: "present", uid: HERE };
  const providerOf = (more: Partial<ClusterIdentityArgs>, reading: KubeconfigReading = PRESENT) =>
    providerFor(args(more), () => Promise.resolve(reading));
  const NEW = {
    provider: { kubeconfig: "/new", context: "edge", clusterIdentifier: HERE },
    postponed: false,
  };

  it("gets the identifier first, and the changed kubeconfig or context in the next update", async () => {
    assert.deepEqual(await providerOf({}), { provider: IDENTIFIED, postponed: true });
    const configured = { kubeconfig: "/old", context: "admin@edge" };
    assert.deepEqual(await providerOf({ configured }), { provider: IDENTIFIED, postponed: true });
    assert.deepEqual(await providerOf({ recorded: IDENTIFIED }), NEW);
  });

  it("uses the configured values if nothing can be replaced", async () => {
    const read = () => Promise.reject(new Error("there is nothing to compare"));
    assert.deepEqual(await providerFor(args({ recorded: undefined }), read), NEW);
    assert.deepEqual(await providerFor(args({ recorded: { context: "edge" } }), read), NEW);
    assert.deepEqual(await providerFor(args({ recorded: { ...RECORDED, kubeconfig: "/new" } }), read), NEW);
    const ambient = await providerOf({ configured: { context: "edge" } });
    assert.deepEqual(ambient, { provider: { context: "edge", clusterIdentifier: HERE }, postponed: false });
    assert.deepEqual(await providerOf({}, { file: "empty" }), NEW);
  });

  it("keeps its identifier on a rebuilt cluster", async () => {
    const { provider } = await providerOf({ recorded: { ...RECORDED, clusterIdentifier: FORMER } });
    assert.deepEqual(provider, { kubeconfig: "/new", context: "edge", clusterIdentifier: FORMER });
  });

  it("needs no recorded kubeconfig once the state has the identifier", async () => {
    const read = () => Promise.reject(new Error("the identifier decides"));
    assert.deepEqual(await providerFor(args({ recorded: IDENTIFIED }), read), NEW);
  });

  it("is refused if the state has no identifier, and the recorded kubeconfig is gone or points elsewhere", async () => {
    await assert.rejects(providerOf({}, { file: "absent" }), /no longer exists.*\n.*touch \/old/);
    for (const reading of [{ file: "present" }, { file: "present", uid: FORMER }] as const)
      await assert.rejects(
        providerOf({}, reading),
        /\/old that is recorded in the state does not point to this cluster \(context: edge\).*delete the live ones\. Nothing was changed\.\n.*or replace the file with an empty one/s,
      );
  });
});
