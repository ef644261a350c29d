import type { ClusterReader, Finding } from "../../kube/client.ts";
import { describeObject, type KubeObject } from "../../kube/objects.ts";
import { redirects, type GatewayArgs } from "./gateway.ts";
import { httpsListeners } from "./listeners.ts";

interface RouteSpec {
  readonly parentRefs?: readonly {
    readonly name?: string;
    readonly namespace?: string;
    readonly sectionName?: string;
  }[];
  readonly hostnames?: readonly string[];
}

/**
 * Reports live routes that are served only over plain HTTP and would no longer be served, because their Gateway redirects to HTTPS. The finding is an error,
 * unless the configuration asks for the redirect.
 */
export async function routesWithoutListener(
  gateways: readonly GatewayArgs[],
  cluster: ClusterReader,
): Promise<Finding[]> {
  const redirecting = gateways.filter(redirects);
  if (redirecting.length === 0) return [];
  const routes = await cluster.list("gateway.networking.k8s.io/v1", "HTTPRoute");
  return redirecting.flatMap((gateway): Finding[] => {
    const lost = routes.filter((route) => isLost(route, gateway));
    if (lost.length === 0) return [];
    const shown = lost.slice(0, 5).map(describeObject).join(", ");
    const chosen = gateway.http.redirectToHttps === true;
    return [
      {
        severity: chosen ? "warning" : "error",
        message: `Gateway ${gateway.namespace}/${gateway.name} redirects to HTTPS, but has no HTTPS listener for ${shown}${lost.length > 5 ? ` and ${lost.length - 5} more` : ""}: requests to them would fail.`,
        hint: `Add their hostnames, with a certificate, to the Gateway's https.hostnames, or set http.redirectToHttps to ${chosen ? "false" : "false, which was the default, or to true if the redirect is intended"}.`,
      },
    ];
  });
}

function isLost(route: KubeObject, gateway: GatewayArgs): boolean {
  const { parentRefs = [], hostnames = [] } = (route.spec ?? {}) as RouteSpec;
  const { namespace } = route.metadata;
  // The plain listener still accepts routes of the Gateway's namespace.
  if (namespace === gateway.namespace) return false;
  const attached = parentRefs.some(
    ({ name, namespace: parent = namespace, sectionName = "web" }) =>
      name === gateway.name && parent === gateway.namespace && sectionName === "web",
  );
  const listeners = httpsListeners(gateway);
  return (
    attached &&
    hostnames.length > 0 &&
    !hostnames.some((host) => listeners.some(({ hostname }) => overlap(hostname, host)))
  );
}

/** Whether a listener and a route have a hostname in common (Gateway API, `Listener.hostname`). */
function overlap(listener: string, route: string): boolean {
  const matches = (pattern: string, name: string): boolean =>
    pattern === name || (pattern.startsWith("*.") && name.endsWith(pattern.slice(1)));
  return matches(listener, route) || matches(route, listener);
}
