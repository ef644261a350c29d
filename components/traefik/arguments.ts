import {
  GATEWAY_LABEL,
  INTERNAL_PORTS,
  type GatewayIdentity,
  type ListenerPorts,
} from "../../kube/gateway-contract.ts";
import { traefikName } from "./names.ts";

/** How Traefik handles connections, and what it logs. */
export interface TraefikOptions {
  readonly logLevel: string;
  readonly logFormat?: "json" | "common";
  /** If undefined, Traefik writes no access log. */
  readonly accessLog?:
    { readonly format: "json" | "common"; readonly statusCodes: readonly string[] } | undefined;
  /** Durations in Go's format; undefined for Traefik's defaults. */
  readonly timeouts?: {
    readonly read?: string | undefined;
    readonly write?: string | undefined;
    readonly idle?: string | undefined;
  };
  /** CIDRs of proxies whose `X-Forwarded-*` headers Traefik trusts. */
  readonly trustedProxies?: readonly string[];
  readonly proxyProtocol?: { readonly trustedProxies: readonly string[] } | undefined;
  readonly http3?: boolean;
  /** Entry points in addition to `web` and `websecure`. */
  readonly entryPoints?: readonly ExtraEntryPoint[];
  /** Whether Traefik serves TCPRoutes. */
  readonly experimentalChannel?: boolean;
  /** Whether routes may use Middlewares. */
  readonly middlewares?: boolean;
  /** Further arguments, which come after all others. */
  readonly arguments?: readonly string[];
}

/** An entry point for a TCP or TLS listener. */
export interface ExtraEntryPoint {
  readonly name: string;
  readonly port: number;
  readonly protocol: "TCP" | "UDP";
}

/** Arguments of {@link traefikArguments}. */
export interface TraefikArgumentsArgs extends TraefikOptions {
  readonly gateway: GatewayIdentity;
  readonly ports: ListenerPorts;
}

/** When stopping, Traefik first accepts new requests for another 10 s, until load balancers have noticed, and then gives open requests 10 s to finish. */
export const ACCEPT_SECONDS = 10;
export const DRAIN_SECONDS = 10;

/** No IngressRoute has this class, so of the CRD provider's kinds, only those that a route's filter can name take effect. */
const NO_INGRESS_CLASS = "edgefirst-middlewares-only";

/**
 * Traefik's command line (https://doc.traefik.io/traefik/v3.7/reference/install-configuration/configuration-options/). The API stays off, and so does the
 * dashboard.
 */
export function traefikArguments(args: TraefikArgumentsArgs): string[] {
  return [...ownArguments(args), ...(args.arguments ?? [])];
}

/** Names of further arguments that the stack sets itself. Traefik would use only one of the two values. Flags are case-insensitive. */
export function repeatedArguments(args: TraefikArgumentsArgs): string[] {
  const nameOf = (argument: string): string => argument.split("=", 1)[0]?.toLowerCase() ?? "";
  const own = new Set(ownArguments(args).map(nameOf));
  return (args.arguments ?? []).map(nameOf).filter((name) => own.has(name));
}

function ownArguments(args: TraefikArgumentsArgs): string[] {
  const { ports, logLevel, logFormat = "json", http3 = false, entryPoints = [] } = args;
  return [
    "--global.checknewversion=false",
    "--global.sendanonymoususage=false",
    `--log.level=${logLevel}`,
    `--log.format=${logFormat}`,
    ...accessLog(args),
    ...entryPoint("web", ports.http, args),
    ...entryPoint("websecure", ports.https, args),
    ...(http3 ? ["--entrypoints.websecure.http3=true"] : []),
    ...entryPoints.map(
      ({ name, port, protocol }) => `--entrypoints.${name}.address=:${port}/${protocol.toLowerCase()}`,
    ),
    `--entrypoints.ping.address=:${INTERNAL_PORTS.ping}`,
    `--entrypoints.metrics.address=:${INTERNAL_PORTS.metrics}`,
    "--ping=true",
    "--ping.entrypoint=ping",
    "--metrics.prometheus=true",
    "--metrics.prometheus.entrypoint=metrics",
    ...gatewayProvider(args),
    ...(args.middlewares === true ? MIDDLEWARES : []),
  ];
}

function gatewayProvider({ gateway, experimentalChannel = false }: TraefikArgumentsArgs): string[] {
  return [
    "--providers.kubernetesgateway=true",
    `--providers.kubernetesgateway.experimentalchannel=${experimentalChannel}`,
    `--providers.kubernetesgateway.labelselector=${GATEWAY_LABEL}=${gateway.name}`,
    `--providers.kubernetesgateway.statusaddress.service.name=${traefikName(gateway)}`,
    `--providers.kubernetesgateway.statusaddress.service.namespace=${gateway.namespace}`,
  ];
}

const MIDDLEWARES = [
  "--providers.kubernetescrd=true",
  "--providers.kubernetescrd.allowcrossnamespace=false",
  // Otherwise, Traefik would also need permission to read nodes.
  "--providers.kubernetescrd.disableclusterscoperesources=true",
  `--providers.kubernetescrd.ingressclass=${NO_INGRESS_CLASS}`,
];

function accessLog({ accessLog: log }: TraefikOptions): string[] {
  if (log === undefined) return [];
  const { format, statusCodes } = log;
  return [
    "--accesslog=true",
    `--accesslog.format=${format}`,
    ...(statusCodes.length === 0 ? [] : [`--accesslog.filters.statuscodes=${statusCodes.join(",")}`]),
  ];
}

function entryPoint(name: string, port: number, options: TraefikOptions): string[] {
  const { timeouts = {}, trustedProxies = [], proxyProtocol } = options;
  const entry = `--entrypoints.${name}`;
  const lifecycle = `${entry}.transport.lifecycle`;
  const limits = (["read", "write", "idle"] as const).flatMap((which) => {
    const limit = timeouts[which];
    return limit === undefined ? [] : [`${entry}.transport.respondingtimeouts.${which}timeout=${limit}`];
  });
  return [
    `${entry}.address=:${port}`,
    `${lifecycle}.requestacceptgracetimeout=${ACCEPT_SECONDS}s`,
    `${lifecycle}.gracetimeout=${DRAIN_SECONDS}s`,
    ...limits,
    ...(trustedProxies.length === 0
      ? []
      : [`${entry}.forwardedheaders.trustedips=${trustedProxies.join(",")}`]),
    ...(proxyProtocol === undefined
      ? []
      : [`${entry}.proxyprotocol.trustedips=${proxyProtocol.trustedProxies.join(",")}`]),
  ];
}
