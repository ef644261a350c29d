import assert from "node:assert/strict";
import { stringify } from "yaml";
import { Repository } from "../../../tools/gitops/yaml/repository.ts";
import { lintRepository } from "../../../tools/lint/lint.ts";
import { temporaryDirectory, writeFiles } from "../../support/temporary.ts";

const HTTP_ROUTE = "gateway.networking.k8s.io/v1";

/** A release of app-template with a route; on another cluster if a Secret with its kubeconfig is named. */
const release = (name: string, cluster?: string): object => ({
  apiVersion: "helm.toolkit.fluxcd.io/v2",
  kind: "HelmRelease",
  metadata: { name, namespace: "apps" },
  spec: {
    interval: "1h",
    chart: {
      spec: {
        chart: "app-template",
        version: "4.1.2",
        sourceRef: { kind: "HelmRepository", name: "charts" },
      },
    },
    ...(cluster === undefined ? {} : { kubeConfig: { secretRef: { name: cluster } } }),
    values: {
      controllers: { web: { containers: { app: { image: { repository: "example.com/web", tag: "1" } } } } },
      service: { web: { controller: "web", ports: { http: { port: 80 } } } },
      route: { web: { hostnames: ["web.example.com"], parentRefs: [{ name: "front", namespace: "doors" }] } },
    },
  },
});

/** The rules about routes that find something in these objects. */
function found(...objects: readonly object[]): readonly string[] {
  const root = temporaryDirectory("remote-releases-");
  const write = (file: string, ...documents: readonly object[]): void => {
    writeFiles(root, { [file]: documents.map((one) => stringify(one)).join("---\n") });
  };
  write(
    "flux/sync.yaml",
    {
      apiVersion: "source.toolkit.fluxcd.io/v1",
      kind: "GitRepository",
      metadata: { name: "flux-system", namespace: "flux-system" },
      spec: { url: "https://git.example.com/repo", ref: { branch: "main" } },
    },
    {
      apiVersion: "kustomize.toolkit.fluxcd.io/v1",
      kind: "Kustomization",
      metadata: { name: "apps", namespace: "flux-system" },
      spec: { path: "./apps", sourceRef: { kind: "GitRepository", name: "flux-system" } },
    },
  );
  const charts = {
    apiVersion: "source.toolkit.fluxcd.io/v1",
    kind: "HelmRepository",
    metadata: { name: "charts", namespace: "apps" },
    spec: { interval: "1h", url: "https://charts.example.com" },
  };
  const gateway = {
    apiVersion: HTTP_ROUTE,
    kind: "Gateway",
    metadata: { name: "other", namespace: "doors" },
    spec: { gatewayClassName: "traefik", listeners: [{ name: "http", port: 80, protocol: "HTTP" }] },
  };
  write("apps/objects.yaml", charts, gateway, ...objects);
  const { findings } = lintRepository(new Repository(root));
  return findings.map(({ rule }) => rule).filter((rule) => rule.startsWith("route-"));
}

describe("lint of HelmReleases that install on another cluster", () => {
  it("looks for their Gateways and rivals on no cluster of the repository", () => {
    assert.deepEqual(found(release("north", "north"), release("south", "south")), []);
  });

  it("does so for those of this cluster", () => {
    assert.deepEqual([...new Set(found(release("north"), release("south")))].sort(), [
      "route-attachment",
      "route-conflicts",
    ]);
  });
});
