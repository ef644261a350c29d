import { container, enabled, off, on, single, where, type ChartProbes } from "./chart-containers.ts";
import { grafana, kubePrometheusStack, loki } from "./monitoring-charts.ts";
import { at } from "../engine/read.ts";

const cilium: ChartProbes = {
  source: "github.com/cilium/charts: templates of cilium 1.18.4 and 1.20.0",
  containers: [
    container("cilium-agent", ["always", "always", "always"], enabled("agent")),
    container(
      "cilium-envoy",
      [on("envoy.livenessProbe.enabled"), "always", on("envoy.startupProbe.enabled")],
      where(["l7Proxy", true], ["envoy.enabled", true]),
    ),
    container("cilium-operator", ["always", "always", "none"], enabled("operator.enabled")),
    container(
      "hubble-relay",
      ["always", "always", "always"],
      where(["hubble.enabled", true], ["hubble.relay.enabled", false]),
    ),
    container(
      "frontend (hubble-ui)",
      ["always", "always", "none"],
      where(["hubble.enabled", true], ["hubble.ui.enabled", false]),
    ),
    container(
      "backend (hubble-ui)",
      ["none", "none", "none"],
      where(["hubble.enabled", true], ["hubble.ui.enabled", false]),
    ),
  ],
};

const externalDns: ChartProbes = {
  source: "github.com/kubernetes-sigs/external-dns: charts/external-dns/templates/deployment.yaml",
  containers: [
    container("external-dns", [on("livenessProbe"), on("readinessProbe"), "none"]),
    container(
      "webhook",
      [on("provider.webhook.livenessProbe"), on("provider.webhook.readinessProbe"), "none"],
      (values) => [at(values, ["provider", "name"]), values.provider].includes("webhook"),
    ),
  ],
};

/** Where common charts take their probes from, as their templates and values.yaml were in August 2026. */
export const CHARTS: Readonly<Record<string, ChartProbes>> = {
  authentik: {
    source: "github.com/goauthentik/helm: charts/authentik/templates/{server,worker}/deployment.yaml",
    containers: ["server", "worker"].map((name) =>
      container(name, [
        on(`${name}.livenessProbe`),
        on(`${name}.readinessProbe`),
        on(`${name}.startupProbe`),
      ]),
    ),
  },
  cilium,
  coredns: single(
    "github.com/coredns/helm: charts/coredns/templates/deployment.yaml",
    container("coredns", [on("livenessProbe.enabled"), on("readinessProbe.enabled"), "none"]),
  ),
  descheduler: single(
    "github.com/kubernetes-sigs/descheduler: charts/descheduler/templates/{deployment,cronjob}.yaml",
    container("descheduler", [on("livenessProbe"), "none", "none"], ({ kind }) => kind === "Deployment"),
  ),
  "external-dns": externalDns,
  grafana: {
    source:
      "github.com/grafana/helm-charts (10.1.4) and github.com/grafana-community/helm-charts (12.11.1): charts/grafana/templates/_pod.tpl",
    containers: grafana(),
  },
  "kube-prometheus-stack": kubePrometheusStack,
  "kubelet-csr-approver": single(
    "github.com/postfinance/kubelet-csr-approver: charts/kubelet-csr-approver/templates/deployment.yaml",
    container("kubelet-csr-approver", ["always", "none", "none"]),
  ),
  loki,
  "metrics-server": single(
    "github.com/kubernetes-sigs/metrics-server: charts/metrics-server/templates/deployment.yaml",
    container("metrics-server", [on("livenessProbe"), on("readinessProbe"), "none"]),
  ),
  "prometheus-blackbox-exporter": single(
    "github.com/prometheus-community/helm-charts: charts/prometheus-blackbox-exporter/templates/_helpers.tpl",
    container("blackbox-exporter", [on("livenessProbe"), on("readinessProbe"), "none"]),
  ),
  "prometheus-operator-crds": {
    source: "github.com/prometheus-community/helm-charts: charts/prometheus-operator-crds",
    containers: [],
  },
  "prometheus-smartctl-exporter": single(
    "github.com/prometheus-community/helm-charts: charts/prometheus-smartctl-exporter/templates",
    container("main", ["none", "none", "none"]),
  ),
  promtail: single(
    "github.com/grafana/helm-charts: charts/promtail/templates/_pod.tpl",
    container("promtail", [off("livenessProbe"), on("readinessProbe"), "none"]),
  ),
  reloader: single(
    "github.com/stakater/Reloader: deployments/kubernetes/chart/reloader/templates/deployment.yaml",
    container("reloader", ["always", "always", "none"]),
  ),
  spegel: single(
    "github.com/spegel-org/spegel: charts/spegel/templates/daemonset.yaml",
    container("registry", [off("livenessProbe.enabled"), "always", "always"]),
  ),
  traefik: single(
    "github.com/traefik/traefik-helm-chart: traefik/templates/_podtemplate.tpl",
    container("traefik", ["always", "always", off("startupProbe")]),
  ),
};
