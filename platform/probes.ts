import type { Finding } from "../kube/client.ts";
import { httpsListeners } from "../components/gateway/listeners.ts";
import type { Config } from "../config/schema.ts";

/** Fields of an endpoint without which gatus-sidecar expects an answer over HTTPS. */
const DECIDING = ["url", "conditions", "guarded"];

/**
 * Gateways whose routes would all be down in Gatus: gatus-sidecar probes `https://<hostname>` whatever the listener, and the Gateway has no HTTPS listener. The check `gatus` of
 * the verification would fail, after the update.
 */
export function checkProbes({ gateways, gatus }: Pick<Config, "gateways" | "gatus">): Finding[] {
  if (!gatus.install || !gatus.discover.httpRoutes) return [];
  return gateways
    .filter((gateway) => httpsListeners(gateway).length === 0)
    .filter(({ gatus: { endpoint = {} } }) => !DECIDING.some((field) => field in endpoint))
    .map(({ namespace, name }) => ({
      severity: "warning",
      message: `Gateway ${namespace}/${name} has no HTTPS listener, but Gatus probes every route by https: its apps would be down in Gatus, and the verification would fail.`,
      hint: `Give one of its https.hostnames a certificate, which may be self-signed. Until then, set gatus.endpoint of the Gateway to { client: { insecure: true }, conditions: ["[CONNECTED] == true"] }: Gatus then shows only that a name resolves and that Traefik answers.`,
    }));
}
