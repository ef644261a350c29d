import { refused, type Controller, type Fate } from "./controller.ts";
import { nginx } from "./nginx.ts";
import { traefik } from "./traefik.ts";

/** The Ingress controllers that the step knows. */
export const CONTROLLERS: readonly Controller[] = [traefik, nginx];

/** Domains of the annotations of controllers that the step does not know, and of those below them. */
const OTHERS: readonly string[] = [
  "ingress.kubernetes.io",
  "ingress.gcp.kubernetes.io",
  "ingress.cilium.io",
  "ingress.citrix.com",
  "networking.gke.io",
  "router.openshift.io",
  "nginx.org",
  "nginx.com",
  "haproxy.org",
  "haproxy.com",
  "haproxy-ingress.github.io",
  "konghq.com",
  "projectcontour.io",
  "pomerium.io",
  "higress.io",
  "apisix.apache.org",
  "getambassador.io",
  "ngrok.com",
  "zalando.org",
  "voyager.appscode.com",
  "f5.com",
  "bunkerweb.io",
  "tailscale.com",
];

/** What becomes of an Ingress controller's annotation; undefined for any other annotation. */
export function controllerFate(name: string, value: string): Fate | undefined {
  const lower = name.toLowerCase();
  const controller = CONTROLLERS.find(({ prefix }) => lower.startsWith(prefix));
  if (controller) return controller.fateOf(lower.slice(controller.prefix.length), value);
  const [domain = "", key] = lower.split("/");
  return key !== undefined && OTHERS.some((one) => domain === one || domain.endsWith(`.${one}`))
    ? refused("it belongs to an Ingress controller that this step does not know")
    : undefined;
}
