import { scalarText } from "../../../../gitops/kustomize/resource.ts";
import { portsBehind } from "./ports.ts";
import { readerOf } from "../controllers/classes.ts";
import { nginx } from "../controllers/nginx.ts";
import { traefik } from "../controllers/traefik.ts";
import { isOthers } from "../gateway/doors.ts";
import type { MovingForm, Parents } from "../gateway/parents.ts";
import type { Backend } from "../reading/served.ts";
import type { ServicePort } from "./service-ports.ts";

/**
 * Why a route behind Traefik would reach its apps with another protocol than the Ingress does. Of a Service that the repository does not
 * show, only the number of the port is known.
 * Sources: getHTTPServiceProtocol in pkg/provider/kubernetes/gateway/httproute.go and getProtocol in
 * pkg/provider/kubernetes/ingress/kubernetes.go of Traefik; `backend-protocol` of ingress-nginx.
 */
export function otherProtocols(moving: MovingForm, gateway: Parents["gateway"]): readonly string[] {
  if (isOthers(gateway, moving.cluster)) return [];
  const backends = moving.reading.served.flatMap((served) => served.backends);
  const reasons = backends.flatMap((backend) =>
    backend.kind === "Service"
      ? portsMeant(backend, moving).flatMap((port) => whyOther(port, backend, moving) ?? [])
      : [],
  );
  return [...new Set(reasons)];
}

/** Whether Traefik reaches a backend over HTTPS because of the number or the name of its port. Source: as for {@link otherProtocols}. */
export const isHttpsByName = (backend: Backend, moving: MovingForm): boolean =>
  portsMeant(backend, moving).some(isHttps);

type Port = Pick<ServicePort, "port" | "name" | "appProtocol">;

const isHttps = ({ port, name }: Port): boolean => port === 443 || name.startsWith("https");

/** The port of a backend; without a number, each that may be its Service's primary one, because older charts take any. */
function portsMeant(backend: Backend, moving: MovingForm): readonly Port[] {
  const ports = portsBehind(backend, moving) ?? [];
  const { port } = backend;
  if (port !== undefined)
    return [ports.find((one) => one.port === port) ?? { port, name: "", appProtocol: "" }];
  const primary = ports.filter(({ isPrimary }) => isPrimary);
  return primary.length > 0 ? primary : ports;
}

function whyOther(
  one: Port,
  backend: Backend,
  { reading, cluster, namespace }: MovingForm,
): string | undefined {
  const controller = readerOf(reading, cluster);
  const appProtocol = one.appProtocol.toLowerCase();
  const byName = isHttps(one) ? "https" : "http";
  const now = controller === traefik ? byName : "http";
  const then = appProtocol === "" ? byName : APP_PROTOCOLS[appProtocol];
  if (then === now || (controller !== traefik && controller !== nginx && then !== undefined))
    return undefined;
  const service = backend.identifier ?? `${namespace}/${backend.name ?? ""}`;
  const place = `port ${scalarText(one.port)} of Service ${service}`;
  return then === undefined
    ? `Traefik's Gateway provider does not know the appProtocol ${appProtocol} of ${place}: change it first`
    : `a route reaches ${place} over ${then}, and the Ingress over ${now}: set its appProtocol to ${now} first`;
}

/** The protocol for each `appProtocol` that Traefik accepts. */
const APP_PROTOCOLS: Readonly<Record<string, string>> = {
  http: "http",
  "kubernetes.io/ws": "http",
  https: "https",
  "kubernetes.io/wss": "https",
  "kubernetes.io/h2c": "h2c",
};
