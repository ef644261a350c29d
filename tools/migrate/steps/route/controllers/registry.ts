import { refused, type Controller, type Fate } from "./controller.ts";
import { nginx } from "./nginx.ts";
import { traefik } from "./traefik.ts";

/** The Ingress controllers that the step knows. */
export const CONTROLLERS: readonly Controller[] = [traefik, nginx];

/** Annotation prefixes of controllers that the step does not know. */
const OTHERS =
  /^(?:ingress\.kubernetes\.io|nginx\.org|nginx\.com|haproxy\.org|haproxy-ingress\.github\.io|ingress\.cilium\.io|alb\.ingress\.kubernetes\.io|konghq\.com|projectcontour\.io|ingress\.gcp\.kubernetes\.io|networking\.gke\.io|appgw\.ingress\.kubernetes\.io|nginx\.ingress\.kubernetes\.io|traefik\.ingress\.kubernetes\.io)\//;

/** What becomes of an Ingress controller's annotation; undefined for any other annotation. */
export function controllerFate(name: string, value: string): Fate | undefined {
  const lower = name.toLowerCase();
  const controller = CONTROLLERS.find(({ prefix }) => lower.startsWith(prefix));
  if (controller) return controller.fateOf(lower.slice(controller.prefix.length), value);
  return OTHERS.test(lower)
    ? refused("it belongs to an Ingress controller that this step does not know")
    : undefined;
}
