/** The settings on which a Gateway and the Traefik that serves it must agree. */

/** Controller name of Traefik's Gateway provider (pkg/provider/kubernetes/gateway/kubernetes.go); not configurable. */
export const CONTROLLER_NAME = "traefik.io/gateway-controller";

/**
 * Ties a Traefik to its GatewayClass; the value is the Gateway's name. Traefik's `labelselector` filters GatewayClasses only. Traefik finds Gateways by their
 * class and routes by their parentRefs, so routes need no label (client.go and kubernetes.go in Traefik's Gateway provider, 3.7).
 */
export const GATEWAY_LABEL = "edgefirst.dev/gateway";

/** Identifies a Gateway. */
export interface GatewayIdentity {
  readonly name: string;
  readonly namespace: string;
  /** The GatewayClass, which only this Gateway uses. */
  readonly className: string;
}

/** Ports of the Gateway's listeners, and so of Traefik's entry points (docs/decisions/listener-port-is-entry-point-port.md). */
export interface ListenerPorts {
  readonly http: number;
  readonly https: number;
}

/** Ports of Traefik's entry points `ping` and `metrics`, which no listener may use. */
export const INTERNAL_PORTS = { ping: 9000, metrics: 9100 } as const;
