import { INTERNAL_PORTS } from "../../kube/gateway-contract.ts";
import { placementFields, type Placement } from "../shared/placement.ts";
import { strategicMerge } from "../shared/strategic-merge.ts";
import { ACCEPT_SECONDS, DRAIN_SECONDS, traefikArguments, type TraefikArgumentsArgs } from "./arguments.ts";
import { HTTP3_PORT, traefikName, traefikSelector } from "./names.ts";

/** Arguments of {@link podTemplate}. */
export interface TraefikPodArgs extends TraefikArgumentsArgs, Placement {
  /** Labels of the pods, in addition to those that select them. */
  readonly labels: Readonly<Record<string, string>>;
  /** Image with tag and digest. */
  readonly image: string;
  /** Whether replicas must run on different nodes. With `DoNotSchedule`, some stay pending if there are too few nodes. */
  readonly spread: "ScheduleAnyway" | "DoNotSchedule";
  /** Whether to also spread the pods over zones, if possible. */
  readonly zones?: boolean;
  readonly resources: TraefikResources;
}

/** Kubernetes quantities. */
export interface TraefikResources {
  readonly requests: { readonly cpu: string; readonly memory: string };
  readonly limits: { readonly cpu?: string | undefined; readonly memory: string };
}

/**
 * Time for a new Traefik to load its routes before it gets requests: until then it answers 404, but `/ping` already answers 200, and no other probe knows better.
 * Source: github.com/traefik/traefik/issues/10458
 */
const ROUTES_SECONDS = 5;

/** The pod template, with the configured patch applied. */
export function podTemplate(args: TraefikPodArgs): Record<string, unknown> {
  const labels = { ...traefikSelector(args.gateway), ...args.labels };
  return strategicMerge({ metadata: { labels }, spec: podSpec(args) }, args.podPatch ?? {});
}

/**
 * Traefik's pod spec: it does not run as root, and has no capabilities and a read-only root file system. A sysctl still lets it bind ports 80 and 443.
 */
function podSpec(args: TraefikPodArgs): Record<string, unknown> {
  return {
    serviceAccountName: traefikName(args.gateway),
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
      spreadOver("kubernetes.io/hostname", args.spread, args),
      ...(args.zones === true ? [spreadOver("topology.kubernetes.io/zone", "ScheduleAnyway", args)] : []),
    ],
    ...placementFields(args),
    containers: [container(args)],
    // Middlewares buffer request bodies in files here.
    volumes: [{ name: "tmp", emptyDir: {} }],
  };
}

function spreadOver(
  topologyKey: string,
  whenUnsatisfiable: TraefikPodArgs["spread"],
  { gateway }: TraefikPodArgs,
): Record<string, unknown> {
  return {
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable,
    labelSelector: { matchLabels: traefikSelector(gateway) },
    // Otherwise, the old pods would count during a rollout, and `DoNotSchedule` would block the new ones.
    matchLabelKeys: ["pod-template-hash"],
  };
}

function containerPorts({ ports, http3 = false, entryPoints = [] }: TraefikPodArgs) {
  return [
    { name: "web", containerPort: ports.http, protocol: "TCP" },
    { name: "websecure", containerPort: ports.https, protocol: "TCP" },
    ...(http3 ? [{ name: HTTP3_PORT, containerPort: ports.https, protocol: "UDP" }] : []),
    ...entryPoints.map(({ name, port, protocol }) => ({ name, containerPort: port, protocol })),
    { name: "ping", containerPort: INTERNAL_PORTS.ping, protocol: "TCP" },
    { name: "metrics", containerPort: INTERNAL_PORTS.metrics, protocol: "TCP" },
  ];
}

function container(args: TraefikPodArgs): Record<string, unknown> {
  const ping = { httpGet: { path: "/ping", port: "ping" } };
  const { cpu, memory } = args.resources.limits;
  return {
    name: "traefik",
    image: args.image,
    imagePullPolicy: "IfNotPresent",
    args: traefikArguments(args),
    ports: containerPorts(args),
    startupProbe: {
      ...ping,
      initialDelaySeconds: ROUTES_SECONDS,
      periodSeconds: 1,
      timeoutSeconds: 2,
      failureThreshold: 60,
    },
    readinessProbe: { ...ping, periodSeconds: 5, timeoutSeconds: 2, failureThreshold: 2 },
    // More patient than the readiness probe: a busy Traefik first stops receiving traffic, and is restarted only if it stays unresponsive.
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
