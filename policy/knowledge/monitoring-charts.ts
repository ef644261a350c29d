import {
  container,
  enabled,
  off,
  on,
  where,
  type ChartContainer,
  type ChartProbes,
} from "./chart-containers.ts";
import { at, type Fields } from "../engine/read.ts";

/** The containers of the chart grafana, as a chart of its own or below a key of another's values. */
export function grafana(below = "", sidecars = false): readonly ChartContainer[] {
  const own = below === "" ? [] : ([[`${below}enabled`, true]] as const);
  return [
    container(
      "grafana",
      [on(`${below}livenessProbe`), on(`${below}readinessProbe`), off(`${below}startupProbe`)],
      where(...own),
    ),
    ...["alerts", "dashboards", "datasources", "notifiers", "plugins"].map((kind) => {
      const sidecar = `${below}sidecar.${kind}`;
      const first = `${sidecar}.init${kind[0]?.toUpperCase() ?? ""}${kind.slice(1)}`;
      const byDefault = sidecars && ["dashboards", "datasources"].includes(kind);
      return container(
        // The other containers are named in the singular: grafana-sc-dashboard.
        `grafana-sc-${kind === "dashboards" ? "dashboard" : kind}`,
        [off(`${below}sidecar.livenessProbe`), off(`${below}sidecar.readinessProbe`), "none"],
        (values) =>
          where(...own, [`${sidecar}.enabled`, byDefault])(values) && !where([first, false])(values),
      );
    }),
  ];
}

/** `deploymentMode` names one or two modes; the default is SimpleScalable. */
const lokiMode =
  (mode: string) =>
  ({ deploymentMode = "SimpleScalable" }: Fields): boolean =>
    String(deploymentMode).split("<->").includes(mode);

const lokiCaches = (values: Fields): boolean =>
  enabled("memcached.enabled")(values) &&
  ["chunksCache.enabled", "resultsCache.enabled"].some((cache) => enabled(cache)(values));

/** The chart loki. */
export const loki: ChartProbes = {
  source: "github.com/grafana/loki: production/helm/loki/templates, of the charts 6.46.0 and 7.3.0",
  containers: [
    container("loki", [off("loki.livenessProbe"), on("loki.readinessProbe"), off("loki.startupProbe")]),
    container(
      "loki (read)",
      [off("read.livenessProbe"), on("loki.readinessProbe"), off("read.startupProbe")],
      lokiMode("SimpleScalable"),
    ),
    container(
      "loki-sc-rules",
      [off("sidecar.livenessProbe"), off("sidecar.readinessProbe"), off("sidecar.startupProbe")],
      (values) =>
        enabled("sidecar.rules.enabled")(values) &&
        (lokiMode("SingleBinary")(values) || lokiMode("SimpleScalable")(values)),
    ),
    container(
      "nginx",
      [off("gateway.livenessProbe"), on("gateway.readinessProbe"), off("gateway.startupProbe")],
      (values) => enabled("gateway.enabled")(values) && at(values, ["gateway", "replicas"]) !== 0,
    ),
    container(
      "loki-canary",
      [off("lokiCanary.livenessProbe"), on("lokiCanary.readinessProbe"), off("lokiCanary.startupProbe")],
      enabled("lokiCanary.enabled"),
    ),
    container(
      "memcached",
      [on("memcached.livenessProbe"), on("memcached.readinessProbe"), off("memcached.startupProbe")],
      lokiCaches,
    ),
    container(
      "exporter",
      [
        on("memcachedExporter.livenessProbe"),
        on("memcachedExporter.readinessProbe"),
        off("memcachedExporter.startupProbe"),
      ],
      (values) => lokiCaches(values) && enabled("memcachedExporter.enabled")(values),
    ),
  ],
};

const reloaderProbe = off("prometheusOperator.prometheusConfigReloader.enableProbe");

/** The chart kube-prometheus-stack with its dependencies, and the pods that its operator makes. */
export const kubePrometheusStack: ChartProbes = {
  source:
    "github.com/prometheus-community/helm-charts: charts/kube-prometheus-stack and its dependencies, of 79.5.0 and 88.5.3; pods of the operator: github.com/prometheus-operator/prometheus-operator: pkg/{prometheus/server,alertmanager}",
  containers: [
    container(
      "kube-prometheus-stack",
      [
        on("prometheusOperator.livenessProbe.enabled"),
        on("prometheusOperator.readinessProbe.enabled"),
        "none",
      ],
      enabled("prometheusOperator.enabled"),
    ),
    container("alertmanager", ["always", "always", "none"], enabled("alertmanager.enabled")),
    container(
      "config-reloader",
      [reloaderProbe, reloaderProbe, reloaderProbe],
      (values) => enabled("prometheus.enabled")(values) || enabled("alertmanager.enabled")(values),
    ),
    container(
      "kube-state-metrics",
      ["always", "always", off("kube-state-metrics.startupProbe.enabled")],
      enabled("kubeStateMetrics.enabled"),
    ),
    container("node-exporter", ["always", "always", "none"], enabled("nodeExporter.enabled")),
    ...grafana("grafana.", true),
  ],
};
