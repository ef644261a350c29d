import { describeObject, type KubeObject } from "../../kube/objects.ts";
import { hasPlaceholder } from "../objects/app-template.ts";
import { GATEWAY } from "../objects/kinds.ts";
import { isProvided } from "../objects/secret-sources.ts";
import type { ObjectIndex } from "../engine/object-index.ts";
import type { Path } from "../engine/path.ts";
import { at, fields, list, text, type Fields } from "../engine/read.ts";
import { isGranted, type ForeignReference } from "../objects/reference-grants.ts";
import { defineRule, type Problem, type RuleContext, type NotEvaluated } from "../engine/rule.ts";
import {
  classOf,
  gatewaysByClass,
  gatewayTraefiks,
  hasTraefikClass,
  traefiksOf,
} from "../objects/traefiks.ts";

/** See docs/reference/rules/gateway-listeners.md. */
export const gatewayListeners = defineRule({
  id: "gateway-listeners",
  description:
    "Traefik can serve every listener of a Gateway: each HTTPS listener has one readable certificate, each port belongs to an entry point, no two listeners are the same, and no other Gateway shares the class or the Traefik.",
  why: "Traefik before 3.7 reads only a listener's first certificate. Every Traefik maps listeners to entry points by port alone, and reports one status address for all Gateways that it serves.",
  remediation:
    "Define one HTTPS listener per hostname, each with one entry in tls.certificateRefs: several work since Traefik 3.7, but then one missing Secret disables the listener for all of them. Use the ports of Traefik's entry points (ports.<name>.port in its chart's values). Give each Gateway a separate class and a separate Traefik.",
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
      yield* duplicateProblems(listener, listeners.slice(0, index), path);
    }
    if (hasTraefikClass(gateway, context.objects)) yield* sharedTraefik(gateway, context);
  },
});

function* tlsProblems(
  gateway: KubeObject,
  listener: Fields,
  path: Path,
  context: RuleContext,
): Generator<Problem | NotEvaluated> {
  const { objects, isComplete } = context;
  const tls = fields(listener.tls);
  const secure = listener.protocol === "HTTPS" || listener.protocol === "TLS";
  if (!secure || tls.mode === "Passthrough") return;
  const references = list(tls.certificateRefs).map(fields);
  if (references.length === 0)
    yield {
      path: listener.tls === undefined ? path : [...path, "tls"],
      message: `Listener ${text(listener.name) ?? ""} has no certificate; ${String(listener.protocol)} needs tls.certificateRefs.`,
    };
  if (references.length > 1 && hasTraefikClass(gateway, objects) && !servesAll(gateway, context))
    yield {
      path: [...path, "tls", "certificateRefs", 1],
      message: "Traefik before 3.7 reads only a listener's first certificate.",
    };
  for (const [index, { group = "", kind = "Secret", name, namespace }] of references.entries()) {
    const place = [...path, "tls", "certificateRefs", index];
    const where = text(namespace) ?? gateway.metadata.namespace ?? "";
    const reference = { group: String(group), kind: String(kind), name: String(name), namespace: where };
    if (isComplete && isUnknown(reference, gateway, objects))
      yield {
        path: place,
        message: `Nothing in the repository creates Secret ${where}/${reference.name}, without which the listener does not work.`,
        remediation: "Check the name here and in the Certificate's spec.secretName.",
        warning: true,
      };
    if (where === gateway.metadata.namespace) continue;
    if (isGranted(gateway, reference, objects)) continue;
    const message = `No ReferenceGrant in ${where} allows the Gateway to read ${reference.kind} ${reference.name}.`;
    yield isComplete ? { path: place, message } : { path: place, notEvaluated: message };
  }
}

/** Whether the Traefiks of the Gateway are known to serve every certificate of a listener. */
function servesAll(gateway: KubeObject, context: RuleContext): boolean {
  const traefiks = traefiksOf(gateway, context);
  return traefiks.length > 0 && traefiks.every(({ servesAllCertificates }) => servesAllCertificates);
}

/**
 * Whether nothing creates the Secret: the Gateway has no annotation for cert-manager, and no Certificate or similar object exists.
 */
function isUnknown(
  { group, kind, name, namespace }: ForeignReference,
  gateway: KubeObject,
  objects: ObjectIndex,
): boolean {
  if (group !== "" || kind !== "Secret" || hasPlaceholder(name)) return false;
  const hasIssuer = Object.keys(fields(gateway.metadata.annotations)).some((key) =>
    key.startsWith("cert-manager.io/"),
  );
  return !hasIssuer && isProvided("Secret", namespace, name, objects) === false;
}

function* portProblems(
  gateway: KubeObject,
  listener: Fields,
  path: Path,
  context: RuleContext,
): Generator<Problem> {
  const { port } = listener;
  if (typeof port !== "number" || !hasTraefikClass(gateway, context.objects)) return;
  const traefiks = traefiksOf(gateway, context);
  if (traefiks.length === 0 || traefiks.some(({ ports }) => ports.has(port))) return;
  const found = traefiks.map(({ source, ports }) => `${describeObject(source)} has ${[...ports].join(", ")}`);
  yield {
    path: [...path, "port"],
    message: `No Traefik entry point has port ${port} (${found.join("; ")}), so Traefik reports the listener as PortUnavailable.`,
  };
}

/** Reports listeners that do not differ in port, protocol or hostname (https://gateway-api.sigs.k8s.io/reference/spec/#listener). */
function* duplicateProblems(listener: Fields, before: readonly Fields[], path: Path): Generator<Problem> {
  const { name, port, protocol, hostname } = listener;
  if (before.some((other) => other.name === name))
    yield { path: [...path, "name"], message: `Another listener is also named ${String(name)}.` };
  const twin = before.find((other) => other.port === port && other.hostname === hostname);
  if (twin !== undefined && (twin.protocol === protocol || isHttp(twin.protocol) !== isHttp(protocol)))
    yield {
      path: [...path, hostname === undefined ? "port" : "hostname"],
      message: `Listener ${String(twin.name)} also serves ${text(hostname) ?? "every hostname"} on port ${String(port)}.`,
    };
}

function isHttp(protocol: unknown): boolean {
  return protocol === "HTTP";
}

/** Reports Gateways that share a Traefik, which maps listeners to entry points by port alone and reports a single status address. */
function* sharedTraefik(gateway: KubeObject, context: RuleContext): Generator<Problem> {
  const { objects } = context;
  const className = classOf(gateway);
  const classmate = (gatewaysByClass(objects).get(className) ?? []).find((other) => other !== gateway);
  if (classmate !== undefined)
    yield {
      path: ["spec", "gatewayClassName"],
      message: `${describeObject(classmate)} also uses the class ${className}, so one Traefik serves the routes of both at the addresses of both.`,
    };
  const others = [...gatewaysByClass(objects).values()]
    .flat()
    .filter((other) => classOf(other) !== className && hasTraefikClass(other, objects));
  const [only, ...more] = gatewayTraefiks(context);
  if (others[0] !== undefined && only !== undefined && more.length === 0 && only.selector === undefined)
    yield {
      path: ["spec", "gatewayClassName"],
      message: `${describeObject(only.source)} is the only Traefik and serves every class, including that of ${describeObject(others[0])}.`,
      remediation: `Give each Gateway a separate Traefik, limited to the Gateway's class by ${only.selectorSetting}.`,
    };
}
