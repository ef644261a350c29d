import type { Finding } from "../kube/client.ts";
import { httpsListeners } from "../components/gateway/listeners.ts";
import type { GatewayConfig } from "../config/schema.ts";

/** Reports extra listeners that Traefik would not serve. */
export function checkExtraListeners(gateway: GatewayConfig): Finding[] {
  const { name, namespace, extraListeners, traefik } = gateway;
  if (extraListeners.length === 0) return [];
  const id = `Gateway ${namespace}/${name}`;
  const others = ["web", ...httpsListeners(gateway).map((listener) => listener.name)];
  const ports = traefik.entryPoints.filter(({ protocol }) => protocol === "TCP").map(({ port }) => port);
  const repeated = extraListeners.filter((listener, index) =>
    [...others, ...extraListeners.slice(0, index).map((each) => each.name)].includes(listener.name),
  );
  const without = traefik.install ? extraListeners.filter(({ port }) => !ports.includes(port)) : [];
  return [
    ...repeated.map((listener) =>
      error(`${id} has two listeners named ${listener.name}.`, "Give each listener a different name."),
    ),
    ...without.map((listener) =>
      error(
        `The Traefik of ${id} has no entry point on port ${listener.port}, so it would not serve the listener ${listener.name}.`,
        `Add { name: ${listener.name}, port: ${listener.port} } to traefik.entryPoints of the Gateway.`,
      ),
    ),
    ...(traefik.install &&
    !traefik.experimentalChannel &&
    extraListeners.some(({ protocol }) => protocol === "TCP")
      ? [
          error(
            `The Traefik of ${id} does not serve TCPRoutes, so its TCP listeners would have no routes.`,
            "Set traefik.experimentalChannel of the Gateway to true.",
          ),
        ]
      : []),
  ];
}

function error(message: string, hint: string): Finding {
  return { severity: "error", message, hint };
}
