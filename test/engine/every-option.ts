// The configuration of a stack with every option, for tests with a real engine and a real API server.

const SETTINGS = "./kubernetes/full/flux/vars";

const PLACEMENT = {
  tolerations: [{ key: "edge", operator: "Exists", effect: "NoExecute", tolerationSeconds: 60 }],
  affinity: {
    nodeAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [
        { weight: 1, preference: { matchExpressions: [{ key: "fast", operator: "Exists" }] } },
      ],
    },
  },
  priorityClassName: "system-cluster-critical",
  podPatch: { spec: { hostAliases: [{ ip: "192.0.2.9", hostnames: ["proxy.example.com"] }] } },
};
/** A Gateway with the keys that the others do not have, for the real API server: what it drops or changes is a diff. */
const EVERY_KEY = {
  name: "public",
  namespace: "network",
  className: "traefik-public",
  annotations: { "external-dns.alpha.kubernetes.io/target": "public.example.com" },
  labels: { tier: "public" },
  allowedNamespaces: { matchLabels: { public: "true" } },
  http: { port: 8000 },
  https: {
    port: 8443,
    hostnames: [{ hostname: "*.example.net", certificate: { issuer: "letsencrypt", kind: "Issuer" } }],
  },
  extraListeners: [{ name: "mqtt", port: 8883, protocol: "TLS", hostname: "mqtt.example.net" }],
  traefik: {
    ...PLACEMENT,
    spread: "DoNotSchedule",
    zones: true,
    podDisruptionBudget: { maxUnavailable: 2 },
    autoscaling: { minReplicas: 2, maxReplicas: 4, cpuUtilization: 70 },
    service: {
      annotations: { "example.com/pool": "public" },
      labels: { pool: "public" },
      loadBalancerSourceRanges: ["192.0.2.0/24"],
      externalTrafficPolicy: "Local",
      ipFamilyPolicy: "PreferDualStack",
      ipFamilies: ["IPv4"],
      allocateLoadBalancerNodePorts: false,
    },
    resources: { requests: { cpu: "0.1", memory: "65536Ki" }, limits: { cpu: "2", memory: "0.5Gi" } },
    logLevel: "WARN",
    logFormat: "common",
    accessLog: { format: "common", statusCodes: ["400-599"] },
    timeouts: { read: "0s", write: "10m", idle: "5m" },
    trustedProxies: ["192.0.2.0/24"],
    proxyProtocol: { trustedProxies: ["192.0.2.1/32"] },
    http3: true,
    entryPoints: [
      { name: "mqtt", port: 8883 },
      { name: "dns", port: 5353, protocol: "UDP" },
    ],
    arguments: ["--entryPoints.websecure.http.maxHeaderBytes=65536"],
  },
};
export const GATEWAYS = [
  {
    name: "external",
    namespace: "network",
    className: "traefik",
    http: { redirectToHttps: true },
    https: {
      hostnames: [
        { hostname: "*.example.com", certificate: { secret: "wildcard", namespace: "certificates" } },
        { hostname: "app.example.org" },
      ],
    },
    gatus: { endpoint: { group: "external" } },
  },
  // In Gatus's namespace, where names could clash.
  {
    name: "internal",
    namespace: "observability",
    className: "traefik-internal",
    traefik: { replicas: 2, service: { type: "ClusterIP" } },
  },
  EVERY_KEY,
];
export const REPOSITORY = {
  kind: "GitRepository",
  name: "repo",
  url: "https://example.com/repo",
  ref: { branch: "main" },
};
export const FLUX = {
  source: REPOSITORY,
  root: {
    mode: "manage",
    path: "./kubernetes/full/apps",
    settingsPath: SETTINGS,
    substituteFrom: [{ kind: "ConfigMap", name: "cluster-settings" }],
    helmReleases: {},
  },
  apps: { placement: "namespace", rbac: "strict", tenantNamespaces: ["media"], settingsPath: SETTINGS },
  sources: [
    {
      name: "app-template",
      url: "oci://registry.example.com/app-template",
      ref: { tag: "4.4.0" },
      verify: { provider: "cosign", matchOIDCIdentity: [{ issuer: "^https://a$", subject: "^https://b$" }] },
    },
  ],
};
export const GATUS = {
  install: true,
  hostname: "status.example.com",
  storage: { type: "sqlite" },
  labelledConfigMaps: true,
  pushover: true,
  discover: { services: true },
  endpoints: [{ name: "router", url: "icmp://192.0.2.1", conditions: ["[CONNECTED] == true"] }],
  login: { basic: { username: "ann", secret: "login", key: "hash" } },
  resources: { requests: { cpu: "0.02", memory: "64Mi" }, limits: { cpu: "1", memory: "0.5Gi" } },
  ...PLACEMENT,
};
