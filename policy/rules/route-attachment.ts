import { z } from "zod";
import { describeObject, type KubeObject } from "../../kube/objects.ts";
import { attachmentProblems } from "../objects/attachment.ts";
import { appServices, renderedService, type ServicePort } from "../objects/app-template-network.ts";
import { hasPlaceholder } from "../objects/app-template.ts";
import { releaseOf, unrenderedReleases } from "../objects/helm.ts";
import { GATEWAY, SERVICE } from "../objects/kinds.ts";
import { mayBeOperators } from "../objects/operator-services.ts";
import type { ObjectIndex } from "../engine/object-index.ts";
import type { Path } from "../engine/path.ts";
import { oncePer } from "../../lib/once-per.ts";
import { at, fields, list, text, type Fields } from "../engine/read.ts";
import { isPartial } from "../objects/partial.ts";
import { isGranted } from "../objects/reference-grants.ts";
import { ATTACHED_KINDS, attachedRoutes } from "../objects/routes.ts";
import { unencryptedHosts } from "../objects/tls-hosts.ts";
import { defineRule, type Problem, type RuleContext, type NotEvaluated } from "../engine/rule.ts";

type Outcome = Problem | NotEvaluated;

/** See docs/reference/rules/route-attachment.md. */
export const routeAttachment = defineRule({
  id: "route-attachment",
  description:
    "A route attaches to a listener that exists, admits its namespace and serves one of its hostnames. If the Gateway has HTTPS listeners, they serve every hostname. Its backends are Services and ports that exist.",
  why: "A route that does not attach or has no backend serves nothing, and only the route's status shows that. A backend in another namespace needs a ReferenceGrant.",
  remediation:
    "Correct parentRefs or backendRefs, or the listener's allowedRoutes. If a stack or an operator creates the Gateway or Service, add it to the `elsewhere` setting.",
  severity: "high",
  enforcement: "mandatory",
  kinds: ATTACHED_KINDS,
  wholeStack: true,
  settings: z.strictObject({
    elsewhere: z
      .array(z.string())
      .default([])
      .describe(
        "Gateways and Services that a stack, a chart or an operator creates, as `Kind namespace/name`.",
      ),
  }),
  *check(object, context) {
    const { elsewhere } = context.settings;
    for (const { route, path } of attachedRoutes(object, context.objects)) {
      if (isPartial(route)) {
        yield { path: path(["metadata"]), notEvaluated: notKnown(route) };
        continue;
      }
      const spec = fields(route.spec);
      if (list(spec.parentRefs).length === 0)
        yield {
          path: path(["spec"]),
          message: `Route ${route.metadata.name} has no parentRefs, so it serves nothing.`,
        };
      const ofParents = list(spec.parentRefs).flatMap((parent, index) => [
        ...placed(parentProblems(route, fields(parent), elsewhere, context), path, [
          "spec",
          "parentRefs",
          index,
        ]),
      ]);
      yield* ofParents;
      if (ofParents.length === 0) yield* placed(unencryptedHosts(route, context.objects), path, []);
      for (const { backend, place } of backendsOf(spec))
        yield* placed(backendProblems(route, backend, context), path, place);
    }
  },
});

/** A route's backends, including those that get a copy of its requests. */
function backendsOf(spec: Fields): readonly { readonly backend: Fields; readonly place: Path }[] {
  return list(spec.rules).flatMap((rule, index) => {
    const { backendRefs, filters } = fields(rule);
    const place = ["spec", "rules", index];
    return [
      ...list(backendRefs).map((backend, position) => ({
        backend: fields(backend),
        place: [...place, "backendRefs", position],
      })),
      ...list(filters).flatMap((filter, position) => {
        const { backendRef } = fields(fields(filter).requestMirror);
        const mirror = [...place, "filters", position, "requestMirror", "backendRef"];
        return backendRef === undefined ? [] : [{ backend: fields(backendRef), place: mirror }];
      }),
    ];
  });
}

function* placed(outcomes: Iterable<Outcome>, path: (steps: Path) => Path, place: Path): Generator<Outcome> {
  for (const outcome of outcomes) yield { ...outcome, path: path([...place, ...outcome.path]) };
}

/** A problem if the object is sure to be missing; otherwise not evaluated, since another owner may have created the object. */
function unless(isUnknown: boolean, message: string, path: Path = []): Outcome {
  return isUnknown ? { path, notEvaluated: message } : { path, message, cause: message };
}

function notKnown(object: KubeObject): string {
  return `${describeObject(object)} has no spec here: another owner creates the object.`;
}

/** Parents with listeners. A Service can be a parent too, in a mesh. */
const WITH_LISTENERS = ["Gateway", "ListenerSet", "XListenerSet"];

function* parentProblems(
  route: KubeObject,
  parent: Fields,
  elsewhere: readonly string[],
  context: RuleContext,
): Generator<Outcome> {
  const { group = GATEWAY.group, kind = GATEWAY.kind } = parent;
  if (!WITH_LISTENERS.includes(String(kind))) return;
  // The parent is a ListenerSet in the same release.
  if (parent.name === undefined && parent.identifier !== undefined) return;
  const namespace = text(parent.namespace) ?? route.metadata.namespace;
  const name = text(parent.name) ?? "";
  if (hasPlaceholder(name) || hasPlaceholder(namespace ?? "")) return;
  const gateway = context.objects.get({ group: String(group), kind: String(kind) }, namespace, name);
  if (gateway === undefined) {
    const id = `${String(kind)} ${namespace ?? ""}/${name}`;
    if (!elsewhere.includes(id)) yield unless(!context.isComplete, `${id} does not exist.`);
    return;
  }
  if (isPartial(gateway)) yield { path: [], notEvaluated: notKnown(gateway) };
  else yield* attachmentProblems(route, parent, gateway, context);
}

const UNREAD = ": before 4.0, app-template reads its field `name`, not `identifier`";

function* backendProblems(
  route: KubeObject,
  backend: Fields,
  context: RuleContext<{ readonly elsewhere: readonly string[] }>,
): Generator<Outcome> {
  const { objects } = context;
  if (backend.name === undefined) {
    yield {
      path: [],
      message:
        backend.identifier === undefined
          ? `The backend does not name a Service${backend.unread === undefined ? "" : UNREAD}.`
          : `The release has no Service with the identifier ${text(backend.identifier) ?? ""}.`,
    };
    return;
  }
  const [group, kind] = [text(backend.group) ?? "", text(backend.kind) ?? "Service"];
  const [name, namespace] = [
    text(backend.name) ?? "",
    text(backend.namespace) ?? route.metadata.namespace ?? "",
  ];
  if (group !== "" || kind !== "Service" || hasPlaceholder(name) || hasPlaceholder(namespace)) return;
  if (
    namespace !== (route.metadata.namespace ?? "") &&
    !isGranted(route, { group, kind, name, namespace }, objects)
  )
    yield unless(
      !context.isComplete || route.metadata.namespace === undefined,
      `No ReferenceGrant in ${namespace} allows the route to use Service ${name}.`,
      ["namespace"],
    );
  const written = objects.get(SERVICE, namespace, name);
  if (written !== undefined && isPartial(written)) {
    yield { path: [], notEvaluated: notKnown(written) };
    return;
  }
  const ports = portsOf(namespace, name, objects);
  if (ports === undefined) {
    const id = `Service ${namespace}/${name}`;
    if (context.settings.elsewhere.includes(id)) return;
    // A chart may create a Service with any name, and an operator one that is named after a custom resource.
    const isUnknown =
      !context.isComplete || hasOtherCharts(namespace, objects) || mayBeOperators(namespace, name, objects);
    yield unless(isUnknown, `${id} does not exist.`);
  } else if (backend.port !== undefined && !ports.some(({ port }) => port === backend.port))
    yield {
      path: ["port"],
      message: `Service ${namespace}/${name} has no port ${JSON.stringify(backend.port)} (its ports: ${ports.map(({ port }) => String(port)).join(", ") || "none"}).`,
    };
  else if (backend.port === undefined)
    yield { path: [], message: `The backendRef for Service ${name} has no port.` };
}

function portsOf(namespace: string, name: string, objects: ObjectIndex): readonly ServicePort[] | undefined {
  const service = objects.get(SERVICE, namespace, name);
  if (service === undefined)
    return renderedService(namespace, name, objects)?.service.ports ?? FLUX.get(name);
  return list(at(service, ["spec", "ports"])).map((item) => {
    const { name: portName, port } = fields(item);
    return { name: text(portName), port: typeof port === "number" ? port : undefined };
  });
}

/** Services that `flux install` creates in Flux's namespace (github.com/fluxcd/flux2: manifests/bases). */
const FLUX: ReadonlyMap<string, readonly ServicePort[]> = new Map([
  ["webhook-receiver", [{ name: "http", port: 80 }]],
]);

const namespacesWithOtherCharts = oncePer(
  (objects: ObjectIndex) =>
    new Set(
      unrenderedReleases(objects)
        .filter((release) => appServices(release, objects).length === 0)
        .map((release) => releaseOf(release).namespace),
    ),
);

function hasOtherCharts(namespace: string, objects: ObjectIndex): boolean {
  return namespacesWithOtherCharts(objects).has(namespace);
}
