import { describeObject, type KubeObject } from "../../kube/objects.ts";
import type { ObjectIndex } from "../engine/object-index.ts";
import { at, fields, list, text, texts, type Fields } from "../engine/read.ts";
import type { Problem } from "../engine/rule.ts";
import { servesHost } from "./attachment.ts";
import { GATEWAY } from "./kinds.ts";

const ENCRYPTED: readonly unknown[] = ["HTTPS", "TLS"];

/**
 * For a route that attaches to its parents: reports the hostnames that no encrypted listener serves, although its Gateways have such listeners: a browser that uses https gets the certificate of
 * another host, or no connection. Paths are relative to the route.
 */
export function* unencryptedHosts(route: KubeObject, objects: ObjectIndex): Generator<Problem> {
  if (route.kind !== "HTTPRoute" && route.kind !== "GRPCRoute") return;
  const parents = list(fields(route.spec).parentRefs).map(fields);
  // A parentRef that names a listener says which one is meant.
  if (
    parents.some(
      ({ kind, sectionName, port }) => isOther(kind) || sectionName !== undefined || port !== undefined,
    )
  )
    return;
  const gateways = parents.flatMap((parent) => gatewayOf(parent, route, objects) ?? []);
  const encrypted = gateways.map((gateway) =>
    list(at(gateway, ["spec", "listeners"]))
      .map(fields)
      .filter(({ protocol }) => ENCRYPTED.includes(protocol)),
  );
  if (gateways.length === 0 || gateways.length < parents.length) return;
  if (encrypted.some(({ length }) => length === 0)) return;
  const listeners = encrypted.flat();
  const names = gateways.map(describeObject).join(" or ");
  const hostnames = listeners.map(({ hostname }) => String(hostname)).join(", ");
  for (const [index, host] of texts(fields(route.spec).hostnames).entries())
    if (!listeners.some((listener) => servesHost(listener, host)))
      yield {
        path: ["spec", "hostnames", index],
        message: `No HTTPS listener of ${names} serves ${host} (their hostnames: ${hostnames}).`,
        remediation:
          "Add an HTTPS listener with a certificate for the hostname. If the route is meant for http only, name the HTTP listener in parentRefs.sectionName.",
      };
}

function isOther(kind: unknown): boolean {
  return kind !== undefined && kind !== GATEWAY.kind;
}

function gatewayOf(
  { name, namespace }: Fields,
  route: KubeObject,
  objects: ObjectIndex,
): KubeObject | undefined {
  return objects.get(GATEWAY, text(namespace) ?? route.metadata.namespace, text(name) ?? "");
}
