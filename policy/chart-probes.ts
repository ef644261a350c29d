import { PROBES } from "./probes.ts";
import type { Path } from "./path.ts";
import { at, type Fields } from "./read.ts";

/** How a chart lets a container have one of the three probes. */
type Support =
  /** The template has it, whatever the values are. */
  | "always"
  /** The template has no place for it. */
  | "none"
  /** There is a value for it, and it is there by default, or it is not. */
  | { readonly value: string; readonly byDefault: boolean };

/** One long-running container of a chart, and its probes. */
interface ChartContainer {
  readonly container: string;
  readonly liveness: Support;
  readonly readiness: Support;
  readonly startup: Support;
}

/** What is known of a chart. */
interface ChartProbes {
  /** Repository and files that were read. */
  readonly source: string;
  /** Empty for a chart that runs nothing. */
  readonly containers: readonly ChartContainer[];
}

const on = (value: string): Support => ({ value, byDefault: true });
const off = (value: string): Support => ({ value, byDefault: false });

/** Where common charts take their probes from, as their templates and values.yaml were in August 2026. */
const CHARTS: Readonly<Record<string, ChartProbes>> = {
  authentik: {
    source: "github.com/goauthentik/helm: charts/authentik/templates/{server,worker}/deployment.yaml",
    containers: ["server", "worker"].map((container) => ({
      container,
      liveness: on(`${container}.livenessProbe`),
      readiness: on(`${container}.readinessProbe`),
      startup: on(`${container}.startupProbe`),
    })),
  },
  coredns: {
    source: "github.com/coredns/helm: charts/coredns/templates/deployment.yaml",
    containers: [
      {
        container: "coredns",
        liveness: on("livenessProbe.enabled"),
        readiness: on("readinessProbe.enabled"),
        startup: "none",
      },
    ],
  },
  "external-dns": {
    source: "github.com/kubernetes-sigs/external-dns: charts/external-dns/templates/deployment.yaml",
    containers: [
      {
        container: "external-dns",
        liveness: on("livenessProbe"),
        readiness: on("readinessProbe"),
        startup: "none",
      },
    ],
  },
  "metrics-server": {
    source: "github.com/kubernetes-sigs/metrics-server: charts/metrics-server/templates/deployment.yaml",
    containers: [
      {
        container: "metrics-server",
        liveness: on("livenessProbe"),
        readiness: on("readinessProbe"),
        startup: "none",
      },
    ],
  },
  "prometheus-blackbox-exporter": {
    source:
      "github.com/prometheus-community/helm-charts: charts/prometheus-blackbox-exporter/templates/_helpers.tpl",
    containers: [
      {
        container: "blackbox-exporter",
        liveness: on("livenessProbe"),
        readiness: on("readinessProbe"),
        startup: "none",
      },
    ],
  },
  "prometheus-operator-crds": {
    source: "github.com/prometheus-community/helm-charts: charts/prometheus-operator-crds",
    containers: [],
  },
  "prometheus-smartctl-exporter": {
    source: "github.com/prometheus-community/helm-charts: charts/prometheus-smartctl-exporter/templates",
    containers: [{ container: "main", liveness: "none", readiness: "none", startup: "none" }],
  },
  promtail: {
    source: "github.com/grafana/helm-charts: charts/promtail/templates/_pod.tpl",
    containers: [
      {
        container: "promtail",
        liveness: off("livenessProbe"),
        readiness: on("readinessProbe"),
        startup: "none",
      },
    ],
  },
  reloader: {
    source: "github.com/stakater/Reloader: deployments/kubernetes/chart/reloader/templates/deployment.yaml",
    containers: [{ container: "reloader", liveness: "always", readiness: "always", startup: "none" }],
  },
  traefik: {
    source: "github.com/traefik/traefik-helm-chart: traefik/templates/_podtemplate.tpl",
    containers: [
      { container: "traefik", liveness: "always", readiness: "always", startup: off("startupProbe") },
    ],
  },
};

/** The charts of the table, each with what was read. */
export const KNOWN_CHARTS: readonly { readonly chart: string; readonly source: string }[] = Object.entries(
  CHARTS,
).map(([chart, { source }]) => ({ chart, source }));

/** A probe that a release of a known chart lacks. */
export interface MissingProbe {
  readonly container: string;
  readonly probe: (typeof PROBES)[number];
  /** The value that would bring it; undefined where the chart has none. */
  readonly value: Path | undefined;
}

/** The probes that these values leave the chart's containers without; undefined for a chart that is not in the table. */
export function missingProbes(chart: string, values: Fields): readonly MissingProbe[] | undefined {
  const known = CHARTS[chart];
  return known?.containers.flatMap((container) =>
    PROBES.flatMap((probe): MissingProbe[] => {
      const support = container[probe];
      if (support === "always") return [];
      if (support === "none") return [{ container: container.container, probe, value: undefined }];
      const value = support.value.split(".");
      return isOn(at(values, value), support.byDefault)
        ? []
        : [{ container: container.container, probe, value }];
    }),
  );
}

/** As a template's `with` or `if` takes it: an empty map, false and null turn a probe off. */
function isOn(value: unknown, byDefault: boolean): boolean {
  if (value === undefined) return byDefault;
  if (typeof value !== "object" || value === null) return value !== false && value !== null;
  // An empty map beside the chart's own map changes nothing, since Helm merges the two.
  return byDefault || Object.keys(value).length > 0;
}
