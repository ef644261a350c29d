import type { Finding } from "../kube/client.ts";
import { httpsListeners } from "../components/gateway/listeners.ts";
import type { Config } from "../config/schema.ts";

/** Fields of an endpoint without which gatus-sidecar expects a response over HTTPS. */
const DECIDING = ["url", "conditions", "guarded"];

/**
 * The plain HTTP ports at which Gatus probes hostnames without a certificate, as they have no HTTPS listener. 0 for hostnames with a certificate, which may be
 * among those of a wildcard without one.
 */
export function plainHttpPorts({ gateways }: Pick<Config, "gateways">): Record<string, number> {
  const ports: Record<string, number> = {};
  for (const { http, https } of gateways)
    for (const { hostname, certificate } of https.hostnames)
      ports[hostname] = certificate === undefined && ports[hostname] !== 0 ? http.port : 0;
  return ports;
}

/**
 * Reports Gateways whose routes would all be down in Gatus: gatus-sidecar probes `https://<hostname>`, but these Gateways have no HTTPS listener, and list no
 * hostnames by which their routes would be known. Without this warning, only the check `gatus` would fail, after the update.
 */
export function checkProbes({ gateways, gatus }: Pick<Config, "gateways" | "gatus">): Finding[] {
  if (!gatus.install || !gatus.discover.httpRoutes) return [];
  return gateways
    .filter((gateway) => httpsListeners(gateway).length === 0 && gateway.https.hostnames.length === 0)
    .filter(({ gatus: { endpoint = {} } }) => !DECIDING.some((field) => field in endpoint))
    .map(({ namespace, name }) => ({
      severity: "warning",
      message: `Gateway ${namespace}/${name} has no HTTPS listener, but Gatus probes every route over https: unless a tunnel or a proxy in front of it serves HTTPS, its apps would be reported as down, and the verification would fail.`,
      hint: `List the hostnames of its routes under https.hostnames: Gatus then probes them over plain HTTP until they have a certificate. Behind a tunnel, set gatus.endpoint in the Gateway's entry to { conditions: ["[STATUS] == 200"] }, which keeps the usual probe and ends this warning.`,
    }));
}
