import type { Finding } from "../kube/client.ts";
import { httpsListeners } from "../components/gateway/listeners.ts";
import type { Config } from "../config/schema.ts";

/** Fields of an endpoint without which gatus-sidecar expects a response over HTTPS. */
const DECIDING = ["url", "conditions", "guarded"];

/**
 * Reports Gateways whose routes would all be down in Gatus: gatus-sidecar probes `https://<hostname>`, but these Gateways have no HTTPS listener. Without this
 * warning, only the check `gatus` would fail, after the update.
 */
export function checkProbes({ gateways, gatus }: Pick<Config, "gateways" | "gatus">): Finding[] {
  if (!gatus.install || !gatus.discover.httpRoutes) return [];
  return gateways
    .filter((gateway) => httpsListeners(gateway).length === 0)
    .filter(({ gatus: { endpoint = {} } }) => !DECIDING.some((field) => field in endpoint))
    .map(({ namespace, name }) => ({
      severity: "warning",
      message: `Gateway ${namespace}/${name} has no HTTPS listener, but Gatus probes every route over https: unless a tunnel or a proxy in front of it serves HTTPS, its apps would be reported as down, and the verification would fail.`,
      hint: `Give one of its https.hostnames a certificate, which may be self-signed. Until then, set gatus.endpoint in the Gateway's entry to { client: { insecure: true }, conditions: ["[CONNECTED] == true"] }: Gatus then shows only that a name resolves and that Traefik answers. Behind a tunnel, { conditions: ["[STATUS] == 200"] } keeps the usual probe and ends this warning.`,
    }));
}
