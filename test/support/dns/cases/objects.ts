/** The prefix of annotations that external-dns reads by default: before 0.22, and from then on. */
export const ALPHA = "external-dns.alpha.kubernetes.io";
export const GA = "external-dns.kubernetes.io";
export const TARGET = `${ALPHA}/target`;
export const alpha = (name: string, value: string): object => ({ [`${ALPHA}/${name}`]: value });
export const IN = alpha("target", "in.example.com");
export const OTHER = alpha("hostname", "other.example.com");
export const NEW = { version: "1.22.0" };
export const BOTH = { sources: ["ingress", "gateway-httproute"] };
export const INGRESSES = { sources: ["ingress"] };

/** A release of external-dns with the policy `sync`; version 1.21.1 of its chart installs 0.21.0. */
export const release = (values: object, more: { name?: string; version?: string } = {}): object => ({
  apiVersion: "helm.toolkit.fluxcd.io/v2",
  kind: "HelmRelease",
  metadata: { name: more.name ?? "names", namespace: "network" },
  spec: {
    chart: {
      spec: {
        chart: "external-dns",
        version: more.version ?? "1.21.1",
        sourceRef: { kind: "HelmRepository", name: "a" },
      },
    },
    values: { policy: "sync", ...values },
  },
});

/** A release that reads Ingresses and routes, with further arguments. */
export const both = (...extraArgs: readonly string[]): object => release({ ...BOTH, extraArgs });

/** A release that reads only Ingresses, with further arguments. */
export const ingresses = (...extraArgs: readonly string[]): object => release({ ...INGRESSES, extraArgs });

/** An external-dns without its chart. */
export const deployment = (args: readonly string[], more: { tag?: string; env?: object } = {}): object => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "names", namespace: "network" },
  spec: {
    selector: { matchLabels: { app: "names" } },
    template: {
      metadata: { labels: { app: "names" } },
      spec: {
        containers: [
          {
            name: "dns",
            image: `registry.k8s.io/external-dns/external-dns:${more.tag ?? "v0.21.0"}`,
            args: [...args, "--provider=cloudflare"],
            ...(more.env && {
              env: Object.entries(more.env).map(([name, value]) => ({ name, value: String(value) })),
            }),
          },
        ],
      },
    },
  },
});

/** A listener that admits the routes of all namespaces. */
export const listener = (name: string, protocol: "HTTP" | "HTTPS", more: object = {}): object => ({
  name,
  protocol,
  port: protocol === "HTTP" ? 80 : 443,
  allowedRoutes: { namespaces: { from: "All" } },
  ...(protocol === "HTTPS" && { tls: { certificateRefs: [{ name: "web-tls" }] } }),
  ...more,
});

/** Gateway `doors/front`. */
export const gateway = (
  { annotations = {}, labels = {} }: { annotations?: object; labels?: object } = {},
  listeners: readonly object[] = [listener("http", "HTTP"), listener("https", "HTTPS")],
): object => ({
  apiVersion: "gateway.networking.k8s.io/v1",
  kind: "Gateway",
  metadata: { name: "front", namespace: "doors", annotations, labels },
  spec: { gatewayClassName: "doors", listeners },
});

interface IngressFields {
  readonly name?: string;
  readonly annotations?: object;
  readonly labels?: object;
  readonly hosts?: readonly string[];
  readonly tls?: readonly string[];
  /** Empty for none. */
  readonly ingressClassName?: string;
}

/** Ingress `apps/web` of class nginx for `web.example.com`. */
export const ingress = (given: IngressFields = {}): object => {
  const { name = "web", annotations = {}, labels = {}, hosts = ["web.example.com"], tls } = given;
  const { ingressClassName = "nginx" } = given;
  const paths = [{ path: "/", pathType: "Prefix", backend: { service: { name, port: { number: 80 } } } }];
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name, namespace: "apps", annotations, labels },
    spec: {
      ...(ingressClassName && { ingressClassName }),
      rules: hosts.map((host) => ({ host, http: { paths } })),
      ...(tls && { tls: [{ hosts: tls, secretName: "web-tls" }] }),
    },
  };
};

/** IngressRoute `apps/web` of class traefik. */
export const ingressRoute = (
  annotations: object = {},
  match = "Host(`web.example.com`)",
  more: { labels?: object } = {},
): object => ({
  apiVersion: "traefik.io/v1alpha1",
  kind: "IngressRoute",
  metadata: {
    name: "web",
    namespace: "apps",
    annotations: { "kubernetes.io/ingress.class": "traefik", ...annotations },
    ...more,
  },
  spec: {
    entryPoints: ["web"],
    routes: [{ kind: "Rule", match, services: [{ name: "web", port: 80 }] }],
  },
});
