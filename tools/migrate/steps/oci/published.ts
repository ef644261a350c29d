/** Versions of a chart that its project has pushed to an OCI registry. */
interface Published {
  readonly versions: readonly string[];
  /** Where that is read: in this repository there is a tag for each of the versions, and its workflow pushes the chart. */
  readonly source: string;
}

/**
 * Charts that come from a HelmRepository with an index, by their OCI address. What the projects' release workflows push at the tag of a version is
 * here; the registries were not asked, so a workflow that failed would not be seen. A version that is not here is not assumed.
 */
export const PUBLISHED: Readonly<Record<string, Published>> = {
  "oci://ghcr.io/bjw-s-labs/helm/app-template": {
    versions: ["3.7.3", "4.0.0", "4.0.1", "4.1.0", "4.1.1"],
    source:
      "github.com/bjw-s-labs/helm-charts: tags app-template-3.7.3 and so on, .github/workflows/charts-release.yaml and chart-release-steps.yaml; versions before it went to another address",
  },
  "oci://ghcr.io/coredns/charts/coredns": {
    versions: ["1.45.0"],
    source: "github.com/coredns/helm: tag coredns-1.45.0, .github/workflows/release.yaml",
  },
  "oci://ghcr.io/goauthentik/helm-charts/authentik": {
    versions: ["2025.10.1"],
    source: "github.com/goauthentik/helm: tag authentik-2025.10.1, .github/workflows/release.yaml",
  },
  "oci://ghcr.io/grafana/helm-charts/grafana": {
    versions: ["10.1.4"],
    source: "github.com/grafana/helm-charts: tag grafana-10.1.4, .github/workflows/release.yaml",
  },
  "oci://ghcr.io/grafana/helm-charts/loki": {
    versions: ["6.46.0"],
    source:
      "github.com/grafana/loki: tag helm-loki-6.46.0, .github/workflows/helm-release.yaml, which calls update-helm-repo.yaml of github.com/grafana/helm-charts",
  },
  "oci://ghcr.io/grafana/helm-charts/promtail": {
    versions: ["6.17.1"],
    source: "github.com/grafana/helm-charts: tag promtail-6.17.1, .github/workflows/release.yaml",
  },
  "oci://ghcr.io/postfinance/charts/kubelet-csr-approver": {
    versions: ["1.2.12"],
    source: "github.com/postfinance/kubelet-csr-approver: tag v1.2.12, .github/workflows/publish.yaml",
  },
  "oci://ghcr.io/prometheus-community/charts/kube-prometheus-stack": {
    versions: ["79.5.0"],
    source:
      "github.com/prometheus-community/helm-charts: tag kube-prometheus-stack-79.5.0, .github/workflows/release.yaml",
  },
  "oci://ghcr.io/prometheus-community/charts/prometheus-blackbox-exporter": {
    versions: ["11.4.2"],
    source:
      "github.com/prometheus-community/helm-charts: tag prometheus-blackbox-exporter-11.4.2, .github/workflows/release.yaml",
  },
  "oci://ghcr.io/prometheus-community/charts/prometheus-operator-crds": {
    versions: ["24.0.2"],
    source:
      "github.com/prometheus-community/helm-charts: tag prometheus-operator-crds-24.0.2, .github/workflows/release.yaml",
  },
  "oci://ghcr.io/prometheus-community/charts/prometheus-smartctl-exporter": {
    versions: ["0.16.0"],
    source:
      "github.com/prometheus-community/helm-charts: tag prometheus-smartctl-exporter-0.16.0, .github/workflows/release.yaml",
  },
  "oci://ghcr.io/traefik/helm/traefik": {
    versions: ["37.3.0"],
    source: "github.com/traefik/traefik-helm-chart: tag v37.3.0, .github/workflows/release.yml",
  },
};

/** Whether a chart's version is known to be published, by the table or by the repository's own. */
export function isPublished(
  address: string,
  version: string,
  own: Readonly<Record<string, readonly string[]>>,
): boolean {
  const known = [...(PUBLISHED[address]?.versions ?? []), ...(own[address] ?? [])];
  return known.includes(version);
}
