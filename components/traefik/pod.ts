import {
  GATEWAY_LABEL,
  INTERNAL_PORTS,
  type GatewayIdentity,
  type ListenerPorts,
} from "../../kube/gateway-contract.ts";

/** What Traefik's pod is made of. */
export interface TraefikPodArgs {
  /** Name of the ServiceAccount and of the Service. */
  readonly name: string;
  /** The pod's own labels, for the spread. */
  readonly selector: Readonly<Record<string, string>>;
  readonly gateway: GatewayIdentity;
  readonly ports: ListenerPorts;
  /** Image with tag and digest. */
  readonly image: string;
  readonly spread: "ScheduleAnyway" | "DoNotSchedule";
  readonly resources: TraefikResources;
  readonly logLevel: string;
}

/** Kubernetes quantities. */
export interface TraefikResources {
  readonly requests: { readonly cpu: string; readonly memory: string };
  readonly limits: { readonly cpu?: string | undefined; readonly memory: string };
}

/** Seconds for which a stopping Traefik still takes new requests, while the load balancer learns of it, and then for the open ones to end. */
const ACCEPT_SECONDS = 10;
const DRAIN_SECONDS = 10;

/** Traefik's command line (https://doc.traefik.io/traefik/v3.6/reference/install-configuration/configuration-options/). There is no API and so no dashboard. */
export function traefikArguments(args: TraefikPodArgs): string[] {
  const { gateway, ports, logLevel } = args;
  return [
    "--global.checknewversion=false",
    "--global.sendanonymoususage=false",
    `--log.level=${logLevel}`,
    "--log.format=json",
    ...entryPoint("web", ports.http),
    ...entryPoint("websecure", ports.https),
    `--entrypoints.ping.address=:${INTERNAL_PORTS.ping}`,
    `--entrypoints.metrics.address=:${INTERNAL_PORTS.metrics}`,
    "--ping=true",
    "--ping.entrypoint=ping",
    "--metrics.prometheus=true",
    "--metrics.prometheus.entrypoint=metrics",
    "--providers.kubernetesgateway=true",
    "--providers.kubernetesgateway.experimentalchannel=false",
    `--providers.kubernetesgateway.labelselector=${GATEWAY_LABEL}=${gateway.name}`,
    `--providers.kubernetesgateway.statusaddress.service.name=${args.name}`,
    `--providers.kubernetesgateway.statusaddress.service.namespace=${gateway.namespace}`,
  ];
}

function entryPoint(name: string, port: number): string[] {
  const lifecycle = `--entrypoints.${name}.transport.lifecycle`;
  return [
    `--entrypoints.${name}.address=:${port}`,
    `${lifecycle}.requestacceptgracetimeout=${ACCEPT_SECONDS}s`,
    `${lifecycle}.gracetimeout=${DRAIN_SECONDS}s`,
  ];
}

/** The pod: no root, no capability, no writable image. A sysctl of its own network namespace lets it bind ports 80 and 443 all the same. */
export function podSpec(args: TraefikPodArgs): Record<string, unknown> {
  return {
    serviceAccountName: args.name,
    automountServiceAccountToken: true,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: ACCEPT_SECONDS + DRAIN_SECONDS + 10,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 65532,
      runAsGroup: 65532,
      seccompProfile: { type: "RuntimeDefault" },
      sysctls: [{ name: "net.ipv4.ip_unprivileged_port_start", value: "0" }],
    },
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: "kubernetes.io/hostname",
        whenUnsatisfiable: args.spread,
        labelSelector: { matchLabels: args.selector },
        // Else the old pods of a rollout count, and DoNotSchedule blocks the new ones.
        matchLabelKeys: ["pod-template-hash"],
      },
    ],
    containers: [container(args)],
    // Request bodies that a middleware buffers go to files here.
    volumes: [{ name: "tmp", emptyDir: {} }],
  };
}

function container(args: TraefikPodArgs): Record<string, unknown> {
  const ping = { httpGet: { path: "/ping", port: "ping" } };
  const { cpu, memory } = args.resources.limits;
  return {
    name: "traefik",
    image: args.image,
    imagePullPolicy: "IfNotPresent",
    args: traefikArguments(args),
    ports: [
      { name: "web", containerPort: args.ports.http, protocol: "TCP" },
      { name: "websecure", containerPort: args.ports.https, protocol: "TCP" },
      { name: "ping", containerPort: INTERNAL_PORTS.ping, protocol: "TCP" },
      { name: "metrics", containerPort: INTERNAL_PORTS.metrics, protocol: "TCP" },
    ],
    startupProbe: { ...ping, periodSeconds: 1, timeoutSeconds: 2, failureThreshold: 60 },
    readinessProbe: { ...ping, periodSeconds: 5, timeoutSeconds: 2, failureThreshold: 2 },
    // Slower to judge than readiness: a busy Traefik is first taken out of service, and restarted only if it stays silent.
    livenessProbe: { ...ping, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
    resources: {
      requests: { ...args.resources.requests },
      limits: { ...(cpu === undefined ? {} : { cpu }), memory },
    },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    },
    volumeMounts: [{ name: "tmp", mountPath: "/tmp" }],
  };
}
