import { HTTP_ROUTE, INGRESS, INGRESS_ROUTE } from "../../../../../policy/objects/kinds.ts";
import type { Mapping } from "../../../../gitops/yaml/values.ts";
import { isKind } from "../../../objects.ts";
import { readIngressObject } from "./ingress.ts";
import { readIngressRoute } from "./ingress-route.ts";
import type { Reading } from "./served.ts";
import type { Services } from "../backends/services.ts";

/** Whether an object is an Ingress or an IngressRoute. */
export function isIngress(object: Mapping): boolean {
  return isKind(object, INGRESS) || isKind(object, INGRESS_ROUTE);
}

/** Whether an object is an HTTPRoute. */
export function isHttpRoute(object: Mapping): boolean {
  return isKind(object, HTTP_ROUTE);
}

/** Reads an Ingress or an IngressRoute. */
export function readAny(object: Mapping, namespace: string, services: Services): Reading {
  const read = object.kind === "Ingress" ? readIngressObject : readIngressRoute;
  return read(object, namespace, services);
}
