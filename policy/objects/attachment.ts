import { describeObject, type KubeObject } from "../../kube/objects.ts";
import { isOpen } from "./app-template.ts";
import { NAMESPACE } from "./kinds.ts";
import type { ObjectIndex } from "../engine/object-index.ts";
import { at, fields, list, text, texts, type Fields } from "../engine/read.ts";
import type { Problem, NotEvaluated } from "../engine/rule.ts";

/** Kinds of routes that a listener takes by its protocol, where it does not list any; of a protocol of somebody's own it is not known. */
const KINDS: Readonly<Record<string, readonly string[]>> = {
  HTTP: ["HTTPRoute", "GRPCRoute"],
  HTTPS: ["HTTPRoute", "GRPCRoute"],
  TLS: ["TLSRoute", "TCPRoute"],
  TCP: ["TCPRoute"],
  UDP: ["UDPRoute"],
};

/**
 * What keeps a route from each listener of a Gateway that its parentRef asks for; paths are those of the parentRef.
 * Source: https://gateway-api.sigs.k8s.io/reference/spec/#parentreference and #listener.
 */
export function* attachmentProblems(
  route: KubeObject,
  parent: Fields,
  gateway: KubeObject,
  objects: ObjectIndex,
): Generator<Problem | NotEvaluated> {
  const all = list(at(gateway, ["spec", "listeners"])).map(fields);
  const { port } = parent;
  const section = text(parent.sectionName);
  const named = section === undefined ? all : all.filter(({ name }) => name === section);
  const asked = typeof port === "number" ? named.filter((listener) => listener.port === port) : named;
  const taking = asked.filter((listener) => takes(listener, route));
  const answers = taking.map((listener) => ({ listener, answer: admits(listener, gateway, route, objects) }));
  const open = answers.filter(({ answer }) => answer !== false);
  const gatewayName = describeObject(gateway);
  const where = route.metadata.namespace ?? "";
  if (named.length === 0)
    yield {
      path: section === undefined ? [] : ["sectionName"],
      message: `${gatewayName} has no listener${section === undefined ? "" : ` ${section}`} (${all.map(({ name }) => String(name)).join(", ")}).`,
    };
  else if (asked.length === 0)
    yield {
      path: ["port"],
      message: `${gatewayName} has no listener ${section === undefined ? "" : `${section} `}on port ${String(port)} (${named.map(({ name, port: own }) => `${String(name)}: ${String(own)}`).join(", ")}).`,
    };
  else if (taking.length === 0)
    yield {
      path: [],
      message: `No listener of ${gatewayName} takes an ${route.kind} by its protocol or kinds.`,
    };
  else if (open.length === 0)
    yield { path: [], message: `No listener of ${gatewayName} lets routes of ${where} in.` };
  else if (!open.some(({ listener }) => servesHosts(listener, route)))
    yield {
      path: [],
      message: `No listener of ${gatewayName} serves ${texts(fields(route.spec).hostnames).join(", ")} (${open.map(({ listener }) => String(listener.hostname)).join(", ")}).`,
    };
  else if (!open.some(({ answer }) => answer))
    yield {
      path: [],
      notEvaluated: `The listener selects namespaces by label, and Namespace ${where} is not to be seen.`,
    };
}

function takes(listener: Fields, { kind }: KubeObject): boolean {
  const listed = list(at(listener, ["allowedRoutes", "kinds"])).map((one) => fields(one).kind);
  return listed.length > 0
    ? listed.includes(kind)
    : (KINDS[text(listener.protocol) ?? ""] ?? [kind]).includes(kind);
}

/** Whether the listener lets the route's namespace in; undefined where that hangs on a Namespace that is not to be seen. */
function admits(
  listener: Fields,
  gateway: KubeObject,
  route: KubeObject,
  objects: ObjectIndex,
): boolean | undefined {
  const namespaces = fields(at(listener, ["allowedRoutes", "namespaces"]));
  if (namespaces.from === "All") return true;
  if (namespaces.from !== "Selector") return gateway.metadata.namespace === route.metadata.namespace;
  const name = route.metadata.namespace ?? "";
  const namespace = objects.get(NAMESPACE, undefined, name);
  // The API server gives every namespace this label.
  const labels = { ...namespace?.metadata.labels, [NAME_LABEL]: name };
  const answers = requirementsOf(fields(namespaces.selector)).map((requirement) =>
    namespace === undefined && requirement.key !== NAME_LABEL ? undefined : meets(labels, requirement),
  );
  if (answers.includes(false)) return false;
  return answers.includes(undefined) ? undefined : true;
}

const NAME_LABEL = "kubernetes.io/metadata.name";

/** A label selector as a list of requirements, all of which must hold. */
function requirementsOf({ matchLabels, matchExpressions }: Fields): readonly Fields[] {
  return [
    ...Object.entries(fields(matchLabels)).map(([key, value]) => ({ key, operator: "In", values: [value] })),
    ...list(matchExpressions).map(fields),
  ];
}

function meets(labels: Fields, { key, operator, values }: Fields): boolean | undefined {
  const value = labels[text(key) ?? ""];
  const isListed = value !== undefined && list(values).includes(value);
  switch (operator) {
    case "In":
      return isListed;
    case "NotIn":
      return !isListed;
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
  }
  return undefined;
}

function servesHosts({ hostname }: Fields, route: KubeObject): boolean {
  const hosts = texts(fields(route.spec).hostnames);
  if (typeof hostname !== "string" || hosts.length === 0) return true;
  // A name without a dot is the default of a variable that the repository does not show.
  return hosts.some(
    (host) => isOpen(host) || !host.includes(".") || isOpen(hostname) || overlap(host, hostname),
  );
}

/** A wildcard stands for one label or more. */
function overlap(one: string, other: string): boolean {
  const covers = (wildcard: string, host: string): boolean =>
    wildcard.startsWith("*.") && host.endsWith(wildcard.slice(1));
  return one === other || covers(one, other) || covers(other, one);
}
