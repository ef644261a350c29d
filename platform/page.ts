import type { Finding } from "../kube/client.ts";
import { httpsListeners } from "../components/gateway/listeners.ts";
import { redirects } from "../components/gateway/gateway.ts";
import type { GatusPage } from "../components/gatus/page.ts";
import type { Config, GatewayConfig } from "../config/schema.ts";

/** Where Gatus's page is served; undefined if it has no hostname, or if this stack does not install Gatus. */
export function gatusPage(config: Pick<Config, "gateways" | "gatus">): GatusPage | undefined {
  const { hostname } = config.gatus;
  const gateway = gatewayOf(config);
  if (!config.gatus.install || hostname === undefined || gateway === undefined) return undefined;
  const { name, namespace, http, https } = gateway;
  const listener = listenerFor(gateway, hostname);
  const [scheme, port] = listener === undefined ? ["http", http.port] : ["https", https.port];
  const defaultPort = scheme === "http" ? 80 : 443;
  return {
    hostname,
    url: `${scheme}://${hostname}${port === defaultPort ? "" : `:${port}`}`,
    // A route attached to all listeners would be served over plain HTTP instead of being redirected.
    gateway: { name, namespace, sectionName: listener?.name ?? "web" },
  };
}

/**
 * Reports a page whose route no listener would accept. While a Gateway redirects to HTTPS, its plain listener accepts no routes from other namespaces.
 */
export function checkGatusPage(config: Pick<Config, "gateways" | "gatus">): Finding[] {
  const page = gatusPage(config);
  const gateway = gatewayOf(config);
  if (page === undefined || gateway === undefined || gateway.namespace === config.gatus.namespace) return [];
  const plain = page.gateway.sectionName === "web";
  const closed = gateway.allowedNamespaces === "Same" || (plain && redirects(gateway));
  if (!closed) return [];
  return [
    {
      severity: "error",
      message: `Gateway ${gateway.namespace}/${gateway.name} would not serve Gatus's page ${page.hostname}: its listener ${page.gateway.sectionName} accepts no routes from the namespace ${config.gatus.namespace}.`,
      hint: "Add the hostname, or a wildcard that covers it, to the Gateway's https.hostnames with a certificate, or extend the Gateway's allowedNamespaces.",
    },
  ];
}

function gatewayOf({ gateways, gatus }: Pick<Config, "gateways" | "gatus">): GatewayConfig | undefined {
  return gateways.find(({ name }) => name === (gatus.gateway ?? name));
}

/** The HTTPS listener for a hostname: the one with the most specific hostname (Gateway API, `Listener.hostname`). */
function listenerFor(gateway: GatewayConfig, hostname: string) {
  return httpsListeners(gateway)
    .filter((listener) => covers(listener.hostname, hostname))
    .sort((a, b) => b.hostname.length - a.hostname.length)[0];
}

function covers(pattern: string, hostname: string): boolean {
  return pattern.startsWith("*.") ? hostname.endsWith(pattern.slice(1)) : pattern === hostname;
}
