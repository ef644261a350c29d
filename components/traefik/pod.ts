import {
  GATEWAY_LABEL,
  INTERNAL_PORTS,
  type GatewayIdentity,
  type ListenerPorts,
} from "../../kube/gateway-contract.ts";

/** Arguments of {@link podSpec}. */
export interface TraefikPodArgs {
  /** Name of the ServiceAccount and the Service. */
  readonly name: string;
  /** Labels that select the pods, to spread them over nodes. */
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

/** When stopping, Traefik first accepts new requests for another 10 s, until load balancers have noticed, then gives open requests 10 s to finish. */
const ACCEPT_SECONDS = 10;
const DRAIN_SECONDS = 10;

/**
 * Traefik's command line (https://doc.traefik.io/traefik/v3.6/reference/install-configuration/configuration-options/). The API stays off, and the dashboard
 * with it.
 */
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

/**
 * The pod: no root, no capabilities, a read-only root file system. A sysctl of its network namespace still lets it bind ports 80 and 443.
 */
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
        // Otherwise, the old pods count during a rollout, and DoNotSchedule blocks the new ones.
        matchLabelKeys: ["pod-template-hash"],
      },
    ],
    containers: [container(args)],
    // Middlewares buffer request bodies in files here.
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
    // More patient than readiness: a busy Traefik is taken out of service first, and restarted only if it stays unresponsive.
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
