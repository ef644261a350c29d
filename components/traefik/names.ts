import type { GatewayIdentity } from "../../kube/gateway-contract.ts";

/** Name of a Gateway's Traefik; not `traefik-<gateway>`, which a HelmRelease in the repository may already use. */
export function traefikName(gateway: GatewayIdentity): string {
  return `traefik-gateway-${gateway.name}`;
}

/**
 * Labels that select the pods. They are literals, so that policies see them even in the first preview. Never change them: a Deployment's selector is immutable.
 */
export function traefikSelector(gateway: GatewayIdentity): Record<string, string> {
  return { "app.kubernetes.io/name": "traefik", "app.kubernetes.io/instance": traefikName(gateway) };
}

/** Name of the UDP port of HTTP/3, at most 15 characters. */
export const HTTP3_PORT = "websecure-http3";
