import type { Moving } from "../gateway/parents.ts";
import { controllerOf, controllerValues } from "./classes.ts";
import { CONTROLLERS } from "./registry.ts";
import { traefik } from "./traefik.ts";

/**
 * How to settle refusals of annotations that the controller of the Ingress's class does not read: without an effect today, they can go. Traefik reads those of
 * ingress-nginx only for the classes of its provider kubernetesIngressNGINX (https://doc.traefik.io/traefik/reference/install-configuration/providers/kubernetes/kubernetes-ingress-nginx/).
 */
export function unreadAnnotations(
  refusals: readonly string[],
  pairs: readonly Pick<Moving, "reading" | "cluster">[],
): readonly string[] {
  const [only, ...others] = new Set(
    pairs.map(({ reading, cluster }) => controllerOf(reading.ingressClass, cluster)),
  );
  if (only === undefined || others.length > 0) return [];
  const foreign = CONTROLLERS.filter((one) => one !== only).find(({ prefix }) =>
    refusals.some((refusal) => /^annotations? (\S+)/.exec(refusal)?.[1]?.toLowerCase().startsWith(prefix)),
  );
  // In the chart's values, as a flag or as an environment variable.
  const translates = pairs.some(({ reading, cluster }) =>
    /kubernetesingressnginx/i.test(JSON.stringify(controllerValues(reading.ingressClass, cluster))),
  );
  if (foreign === undefined || (only === traefik && translates)) return [];
  return [
    `${only.name}, the controller of its class, does not read annotations of ${foreign.name}: if nothing else does, remove them in an earlier commit, which changes nothing`,
  ];
}
