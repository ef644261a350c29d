import type { KubeObject } from "../../../kube/objects.ts";

const appliedBy = (kind: "kustomize" | "helm", name: string) => ({
  [`${kind}.toolkit.fluxcd.io/name`]: name,
  [`${kind}.toolkit.fluxcd.io/namespace`]: kind === "helm" ? "network" : "flux-system",
});

const kustomization = (name: string, parent: string | undefined, spec: object): KubeObject => ({
  apiVersion: "kustomize.toolkit.fluxcd.io/v1",
  kind: "Kustomization",
  metadata: { name, namespace: "flux-system", ...(parent && { labels: appliedBy("kustomize", parent) }) },
  spec: { sourceRef: { kind: "GitRepository", name: "fleet" }, interval: "30m", prune: true, ...spec },
});

export const ROUTES_CRD: KubeObject = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: {
    name: "httproutes.gateway.networking.k8s.io",
    annotations: {
      "gateway.networking.k8s.io/bundle-version": "v1.3.0",
      "gateway.networking.k8s.io/channel": "standard",
    },
    managedFields: [{ manager: "kubectl" }],
  },
};

export const FLUX: readonly KubeObject[] = [
  {
    apiVersion: "source.toolkit.fluxcd.io/v1",
    kind: "GitRepository",
    metadata: { name: "fleet", namespace: "flux-system" },
    spec: { url: "ssh://git@example.com/fleet", ref: { branch: "main" }, interval: "1h", timeout: "60s" },
  },
  kustomization("cluster", undefined, { path: "./kubernetes/flux" }),
  kustomization("apps", "cluster", {
    path: "kubernetes/apps",
    decryption: { provider: "sops", secretRef: { name: "age" } },
    postBuild: { substituteFrom: [{ kind: "ConfigMap", name: "settings" }] },
  }),
  kustomization("player", "apps", { path: "./kubernetes/apps/player", wait: true }),
  kustomization("reader", "apps", { path: "./kubernetes/apps/reader" }),
];

const workload = (name: string, namespace: string, image: string, labels = {}): KubeObject => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name, namespace, labels },
  spec: {
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name, image }] } },
  },
});

export const TRAEFIK = workload(
  "traefik",
  "network",
  "docker.io/library/traefik:v3.6.12",
  appliedBy("helm", "traefik"),
);
/** https://github.com/k3s-io/k3s: manifests/traefik.yaml */
export const K3S_TRAEFIK = workload("traefik", "kube-system", "rancher/mirrored-library-traefik:3.6.10", {
  "app.kubernetes.io/managed-by": "Helm",
});
export const GATUS = workload("gatus", "observability", "ghcr.io/twin/gatus:v5.36.0");

export const GATEWAYS: readonly KubeObject[] = [
  ...["traefik", "cilium"].map((name) => ({
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "GatewayClass",
    metadata: { name },
    spec: {
      controllerName: name === "traefik" ? "traefik.io/gateway-controller" : "io.cilium/gateway-controller",
    },
  })),
  ...["traefik", "cilium"].map((className) => ({
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "Gateway",
    metadata: { name: className === "traefik" ? "external" : "mesh", namespace: "network" },
    spec: {
      gatewayClassName: className,
      listeners: [
        { name: "web", protocol: "HTTP", port: 8000 },
        {
          name: "websecure",
          protocol: "HTTPS",
          port: 443,
          hostname: "*.example.com",
          tls: { certificateRefs: [{ name: "example-com-tls" }] },
        },
      ],
    },
  })),
];

export const ISSUER: KubeObject = {
  apiVersion: "cert-manager.io/v1",
  kind: "ClusterIssuer",
  metadata: { name: "letsencrypt" },
  spec: {},
  status: { conditions: [{ type: "Ready", status: "True" }] },
};
