import assert from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import { FluxSources, fluxSourcesObjects, type OciSource } from "../../../components/flux/sources.ts";
import { recordResources, resourceNamed } from "../../support/mocks.ts";

const labels = { "edgefirst.dev/stack": "edge" };
const CHART: OciSource = {
  name: "app-template",
  namespace: "flux-system",
  url: "oci://ghcr.io/bjw-s-labs/helm/app-template",
  ref: { tag: "4.4.0" },
  interval: "1h",
  helmChart: true,
  insecure: false,
};
const specOf = (source: OciSource): unknown => fluxSourcesObjects({ labels, sources: [source] })[0]?.spec;

describe("flux-sources", () => {
  it("declares OCIRepositories v1 on the component's provider", async () => {
    const resources = await recordResources(
      () => {
        const provider = new k8s.Provider("cluster", { context: "test" });
        new FluxSources("flux-sources", { labels, sources: [CHART] }, { providers: [provider] });
      },
      { preview: true },
    );
    const child = resourceNamed(resources, "flux-system/app-template");
    assert.equal(child.type, "kubernetes:source.toolkit.fluxcd.io/v1:OCIRepository");
    assert.equal(child.parent, resourceNamed(resources, "flux-sources").urn);
    assert.match(child.provider ?? "", /::cluster::/);
    assert.deepEqual(child.unknowns, []);
    assert.deepEqual((child.inputs.metadata as { labels: unknown }).labels, labels);
  });

  it("passes the layer of a chart on unchanged", () => {
    assert.deepEqual(specOf(CHART), {
      interval: "1h",
      url: CHART.url,
      ref: { tag: "4.4.0" },
      layerSelector: {
        mediaType: "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
        operation: "copy",
      },
    });
  });

  it("verifies signatures, logs in, and uses plain HTTP if configured", () => {
    const verify = {
      provider: "cosign" as const,
      secretRef: undefined,
      matchOIDCIdentity: [{ issuer: "^https://issuer$", subject: "^subject$" }],
    };
    assert.deepEqual(
      specOf({ ...CHART, helmChart: false, insecure: true, verify, secretRef: { name: "registry" } }),
      {
        interval: "1h",
        url: CHART.url,
        ref: { tag: "4.4.0" },
        secretRef: { name: "registry" },
        verify: { provider: "cosign", matchOIDCIdentity: verify.matchOIDCIdentity },
        insecure: true,
      },
    );
  });
});
