import type { Finding } from "../kube/client.ts";
import { httpsListeners } from "../components/gateway/listeners.ts";
import { redirects } from "../components/gateway/gateway.ts";
import type { GatusPage } from "../components/gatus/page.ts";
import type { Config, GatewayConfig } from "../config/schema.ts";

/** Where Gatus' page is served; undefined where it has no hostname, or Gatus is not this stack's. */
export function gatusPage(config: Pick<Config, "gateways" | "gatus">): GatusPage | undefined {
  const { hostname } = config.gatus;
  const gateway = gatewayOf(config);
  if (!config.gatus.install || hostname === undefined || gateway === undefined) return undefined;
  const { name, namespace, http, https } = gateway;
  const listener = listenerFor(gateway, hostname);
  const [scheme, port] = listener === undefined ? ["http", http.port] : ["https", https.port];
  const usual = scheme === "http" ? 80 : 443;
  return {
    hostname,
    url: `${scheme}://${hostname}${port === usual ? "" : `:${port}`}`,
    // Attached to all listeners, it would be served in plain text before the redirect gets to see the request.
    gateway: { name, namespace, sectionName: listener?.name ?? "web" },
  };
}

/** Whether the Gateway has a door for the page: while it redirects, its listener for plain requests takes no route of another namespace. */
export function checkGatusPage(config: Pick<Config, "gateways" | "gatus">): Finding[] {
  const page = gatusPage(config);
  const gateway = gatewayOf(config);
  if (page === undefined || gateway === undefined || gateway.namespace === config.gatus.namespace) return [];
  const plain = page.gateway.sectionName === "web";
  const closed = gateway.allowedNamespaces === "Same" || (plain && redirects({ ...gateway, labels: {} }));
  if (!closed) return [];
  return [
    {
      severity: "error",
      message: `Gateway ${gateway.namespace}/${gateway.name} would not serve Gatus' page ${page.hostname}: its listener ${page.gateway.sectionName} takes no route of the namespace ${config.gatus.namespace}.`,
      hint: "Give the hostname, or a wildcard over it, a certificate in the Gateway's https.hostnames, or open its allowedNamespaces.",
    },
  ];
}

function gatewayOf({ gateways, gatus }: Pick<Config, "gateways" | "gatus">): GatewayConfig | undefined {
  return gateways.find(({ name }) => name === (gatus.gateway ?? name));
}

/** The HTTPS listener that a Gateway chooses for a hostname: the one of the most specific hostname (Gateway API, `Listener.hostname`). */
function listenerFor(gateway: GatewayConfig, hostname: string) {
  return httpsListeners(gateway)
    .filter((listener) => covers(listener.hostname, hostname))
    .sort((a, b) => b.hostname.length - a.hostname.length)[0];
}

function covers(pattern: string, hostname: string): boolean {
  return pattern.startsWith("*.") ? hostname.endsWith(pattern.slice(1)) : pattern === hostname;
}
