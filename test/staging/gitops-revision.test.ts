import assert from "node:assert/strict";
import type { KubeObject } from "../../kube/objects.ts";
import { gitopsRevision, type Repository } from "../../staging/gitops-revision.ts";
import { clusterHolding } from "../support/cluster.ts";
import { scriptedCluster, unreachable } from "../support/scripted-cluster.ts";

const REPOSITORY: Repository = {
  root: { name: "cluster-apps", namespace: "flux-system" },
  source: { kind: "GitRepository", name: "home", namespace: "flux-system" },
};
const object = (kind: string, name: string, fields: object): KubeObject => ({
  apiVersion: `${kind === "Kustomization" ? "kustomize" : "source"}.toolkit.fluxcd.io/v1`,
  kind,
  metadata: { name, namespace: "flux-system" },
  ...fields,
});
const root = (status?: object) => object("Kustomization", "cluster-apps", { status });
const source = (spec?: object) => object("GitRepository", "home", { spec });
const APPLIED = { lastAppliedRevision: "main@sha1:1" };
const URL = { url: "https://example.com/home" };

describe("revision of the GitOps repository", () => {
  it("is the one that the root Kustomization applied last, with the URL of the source", async () => {
    const asked: string[] = [];
    const cluster = clusterHolding(root(APPLIED), source(URL));
    const recording = {
      ...cluster,
      get: (reference: Parameters<typeof cluster.get>[0]) => {
        asked.push(`${reference.apiVersion} ${reference.kind}`);
        return cluster.get(reference);
      },
    };
    assert.deepEqual(await gitopsRevision(recording, REPOSITORY), {
      kind: "GitRepository",
      url: "https://example.com/home",
      revision: "main@sha1:1",
    });
    assert.deepEqual(asked, [
      "kustomize.toolkit.fluxcd.io/v1 Kustomization",
      "source.toolkit.fluxcd.io/v1 GitRepository",
    ]);
  });

  it("is null if any part of it is missing, or the cluster does not respond", async () => {
    const clusters = [
      clusterHolding(),
      clusterHolding(root(APPLIED)),
      clusterHolding(source(URL)),
      clusterHolding(root({}), source(URL)),
      clusterHolding(root(APPLIED), source({})),
      clusterHolding(root(APPLIED), source()),
      scriptedCluster(unreachable),
    ];
    for (const cluster of clusters) assert.equal(await gitopsRevision(cluster, REPOSITORY), null);
    assert.equal(await gitopsRevision(clusterHolding(root(APPLIED), source(URL)), undefined), null);
  });
});
