import { describeObject, type KubeObject } from "../../kube/objects.ts";
import { hasPlaceholder } from "./app-template.ts";
import { mayOverlap } from "./host-overlap.ts";
import { admits, labelRemedy } from "./namespace-admission.ts";
import { at, fields, list, text, texts, type Fields } from "../engine/read.ts";
import type { NotEvaluated, Problem, RuleContext } from "../engine/rule.ts";

/**
 * The route kinds that a listener accepts if it lists none, by protocol. A listener with any other protocol may accept any kind.
 */
const KINDS: Readonly<Record<string, readonly string[]>> = {
  HTTP: ["HTTPRoute", "GRPCRoute"],
  HTTPS: ["HTTPRoute", "GRPCRoute"],
  TLS: ["TLSRoute", "TCPRoute"],
  TCP: ["TCPRoute"],
  UDP: ["UDPRoute"],
};

/**
 * Reports why a route attaches to none of the listeners that its parentRef selects. Paths are relative to the parentRef. Source:
 * https://gateway-api.sigs.k8s.io/reference/spec/#parentreference and #listener.
 */
export function* attachmentProblems(
  route: KubeObject,
  parent: Fields,
  gateway: KubeObject,
  { objects, host = "repository" }: Pick<RuleContext, "objects"> & Partial<Pick<RuleContext, "host">>,
): Generator<Problem | NotEvaluated> {
  const selected = selectedListeners(parent, gateway);
  if ("message" in selected) {
    yield selected;
    return;
  }
  const gatewayName = describeObject(gateway);
  const where = route.metadata.namespace ?? "";
  const accepting = selected.listeners.filter((listener) => accepts(listener, route));
  const admission = { gateway, route, objects };
  const open = accepting
    .map((listener) => ({ listener, admitted: admits(listener, admission) }))
    .filter(({ admitted }) => admitted !== false);
  if (accepting.length === 0)
    yield {
      path: [],
      message: `No listener of ${gatewayName} accepts routes of kind ${route.kind}: check its protocol and allowedRoutes.kinds.`,
    };
  else if (open.length === 0)
    yield {
      path: [],
      message: `No listener of ${gatewayName} admits routes from namespace ${where}.`,
      ...labelRemedy(accepting, admission, host),
    };
  else if (!open.some(({ listener }) => servesHosts(listener, route)))
    yield {
      path: [],
      message: `No listener of ${gatewayName} serves ${texts(fields(route.spec).hostnames).join(", ")} (listener hostnames: ${open.map(({ listener }) => String(listener.hostname)).join(", ")}).`,
    };
  else if (!open.some(({ admitted }) => admitted))
    yield { path: [], notEvaluated: whyUnknown(where, gateway) };
}

function whyUnknown(namespace: string, gateway: KubeObject): string {
  return namespace === "" || gateway.metadata.namespace === undefined
    ? "The listener admits routes by namespace, but the route or the Gateway is written without one."
    : `The listener selects namespaces by label, but the labels of Namespace ${namespace} are not known.`;
}

/** The listeners that match a parentRef's section name and port, or a problem if none does. */
function selectedListeners(
  parent: Fields,
  gateway: KubeObject,
): { readonly listeners: readonly Fields[] } | Problem {
  const all = list(at(gateway, ["spec", "listeners"])).map(fields);
  const { port } = parent;
  const section = text(parent.sectionName);
  const named = section === undefined ? all : all.filter(({ name }) => name === section);
  const listeners = typeof port === "number" ? named.filter((listener) => listener.port === port) : named;
  const gatewayName = describeObject(gateway);
  const name = section === undefined ? "" : ` ${section}`;
  if (named.length === 0)
    return {
      path: section === undefined ? [] : ["sectionName"],
      message: `${gatewayName} has no listener${name} (its listeners: ${all.map((listener) => String(listener.name)).join(", ")}).`,
    };
  if (listeners.length > 0) return { listeners };
  const ports = named.map((listener) => `${String(listener.name)}: ${String(listener.port)}`);
  return {
    path: ["port"],
    message: `${gatewayName} has no listener${name} on port ${String(port)} (listener ports: ${ports.join(", ")}).`,
  };
}

function accepts(listener: Fields, { kind }: KubeObject): boolean {
  const listed = list(at(listener, ["allowedRoutes", "kinds"])).map((one) => fields(one).kind);
  return listed.length > 0
    ? listed.includes(kind)
    : (KINDS[text(listener.protocol) ?? ""] ?? [kind]).includes(kind);
}

function servesHosts(listener: Fields, route: KubeObject): boolean {
  const hosts = texts(fields(route.spec).hostnames);
  return hosts.length === 0 || hosts.some((host) => servesHost(listener, host));
}

/** Whether a listener's hostname matches a route's; true if that depends on a variable without a value. */
export function servesHost({ hostname }: Fields, host: string): boolean {
  if (typeof hostname !== "string") return true;
  // A hostname without a dot is the default value of a variable that the repository does not set.
  const isDefault = !host.includes(".") && !hasPlaceholder(host);
  return isDefault || mayOverlap(host, hostname);
}
