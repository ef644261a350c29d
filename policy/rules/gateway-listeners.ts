import { describeObject, type KubeObject } from "../../kube/objects.ts";
import { isOpen } from "../objects/app-template.ts";
import { GATEWAY } from "../objects/kinds.ts";
import { isMade } from "../objects/secret-sources.ts";
import type { ObjectIndex } from "../engine/object-index.ts";
import type { Path } from "../engine/path.ts";
import { at, fields, list, text, type Fields } from "../engine/read.ts";
import { isGranted, type ForeignReference } from "../objects/reference-grants.ts";
import { defineRule, type Problem, type RuleContext, type Undecided } from "../engine/rule.ts";
import { classOf, gatewaysByClass, gatewayTraefiks, isTraefiks, traefiksOf } from "../objects/traefiks.ts";

/** See `docs/reference/policies.md`. */
export const gatewayListeners = defineRule({
  id: "gateway-listeners",
  description:
    "A Gateway's listeners are such that Traefik can serve them: each HTTPS listener with one certificate, which it may read; ports that are ports of Traefik's entry points; no two listeners for the same; one Gateway, one class, one Traefik.",
  remediation:
    "One HTTPS listener for each hostname, each with one tls.certificateRefs entry; ports as in Traefik's entry points (values ports.<name>.port of its chart); a class and a Traefik of its own for each Gateway.",
  severity: "high",
  enforcement: "mandatory",
  kinds: [GATEWAY],
  wholeStack: true,
  *check(gateway, context) {
    const listeners = list(at(gateway, ["spec", "listeners"])).map(fields);
    for (const [index, listener] of listeners.entries()) {
      const path = ["spec", "listeners", index];
      yield* tlsProblems(gateway, listener, path, context);
      yield* portProblems(gateway, listener, path, context);
      yield* twinProblems(listener, listeners.slice(0, index), path);
    }
    if (isTraefiks(gateway, context.objects)) yield* sharedTraefik(gateway, context);
  },
});

function* tlsProblems(
  gateway: KubeObject,
  listener: Fields,
  path: Path,
  { objects, host }: RuleContext,
): Generator<Problem | Undecided> {
  const tls = fields(listener.tls);
  const secure = listener.protocol === "HTTPS" || listener.protocol === "TLS";
  if (!secure || tls.mode === "Passthrough") return;
  const references = list(tls.certificateRefs).map(fields);
  if (references.length === 0)
    yield {
      path: listener.tls === undefined ? path : [...path, "tls"],
      message: `The listener ${text(listener.name) ?? ""} has no certificate (tls.certificateRefs), which ${String(listener.protocol)} needs.`,
    };
  if (references.length > 1 && isTraefiks(gateway, objects))
    yield {
      path: [...path, "tls", "certificateRefs", 1],
      message: "Traefik reads the first certificate of a listener alone.",
    };
  for (const [index, { group = "", kind = "Secret", name, namespace }] of references.entries()) {
    const place = [...path, "tls", "certificateRefs", index];
    const where = text(namespace) ?? gateway.metadata.namespace ?? "";
    const reference = { group: String(group), kind: String(kind), name: String(name), namespace: where };
    if (host === "repository" && isUnknown(reference, gateway, objects))
      yield {
        path: place,
        message: `Nothing here makes Secret ${where}/${reference.name}; without it the listener serves nothing.`,
        remediation: "Check its name, and that of the Certificate's spec.secretName.",
        advice: true,
      };
    if (where === gateway.metadata.namespace) continue;
    if (isGranted(gateway, reference, objects)) continue;
    const message = `No ReferenceGrant in ${where} lets the Gateway read ${reference.kind} ${reference.name}.`;
    yield host === "repository" ? { path: place, message } : { path: place, undecided: message };
  }
}

/** A Secret that no object makes, as far as one sees: not by cert-manager for the Gateway itself, nor by a Certificate and the like. */
function isUnknown(
  { group, kind, name, namespace }: ForeignReference,
  gateway: KubeObject,
  objects: ObjectIndex,
): boolean {
  if (group !== "" || kind !== "Secret" || isOpen(name)) return false;
  const isShimmed = Object.keys(fields(gateway.metadata.annotations)).some((key) =>
    key.startsWith("cert-manager.io/"),
  );
  return !isShimmed && isMade("Secret", namespace, name, objects) === false;
}

function* portProblems(
  gateway: KubeObject,
  listener: Fields,
  path: Path,
  context: RuleContext,
): Generator<Problem> {
  const { port } = listener;
  if (typeof port !== "number" || !isTraefiks(gateway, context.objects)) return;
  const traefiks = traefiksOf(gateway, context);
  if (traefiks.length === 0 || traefiks.some(({ ports }) => ports.has(port))) return;
  const found = traefiks.map(({ source, ports }) => `${describeObject(source)} has ${[...ports].join(", ")}`);
  yield {
    path: [...path, "port"],
    message: `No entry point of Traefik has the port ${port} (${found.join("; ")}): the listener gets PortUnavailable.`,
  };
}

/** What the API calls distinct: port, protocol and hostname (https://gateway-api.sigs.k8s.io/reference/spec/#listener). */
function* twinProblems(listener: Fields, before: readonly Fields[], path: Path): Generator<Problem> {
  const { name, port, protocol, hostname } = listener;
  if (before.some((other) => other.name === name))
    yield { path: [...path, "name"], message: `Another listener is named ${String(name)}.` };
  const twin = before.find((other) => other.port === port && other.hostname === hostname);
  if (twin !== undefined && (twin.protocol === protocol || isHttp(twin.protocol) !== isHttp(protocol)))
    yield {
      path: [...path, hostname === undefined ? "port" : "hostname"],
      message: `The listener ${String(twin.name)} is for ${text(hostname) ?? "every hostname"} on port ${String(port)}, too.`,
    };
}

function isHttp(protocol: unknown): boolean {
  return protocol === "HTTP";
}

/** Traefik maps listeners to entry points by port alone and has one status address. */
function* sharedTraefik(gateway: KubeObject, context: RuleContext): Generator<Problem> {
  const { objects } = context;
  const className = classOf(gateway);
  const classmate = (gatewaysByClass(objects).get(className) ?? []).find((other) => other !== gateway);
  if (classmate !== undefined)
    yield {
      path: ["spec", "gatewayClassName"],
      message: `${describeObject(classmate)} has the class ${className}, too: one Traefik would serve the routes of both at the addresses of both.`,
    };
  const others = [...gatewaysByClass(objects).values()]
    .flat()
    .filter((other) => classOf(other) !== className && isTraefiks(other, objects));
  const [only, ...more] = gatewayTraefiks(context);
  if (others[0] !== undefined && only !== undefined && more.length === 0 && only.selector === undefined)
    yield {
      path: ["spec", "gatewayClassName"],
      message: `${describeObject(only.source)} is the only Traefik and takes every class, that of ${describeObject(others[0])} among them.`,
      remediation:
        "Give each Gateway a Traefik of its own, kept to its class by providers.kubernetesGateway.labelselector.",
    };
}
