import { CONTROLLER_NAME } from "../../kube/gateway-contract.ts";
import type { KubeObject } from "../../kube/objects.ts";
import { omitUndefined } from "../../lib/omit.ts";
import type { Survey } from "./survey.ts";

interface Listener {
  readonly protocol: string;
  readonly port: number;
  readonly hostname?: string;
  readonly allowedRoutes?: { readonly namespaces?: { readonly from?: string } };
  readonly tls?: {
    readonly certificateRefs?: readonly { readonly name: string; readonly namespace?: string }[];
  };
}

/** Gateways whose class Traefik serves. */
export function traefikGateways({ gateways, gatewayClasses }: Survey): readonly KubeObject[] {
  const classes = new Set(
    gatewayClasses
      .filter(({ spec }) => (spec as { controllerName?: string }).controllerName === CONTROLLER_NAME)
      .map(({ metadata }) => metadata.name),
  );
  return gateways.filter(({ spec }) => classes.has((spec as { gatewayClassName: string }).gatewayClassName));
}

/** An entry in `edgefirst:gateways` for a live Gateway; the Traefik behind it is still managed by whoever installed it. */
export function gatewaySection({ metadata, spec }: KubeObject): Record<string, unknown> {
  const { gatewayClassName, listeners } = spec as {
    gatewayClassName: string;
    listeners: readonly Listener[];
  };
  const http = listeners.find(({ protocol }) => protocol === "HTTP");
  const https = listeners.filter(({ protocol }) => protocol === "HTTPS");
  const [port] = https.map((listener) => listener.port);
  const hostnames = https.flatMap(({ hostname, tls }) => {
    const [certificate] = tls?.certificateRefs ?? [];
    const secret = certificate && { secret: certificate.name, namespace: certificate.namespace };
    return hostname === undefined
      ? []
      : [{ hostname, ...(secret && { certificate: omitUndefined(secret) }) }];
  });
  // By default, the stack would redirect plain HTTP, but the live Gateway's HTTP listener accepts the apps' routes.
  const isOpen = http !== undefined && https.length > 0 && http.allowedRoutes?.namespaces?.from !== "Same";
  const plain = {
    ...(http && http.port !== 80 && { port: http.port }),
    ...(isOpen && { redirectToHttps: false }),
  };
  return {
    name: metadata.name,
    namespace: metadata.namespace,
    className: gatewayClassName,
    ...(Object.keys(plain).length > 0 && { http: plain }),
    ...(port !== undefined && { https: { ...(port !== 443 && { port }), hostnames } }),
    traefik: { install: false },
  };
}
