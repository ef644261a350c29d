import { OPTIONS_FILE } from "../../../options-file.ts";
import type { StepContext } from "../../../step.ts";
import { controllerOf, controllerValues } from "../controllers/classes.ts";
import { traefik } from "../controllers/traefik.ts";
import { transportSettings } from "../controllers/traefik-entry-points.ts";
import { servesBoth, settingsBehind } from "../gateway/doors.ts";
import type { MovingForm, Parents } from "../gateway/parents.ts";
import { isHttpsByName } from "./protocols.ts";
import { servicesBehind } from "../reading/served.ts";

/**
 * Why the Gateway's Traefik may reject the certificate of an app that the class's Traefik accepts: its `serversTransport` is the default for every
 * backend that it reaches over HTTPS.
 * Source: serverTransport in pkg/provider/traefik/internal.go of Traefik
 */
export function whyOtherTransport(
  moving: MovingForm,
  gateway: Parents["gateway"],
  context: StepContext,
): readonly string[] {
  const {
    reading: { ingressClass = "", kind, served },
    cluster,
  } = moving;
  if (kind !== "IngressRoute" && controllerOf(ingressClass, cluster) !== traefik) return [];
  const behind = settingsBehind(gateway, cluster, context).map(transportSettings);
  const isThere = (name: string): boolean =>
    gateway.provides.includes(name) || (behind.length > 0 && behind.every((names) => names.includes(name)));
  const open = transportSettings(controllerValues(ingressClass, cluster)).filter((name) => !isThere(name));
  const backend = servicesBehind(served).find((one) => isHttpsByName(one, moving));
  if (open.length === 0 || backend === undefined || servesBoth(ingressClass, cluster, gateway, context))
    return [];
  const names = open.join(" and ");
  const app = `${backend.name ?? backend.identifier ?? ""}:${backend.port ?? ""}`;
  return [
    `it reaches ${app} over HTTPS, and the class's Traefik accepts its certificate because of ${names}: if the Traefik of Gateway ${gateway.namespace}/${gateway.name} has the same, list ${open.length === 1 ? "it" : "them"} in route.gateways.${ingressClass}.provides in ${OPTIONS_FILE}`,
  ];
}
