import type { BuiltCluster } from "../../../../gitops/flux/built.ts";
import { controllerOf, controllerValues } from "../controllers/classes.ts";
import { isPlainClosed } from "../controllers/closed-ports.ts";
import { nginx } from "../controllers/nginx.ts";
import { redirects as redirectsByNginx } from "../controllers/nginx-config.ts";
import { traefik } from "../controllers/traefik.ts";
import {
  defaultEntryPoints,
  isPlainEntryPoint,
  redirectingEntryPoints,
} from "../controllers/traefik-entry-points.ts";
import { controllerSources } from "../controllers/services.ts";
import type { RouteOptions } from "../options.ts";
import type { Reading } from "../reading/served.ts";

type GatewayOption = RouteOptions["gateways"][string];

/** What becomes of a plain HTTP request to an Ingress's hosts: answered by the app, redirected to HTTPS, or not answered. */
export interface PlainHttp {
  readonly answer: "served" | "redirected" | "none";
  /** The entry points that the Ingress names or, if the options name their listeners, has by default, without those that only redirect. */
  readonly entryPoints: readonly string[];
}

/**
 * How an Ingress treats plain HTTP today. A route must not attach to a plain listener unless the app answers there already.
 * @param gateway what the owner says about the Gateway of the class, and so about the class, if the repository does not show its controller
 */
export function plainHttpOf(
  reading: Reading,
  cluster: BuiltCluster | undefined,
  { redirectsToHttps, entryPoints: listeners }: Pick<GatewayOption, "redirectsToHttps" | "entryPoints">,
): PlainHttp {
  const shown = shownPlainHttp(reading, cluster, new Set(Object.keys(listeners)));
  const { ingressClass = "", entryPoints } = reading;
  if (shown.answer !== "served" || entryPoints.length > 0 || !redirectsToHttps) return shown;
  const isShown =
    controllerOf(ingressClass, cluster) === nginx || controllerSources(ingressClass, cluster).length > 0;
  return isShown ? shown : { ...shown, answer: "redirected" };
}

function shownPlainHttp(
  reading: Reading,
  cluster: BuiltCluster | undefined,
  withListeners: ReadonlySet<string>,
): PlainHttp {
  const { ingressClass, annotations, usesTls, isTlsOnly } = reading;
  const controller = controllerOf(ingressClass, cluster);
  const values = controllerValues(ingressClass, cluster);
  const redirecting = redirectingEntryPoints(values);
  const defaults =
    controller === traefik && reading.entryPoints.length === 0 ? defaultEntryPoints(values) : [];
  const isKnown = defaults.every((name) => withListeners.has(name));
  if (!isKnown && !defaults.some((name) => isPlainEntryPoint(name, values)))
    return { answer: redirecting.size > 0 ? "redirected" : "none", entryPoints: [] };
  const entryPoints = isKnown && defaults.length > 0 ? defaults : reading.entryPoints;
  const open = entryPoints.filter((name) => name !== "web");
  if (isPlainClosed(ingressClass, cluster) && open.length > 0 === entryPoints.length > 0)
    return { answer: "none", entryPoints: open };
  if (controller === nginx)
    return {
      answer: redirectsByNginx(annotations.raw, usesTls, values) ? "redirected" : "served",
      entryPoints,
    };
  const isTraefik = controller === traefik || entryPoints.length > 0 || isTlsOnly;
  // Most other controllers redirect an Ingress with a certificate.
  if (!isTraefik) return { answer: usesTls ? "redirected" : "served", entryPoints };
  const serving = entryPoints.filter((name) => !redirecting.has(name));
  if (entryPoints.length > serving.length) return { answer: "redirected", entryPoints: serving };
  // On Traefik's entry point for plain HTTP, such a router matches nothing.
  if (isTlsOnly) return { answer: "none", entryPoints: entryPoints.filter((name) => name !== "web") };
  return {
    answer: reading.entryPoints.length === 0 && redirecting.size > 0 ? "redirected" : "served",
    entryPoints,
  };
}
