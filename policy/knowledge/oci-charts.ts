/**
 * Chart repositories whose charts are published as OCI artifacts too, by the address of the HelmRepository: the prefix below which each chart
 * has its own address. As the projects' own documentation or release workflows name it.
 */
export const OCI_CHARTS: Readonly<Record<string, string>> = {
  "https://bjw-s-labs.github.io/helm-charts": "oci://ghcr.io/bjw-s-labs/helm",
  "https://bjw-s.github.io/helm-charts": "oci://ghcr.io/bjw-s-labs/helm",
  "https://charts.external-secrets.io": "oci://ghcr.io/external-secrets/charts",
  "https://charts.goauthentik.io": "oci://ghcr.io/goauthentik/helm-charts",
  "https://charts.jetstack.io": "oci://quay.io/jetstack/charts",
  "https://cloudnative-pg.github.io/charts": "oci://ghcr.io/cloudnative-pg/charts",
  "https://coredns.github.io/helm": "oci://ghcr.io/coredns/charts",
  "https://grafana.github.io/helm-charts": "oci://ghcr.io/grafana/helm-charts",
  "https://helm.traefik.io/traefik": "oci://ghcr.io/traefik/helm",
  "https://postfinance.github.io/kubelet-csr-approver": "oci://ghcr.io/postfinance/charts",
  "https://prometheus-community.github.io/helm-charts": "oci://ghcr.io/prometheus-community/charts",
  "https://stakater.github.io/stakater-charts": "oci://ghcr.io/stakater/charts",
  "https://traefik.github.io/charts": "oci://ghcr.io/traefik/helm",
};

/** The address of a chart as an OCI artifact, where it is known. */
export function ociAddress(repository: string, chart: string): string | undefined {
  const address = repository.replace(/\/+$/, "");
  const prefix = address.startsWith("oci://") ? address : OCI_CHARTS[address];
  return prefix === undefined ? undefined : `${prefix}/${chart}`;
}
