/** What a Gateway and the Traefik that serves it must agree on. */

/** The controller name of Traefik's Gateway provider (pkg/provider/kubernetes/gateway/kubernetes.go); it cannot be configured. */
export const CONTROLLER_NAME = "traefik.io/gateway-controller";

/**
 * Ties a Traefik to its GatewayClass; the value is the Gateway's name. Traefik's `labelselector` narrows the list of GatewayClasses alone: Gateways count
 * by their class's name, and routes by their parentRefs, so that nobody's routes need a label (client.go and kubernetes.go of the provider, 3.6).
 */
export const GATEWAY_LABEL = "edgefirst.dev/gateway";

/** Which Gateway. */
export interface GatewayIdentity {
  readonly name: string;
  readonly namespace: string;
  /** The GatewayClass of this Gateway alone. */
  readonly className: string;
}

/** Ports of the Gateway's listeners, and so of Traefik's entry points: Traefik finds a listener's entry point by its port (docs/decisions/listener-port-is-entry-point-port.md). */
export interface ListenerPorts {
  readonly http: number;
  readonly https: number;
}

/** Ports of Traefik's own entry points, which no listener may have. */
export const INTERNAL_PORTS = { ping: 9000, metrics: 9100 } as const;
