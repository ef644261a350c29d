import { scalarText } from "../../../../gitops/kustomize/resource.ts";
import { isMapping, type Mapping, type Value } from "../../../../gitops/yaml/values.ts";
import type { BuiltCluster } from "../../../../gitops/flux/built.ts";
import type { Loss } from "../../../losses.ts";
import { oncePer } from "../../../../../lib/once-per.ts";
import { fieldAt, idOf } from "../../../objects.ts";
import { meantBy, portsIn, type Meant } from "./service-ports.ts";
import { serviceFate, traefik } from "../controllers/traefik.ts";

/** Looks up a Service in the repository by namespace and name. */
export type Services = (namespace: string, name: string) => Mapping | undefined;

/** The Services that the repository contains for a cluster; Services rendered by charts are unknown. */
export function servicesOf(cluster: BuiltCluster | undefined): Services {
  const services = cluster && servicesByName(cluster);
  return (namespace, name) => services?.get(`${namespace}/${name}`);
}

const servicesByName = oncePer(({ objects }: BuiltCluster): ReadonlyMap<string, Mapping> => {
  const services = new Map<string, Mapping>();
  for (const { object } of objects) {
    if (object.kind !== "Service" || object.apiVersion !== "v1") continue;
    const id = idOf(object);
    if (!services.has(id)) services.set(id, object);
  }
  return services;
});

/** Why Traefik's Gateway provider does not accept a Service as a backend. */
export function whyRefused(
  { namespace, name }: { readonly namespace: string; readonly name: string },
  services: Services,
): string | undefined {
  return fieldAt(services(namespace, name), ["spec", "type"]) === "ExternalName"
    ? `Service ${namespace}/${name} is ${EXTERNAL_NAME}`
    : undefined;
}

/** What is said of an ExternalName. Source: getBackendAddresses in pkg/provider/kubernetes/gateway/kubernetes.go of Traefik, which takes endpoints only as written here. */
export const EXTERNAL_NAME =
  "an ExternalName, which Traefik's Gateway provider does not accept: replace it with a Service without a selector and an EndpointSlice with the address, whose port has the name of the Service's port and whose endpoint has conditions: { ready: true }";

/** The number of the Service's port that an Ingress means, which a route needs, or the reason why the Service cannot be a backend. */
export function portOf(
  port: Value | undefined,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  services: Services,
): Meant | string {
  const refusal = whyRefused({ namespace, name }, services);
  if (refusal !== undefined) return refusal;
  const meant = meantBy(port, portsIn(services(namespace, name)));
  return (
    meant ??
    `the number of port ${scalarText(port) || "(no name given)"} of Service ${namespace}/${name} is not known, and a route needs it`
  );
}

/** What becomes of the annotations of a Service that Traefik reads for Ingresses but not for routes. */
export function serviceSettings(
  annotations: Value | undefined,
  service: string,
): { readonly losses: readonly Loss[]; readonly refusal?: string } {
  const prefix = `${traefik.prefix}service.`;
  const losses: Loss[] = [];
  for (const [name, value] of Object.entries(isMapping(annotations) ? annotations : {})) {
    if (!name.toLowerCase().startsWith(prefix)) continue;
    const fate = serviceFate(name.toLowerCase().slice(prefix.length), scalarText(value));
    const text = `annotation ${name}: ${scalarText(value)} of service ${service}`;
    if (fate.fate === "refused") return { losses: [], refusal: `${text}: ${fate.reason}` };
    if (fate.fate === "lost") losses.push({ kind: "annotation", message: `${text} (${fate.reason})` });
  }
  return { losses };
}
