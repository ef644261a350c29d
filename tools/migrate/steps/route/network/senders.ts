import { posix } from "node:path";
import { oncePer } from "../../../../../lib/once-per.ts";
import { texts } from "../../../../../policy/engine/read.ts";
import { hasTraefikClass } from "../../../../../policy/objects/traefiks.ts";
import type { BuiltCluster } from "../../../../gitops/flux/built.ts";
import { scalarText } from "../../../../gitops/kustomize/resource.ts";
import { fileText } from "../../../../gitops/yaml/file-text.ts";
import { locate, SourceFile, type Position } from "../../../../gitops/yaml/source.ts";
import { isMapping, mappingsIn, originOf, type Mapping, type Value } from "../../../../gitops/yaml/values.ts";
import { indexOf } from "../../../clusters.ts";
import { fieldsIn, nameOf } from "../../../objects.ts";
import type { Note, StepContext } from "../../../step.ts";
import { isDocumentation, textFiles } from "../../../text-files.ts";
import { isRelease } from "../../oci/artifact.ts";
import { controllerOf } from "../controllers/classes.ts";
import { controllerServices, type ControllerService } from "../controllers/services.ts";
import { traefik } from "../controllers/traefik.ts";
import { traefiksBehind } from "../gateway/doors.ts";
import { gatewayIn } from "../gateway/gateway.ts";
import { redirects } from "../plain/middleware-redirects.ts";
import { classesThatMove, type DnsRecord } from "../outcome.ts";

/**
 * What sends requests to the Services of controllers whose Ingresses move, such as the configuration of a tunnel: DNS does not change where
 * these requests go, and the controller answers them with 404 after the move.
 */
export function senders(records: readonly DnsRecord[], context: StepContext): readonly Note[] {
  const notes = context.clusters.flatMap((cluster) =>
    classesThatMove(records, cluster)
      .flatMap((ingressClass) => servicesLeft(ingressClass, cluster, context))
      .flatMap((left) => mentionsOf(left, cluster, context).map((position) => noteOf(left, position))),
  );
  return [...new Map(notes.map((note) => [`${note.position.file}:${note.position.line}`, note])).values()];
}

/** Where the repository sends requests to the Services of the controller of one class: `tunnel/config.yaml:4`. */
export const placesThatSend = (
  ingressClass: string,
  cluster: BuiltCluster,
  context: StepContext,
): readonly string[] => [
  ...new Set(
    controllerServices(ingressClass, cluster)
      .flatMap((service) => mentionsOf(service, cluster, context))
      .map(({ file, line }) => `${file}:${line}`),
  ),
];

function noteOf(
  { namespace, name, mayServeGateway }: Left,
  position: Position,
): Note & { position: Position } {
  const unless = mayServeGateway ? "; unless its Traefik also serves the Gateway," : ":";
  return {
    kind: "cutover",
    message: `sends requests to Service ${namespace}/${name}, whose Ingresses move${unless} send those for the moved hosts to the Gateway's Service in the same commit, or they get 404, whatever DNS says`,
    position,
  };
}

/** A Service whose Ingresses move. */
interface Left extends ControllerService {
  /** Whether the repository does not show that another controller serves the Gateway. */
  readonly mayServeGateway: boolean;
}

/** The Services of a class's controller; none if its Traefik serves the Gateway, too. */
function servicesLeft(ingressClass: string, cluster: BuiltCluster, context: StepContext): readonly Left[] {
  const option = context.options.route.gateways[ingressClass];
  const gateway = option && gatewayIn(cluster, option);
  const doors = option ? traefiksBehind(option, cluster, context).map(({ source }) => source) : [];
  const mayServeGateway =
    controllerOf(ingressClass, cluster) === traefik &&
    (gateway === undefined || (doors.length === 0 && hasTraefikClass(gateway, indexOf(cluster))));
  return controllerServices(ingressClass, cluster)
    .filter(({ source }) => !doors.includes(source))
    .map((service) => ({ ...service, mayServeGateway }));
}

/** Where the repository names a Service of a cluster as the destination of requests. */
function mentionsOf(
  service: ControllerService,
  cluster: BuiltCluster,
  context: StepContext,
): readonly Position[] {
  return [...inText(service, cluster, context), ...inReferences(service, cluster)];
}

/** Lines that are only a comment. */
const COMMENT = /^\s*(?:#|\/\/)/;

function inText(
  { namespace, name, ownPorts }: ControllerService,
  cluster: BuiltCluster,
  { repository, clusters }: StepContext,
): readonly Position[] {
  const [service, place] = [RegExp.escape(name), RegExp.escape(namespace)];
  const full = new RegExp(`(?<![\\w.-])${service}\\.${place}(?:\\.svc(?![\\w-])|\\.?(?![\\w.-]))`, "g");
  // A name without a namespace means a Service in the sender's own.
  const short = new RegExp(`://${service}(?![\\w.-])`, "g");
  const isIn = (line: string, pattern: RegExp): boolean =>
    [...line.matchAll(pattern)].some(({ 0: found, index }) => {
      // In a regular expression, a dot or a quantifier follows: it matches hosts, and nothing is sent there.
      if (/^\\+[.?:/]/.test(line.slice(index + found.length))) return false;
      const [, port = ""] = /^[\w.-]*:(\d+)/.exec(line.slice(index + found.length)) ?? [];
      return !ownPorts.has(port);
    });
  return textFiles(repository).flatMap((file) => {
    if (isDocumentation(file)) return [];
    const text = fileText(repository, file) ?? "";
    if (!text.includes(name) || text.includes("\0")) return [];
    const source = new SourceFile(file, text);
    const users = usersOf(file, clusters);
    if (users.size > 0 && !users.has(cluster)) return [];
    let offset = 0;
    return text.split("\n").flatMap((line) => {
      const position = { source, offset };
      offset += line.length + 1;
      if (COMMENT.test(line)) return [];
      const isNamed = isIn(line, full) || (isIn(line, short) && users.get(cluster)?.has(namespace));
      return isNamed ? [locate(position)] : [];
    });
  });
}

/** The clusters that receive objects from a file or, if none does, from the nearest directory around it, with the namespaces of the objects. */
function usersOf(
  file: string,
  clusters: readonly BuiltCluster[],
): ReadonlyMap<BuiltCluster, ReadonlySet<string>> {
  for (let path = file; path !== "."; path = posix.dirname(path)) {
    const users = new Map(
      clusters.flatMap((cluster) => {
        const namespaces = namespacesByPath(cluster).get(path);
        return namespaces ? [[cluster, namespaces] as const] : [];
      }),
    );
    if (users.size > 0) return users;
  }
  return new Map();
}

/** The namespaces of the objects from each file and from the files in each directory, without the directories below. */
const namespacesByPath = oncePer(({ objects }: BuiltCluster): ReadonlyMap<string, ReadonlySet<string>> => {
  const namespaces = new Map<string, Set<string>>();
  for (const { object, origin } of objects) {
    const { file } = locate(origin);
    for (const path of [file, posix.dirname(file)]) {
      const own = namespaces.get(path) ?? new Set();
      namespaces.set(path, own.add(nameOf(object).namespace));
    }
  }
  return namespaces;
});

/** References of other objects, such as a backendRef: a name and a port, with a namespace if it is another one. */
function inReferences(service: ControllerService, cluster: BuiltCluster): readonly Position[] {
  return cluster.objects
    .filter(({ object }) => object.kind !== "Service")
    .flatMap(({ object }) => {
      const { namespace } = nameOf(object);
      const content = isRelease(object) ? fieldsIn(object, ["spec", "values"]) : reachedSpec(object, cluster);
      return allMappings(content)
        .filter(
          ({ name, port, kind = "Service", namespace: other = namespace }) =>
            name === service.name &&
            port !== undefined &&
            !service.ownPorts.has(portText(port)) &&
            kind === "Service" &&
            other === service.namespace,
        )
        .map((reference) => locate(originOf(reference)));
    });
}

/** A port by its number or name, as an Ingress writes it, too. */
const portText = (port: Value): string =>
  isMapping(port) ? scalarText(port.number ?? port.name) : scalarText(port);

/** The spec of an object, without the rules of an IngressRoute whose backend no request reaches, because a Middleware redirects all of plain HTTP. */
function reachedSpec(object: Mapping, cluster: BuiltCluster): Mapping {
  const spec = fieldsIn(object, ["spec"]);
  const entryPoints = texts(spec.entryPoints);
  if (object.kind !== "IngressRoute" || entryPoints.length === 0 || entryPoints.some((one) => one !== "web"))
    return spec;
  const { namespace } = nameOf(object);
  const isRedirected = (rule: Mapping): boolean =>
    mappingsIn(rule.middlewares).some((one) =>
      redirects({ namespace: scalarText(one.namespace) || namespace, name: scalarText(one.name) }, cluster),
    );
  return { routes: mappingsIn(spec.routes).filter((rule) => !isRedirected(rule)) };
}

/** Every mapping in a value, at any depth. */
function allMappings(value: Value | undefined): readonly Mapping[] {
  if (Array.isArray(value)) return value.flatMap(allMappings);
  return isMapping(value) ? [value, ...Object.values(value).flatMap(allMappings)] : [];
}
