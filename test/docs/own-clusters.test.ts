import assert from "node:assert/strict";
import { parse } from "yaml";
import { loadPins } from "../../config/pins.ts";
import type { Finding } from "../../kube/client.ts";
import type { KubeObject } from "../../kube/objects.ts";
import { planPlatform } from "../../platform/plan.ts";
import { clusterHolding } from "../support/cluster.ts";
import { fencesOf } from "./markdown.ts";
import { readTree } from "./tree.ts";
import { stackConfig } from "../support/stack-config.ts";

const object = (apiVersion: string, kind: string, id: string, more: object = {}): KubeObject => {
  const [name = "", namespace] = id.split("/").reverse();
  return { apiVersion, kind, metadata: { name, ...(namespace !== undefined && { namespace }) }, ...more };
};
const KUBE_PROMETHEUS = {
  ruleSelector: { matchLabels: { release: "kube-prometheus-stack" } },
  ruleNamespaceSelector: {},
  podMonitorSelector: { matchLabels: { release: "kube-prometheus-stack" } },
  podMonitorNamespaceSelector: {},
};
const FLUX_CRDS = ["ocirepositories.source", "kustomizations.kustomize"].map((name) =>
  object("apiextensions.k8s.io/v1", "CustomResourceDefinition", `${name}.toolkit.fluxcd.io`, {
    spec: { versions: [{ name: "v1", served: true }] },
  }),
);
/** What the page says that the cluster has. */
const NEIGHBOURS = {
  issuer: object("cert-manager.io/v1", "ClusterIssuer", "letsencrypt", {
    status: { conditions: [{ type: "Ready", status: "True" }] },
  }),
  pool: object("cilium.io/v2", "CiliumLoadBalancerIPPool", "pool", {
    spec: { blocks: [{ start: "192.168.1.40", stop: "192.168.1.49" }] },
  }),
  source: object("source.toolkit.fluxcd.io/v1", "OCIRepository", "flux-system/home-ops", {
    spec: { url: "oci://ghcr.io/example/home-ops", ref: { semver: "1.x" }, interval: "30m" },
  }),
  root: object("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "flux-system/cluster-apps", {
    spec: {
      ...{ path: "./clusters/home", prune: true, interval: "30m" },
      sourceRef: { kind: "OCIRepository", name: "home-ops" },
    },
  }),
  database: object("v1", "Secret", "observability/gatus-app", { data: { uri: "cG9zdGdyZXM6Ly8=" } }),
  pushover: object("v1", "Secret", "observability/pushover", {
    data: { token: btoa("t".repeat(30)), userKey: btoa("u".repeat(30)) },
  }),
  prometheus: object("monitoring.coreos.com/v1", "Prometheus", "monitoring/prometheus", {
    spec: KUBE_PROMETHEUS,
  }),
  alertmanager: object("monitoring.coreos.com/v1", "Alertmanager", "monitoring/alertmanager", {
    spec: {
      alertmanagerConfigSelector: {},
      alertmanagerConfigNamespaceSelector: {},
      alertmanagerConfigMatcherStrategy: { type: "None" },
    },
  }),
};

describe("docs/guides/own-clusters.md", () => {
  const [text = ""] = fencesOf(readTree("docs/guides/own-clusters.md"))
    .map((fence) => fence.text)
    .filter((fence) => fence.startsWith("config:"));
  const { config: values } = parse(text) as { config: Record<string, unknown> };

  /** The errors and warnings of a preview. */
  async function findings(neighbours: Partial<typeof NEIGHBOURS>): Promise<Finding[]> {
    const config = stackConfig(values);
    const cluster = clusterHolding(...FLUX_CRDS, ...Object.values(neighbours));
    // The cluster serves every other kind, without objects.
    const plan = await planPlatform({
      ...{ stack: "home", config, pins: loadPins(), recorded: () => Promise.resolve([]) },
      cluster: { ...cluster, serves: () => Promise.resolve(true) },
    });
    return plan.findings.filter(({ severity }) => severity !== "info");
  }

  it("shows a whole stack that a preview accepts on the cluster that it describes", async () => {
    assert.deepEqual(await findings(NEIGHBOURS), []);
  });

  for (const [neighbour, expected] of Object.entries({
    issuer: /ClusterIssuer letsencrypt, which does not exist/,
    pool: /is not selected by any CiliumLoadBalancerIPPool/,
    alertmanager: /No Alertmanager on the cluster reads the AlertmanagerConfig/,
    root: /root\.mode is observe, but Kustomization flux-system\/cluster-apps does not exist/,
    pushover: /Secret observability\/pushover, with the keys for Pushover, does not exist/,
    database: /Secret observability\/gatus-app, with the URL of Gatus's database, does not exist/,
  }))
    it(`promises a report of what is missing: ${neighbour}`, async () => {
      const found = await findings({ ...NEIGHBOURS, [neighbour]: object("v1", "ConfigMap", "a/unrelated") });
      assert.ok(found.length > 0);
      for (const { message } of found) assert.match(message, expected);
    });

  it("promises a report of a Prometheus that would not read the rules", async () => {
    const spec = { ...KUBE_PROMETHEUS, ruleSelector: { matchLabels: { release: "another" } } };
    const found = await findings({ ...NEIGHBOURS, prometheus: { ...NEIGHBOURS.prometheus, spec } });
    assert.match(found.map(({ message }) => message).join("\n"), /No Prometheus .* reads the PrometheusRule/);
  });
});
