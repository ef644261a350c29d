import assert from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import type { KubeObject } from "../../../kube/objects.ts";
import { FluxInstall, fluxInstallObjects } from "../../../components/flux/install.ts";
import { recordResources, resourceNamed } from "../../support/mocks.ts";

const labels = { "edgefirst.dev/stack": "edge" };
const manifests: KubeObject[] = [
  {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "source-controller", namespace: "flux-system" },
  },
  {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "buckets.source.toolkit.fluxcd.io", labels: { app: "flux" } },
    status: { conditions: [] },
  },
  { apiVersion: "v1", kind: "Namespace", metadata: { name: "flux-system" } },
];

describe("flux-install", () => {
  it("declares Namespace and CRDs first, retains them on delete, and makes the rest depend on them", async () => {
    const resources = await recordResources(
      () => {
        const provider = new k8s.Provider("cluster", { context: "test" });
        new FluxInstall("flux-install", { labels, manifests }, { providers: [provider] });
      },
      { preview: true },
    );
    const first = ["buckets.source.toolkit.fluxcd.io", "flux-system"].map((name) =>
      resourceNamed(resources, name),
    );
    for (const resource of first) assert.equal(resource.options.retainOnDelete, true, resource.name);
    const deployment = resourceNamed(resources, "flux-system/source-controller");
    assert.equal(deployment.options.retainOnDelete, false);
    assert.deepEqual([...deployment.options.dependencies].sort(), first.map(({ urn }) => urn).sort());
  });

  it("declares every kind in `flux install --export`, including the core group's", async () => {
    const others: KubeObject[] = [
      {
        apiVersion: "v1",
        kind: "ResourceQuota",
        metadata: { name: "critical-pods", namespace: "flux-system" },
      },
      {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "source-controller", namespace: "flux-system" },
      },
    ];
    const resources = await recordResources(() => {
      const provider = new k8s.Provider("cluster", { context: "test" });
      new FluxInstall("flux-install", { labels, manifests: others }, { providers: [provider] });
    });
    assert.deepEqual(
      resources
        .filter(({ type }) => type.startsWith("kubernetes:"))
        .map(({ type }) => type)
        .sort(),
      ["kubernetes:core/v1:ResourceQuota", "kubernetes:core/v1:Service"],
    );
  });

  it("labels every object, and omits the status of CRDs", () => {
    const objects = fluxInstallObjects({ labels, manifests });
    assert.deepEqual(
      objects.map(({ kind }) => kind),
      ["CustomResourceDefinition", "Namespace", "Deployment"],
    );
    for (const { metadata } of objects) assert.equal(metadata.labels?.["edgefirst.dev/stack"], "edge");
    assert.equal(objects[0]?.status, undefined);
    assert.equal(objects[0]?.metadata.labels?.app, "flux");
  });
});
