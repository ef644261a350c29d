import { isDeepStrictEqual } from "node:util";
import { mappingsIn, type Mapping } from "../../../../gitops/yaml/values.ts";
import type { BuiltCluster, BuiltObject } from "../../../../gitops/flux/built.ts";
import { appliedBy } from "../../../../gitops/flux/differences.ts";
import { HTTP_ROUTE } from "../../../../../policy/objects/kinds.ts";
import { fieldAt, fieldsIn, nameOf, objectNamed } from "../../../objects.ts";
import type { StepContext } from "../../../step.ts";
import { dialectOf, readIngress, readRoute, type RouteDialect } from "../release/app-template.ts";
import { chartOf } from "../release/chart.ts";
import { withDefaultClass } from "../controllers/default-class.ts";
import { readHttpRoute } from "../routes/http-route.ts";
import { sameCluster, clusterOf } from "../../../clusters.ts";
import { isHttpRoute, isIngress, readAny } from "../reading/kinds.ts";
import { releaseNamespace, rendered } from "../reading/hosts.ts";
import { isForOneRoute } from "../monitoring.ts";
import { parentsOf, type Moving } from "../gateway/parents.ts";
import { missingObject } from "./new-object-violations.ts";
import { whyNotServed } from "./patched.ts";
import { entriesAt, INGRESS, ROUTE, servicesIn, VALUES } from "../release/values.ts";
import { answers, type Reading } from "../reading/served.ts";
import { servicesOf } from "../backends/services.ts";

type Answers = ReadonlySet<string>;

/** Why a HelmRelease would serve requests differently: every host and path must have the same backends behind the listeners of its class. */
export function releaseViolation(
  form: BuiltObject,
  after: Mapping,
  context: StepContext,
): string | undefined {
  const before = form.object;
  if (!isDeepStrictEqual(withoutIngress(before), withoutIngress(after)))
    return "something other than its ingress and route values has changed";
  const dialect = dialectOf(chartOf(before, context.clusters));
  const cluster = clusterOf(form, context.clusters);
  if (typeof dialect === "string") return dialect;
  const [was, is] = [before, after].map((release) => ({
    ingress: ingressAnswers(release, context, { cluster, takesPort: dialect.takesParentPort }),
    route: routeAnswers(release, dialect),
  }));
  if (!was || !is) return "there is nothing to compare";
  if (!isDeepStrictEqual(was.ingress.union(was.route), is.ingress.union(is.route)))
    return "its routes do not serve what its Ingresses did";
  const { keepIngress } = context.options.route;
  if (keepIngress && !isDeepStrictEqual(was.ingress, is.ingress))
    return "an Ingress that should be kept was removed";
  if (!keepIngress && !is.ingress.isDisjointFrom(is.route)) return "a host has both an Ingress and a route";
  const strange = foreignMetadata(routesOf(after), [...ingressesOf(before), ...routesOf(before)]);
  return strange && `a route has ${strange}, which none of its Ingresses has`;
}

function withoutIngress(release: Mapping): unknown {
  const values = Object.entries(fieldsIn(release, VALUES));
  const rest = values.filter(([key]) => key !== "ingress" && key !== "route");
  return { ...release, spec: { ...fieldsIn(release, ["spec"]), values: Object.fromEntries(rest) } };
}

const ingressesOf = (release: Mapping): readonly Mapping[] =>
  entriesAt(release, INGRESS).map(([, entry]) => entry);

const routesOf = (release: Mapping): readonly Mapping[] =>
  entriesAt(release, ROUTE).map(([, entry]) => entry);

function ingressAnswers(
  release: Mapping,
  context: StepContext,
  place: Pick<Moving, "cluster" | "takesPort">,
): Answers {
  const services = servicesIn(release);
  const namespace = releaseNamespace(release);
  const all = ingressesOf(release).map((entry) => {
    const reading = readIngress(entry, services, namespace);
    const hosts = [...new Set(reading.served.map(({ host }) => rendered(host, release)))];
    return classAnswers({ ...place, reading, hosts, namespace }, context);
  });
  return all.reduce((one, other) => one.union(other), new Set<string>());
}

function routeAnswers(release: Mapping, dialect: RouteDialect): Answers {
  const services = servicesIn(release);
  const all = routesOf(release).map((entry) =>
    answers(mappingsIn(entry.parentRefs), readRoute(entry, services, dialect)),
  );
  return all.reduce((one, other) => one.union(other), new Set<string>());
}

/** What an Ingress serves, expressed as a route; if its class has no Gateway, behind a listener named after the class. */
export function classAnswers(given: Moving, context: StepContext): Answers {
  const moving = { ...given, reading: withDefaultClass(given.reading, given.cluster, context.options.route) };
  const parents = parentsOf(moving, context);
  const { ingressClass = "", served } = moving.reading;
  const own = [{ name: `class ${ingressClass}` }];
  return answers(typeof parents === "string" ? own : parents.parentRefs, served);
}

/** Like {@link classAnswers}, for an Ingress or IngressRoute that is an object. */
export function objectAnswers(
  reading: Reading,
  namespace: string,
  cluster: Moving["cluster"],
  context: StepContext,
): Answers {
  const hosts = [...new Set(reading.served.map(({ host }) => host))];
  return classAnswers({ reading, hosts, namespace, cluster, takesPort: true }, context);
}

/** An annotation or label on a route that no source has. */
function foreignMetadata(routes: readonly Mapping[], sources: readonly Mapping[]): string | undefined {
  const pairs = (fields: Mapping): string[] =>
    ["annotations", "labels"].flatMap((kind) =>
      Object.entries(fieldsIn(fields, [kind])).map(([name, value]) => JSON.stringify([kind, name, value])),
    );
  const known = new Set(sources.flatMap(pairs));
  return routes.flatMap(pairs).find((pair) => !known.has(pair));
}

/** Why an Ingress or IngressRoute must not be removed: no HTTPRoute in its namespace serves what it did. */
export function removalViolation(
  gone: BuiltObject,
  context: StepContext,
  after: readonly BuiltCluster[],
): string | undefined {
  const before = clusterOf(gone, context.clusters);
  const { namespace } = nameOf(gone.object);
  const reading = readAny(gone.object, namespace, servicesOf(before));
  const [refusal] = reading.refusals;
  if (refusal !== undefined) return refusal;
  const now = sameCluster(before, after);
  const missing = missingObject(gone.object, reading, now);
  if (missing !== undefined) return missing;
  const routes = objectsIn(now, namespace, isHttpRoute).map((built) => ({
    ...built,
    answers: httpAnswers(built.object, namespace),
  }));
  const all = routes.reduce((one, other) => one.union(other.answers), new Set<string>());
  const own = objectAnswers(reading, namespace, before, context);
  if (!own.isSubsetOf(all)) return whyNotServed(gone);
  const added = routes
    .filter((route) => !route.answers.isDisjointFrom(own))
    .filter(({ object }) => !before || !objectNamed([before], HTTP_ROUTE, nameOf(object)));
  // Another Kustomization may build the same files with other metadata.
  const together = added.filter((route) => appliedBy(route) === appliedBy(gone));
  const built = together.length > 0 ? together : added;
  const lost = lostMetadata(
    gone.object,
    reading,
    built.map(({ object }) => object),
  );
  return (
    lost && `its HTTPRoute would not have ${lost}, which a patch sets: extend the patch to HTTPRoutes first`
  );
}

/** A label or an annotation of an Ingress that one of its new routes does not have. */
function lostMetadata(
  ingress: Mapping,
  { annotations: { kept } }: Reading,
  routes: readonly Mapping[],
): string | undefined {
  const wanted = { label: fieldsIn(ingress, ["metadata", "labels"]), annotation: kept };
  for (const [what, fields] of Object.entries(wanted))
    for (const [name, value] of Object.entries(fields)) {
      const path = ["metadata", `${what}s`, name];
      const has = (route: Mapping): boolean => isDeepStrictEqual(fieldAt(route, path), value);
      const isThere = isForOneRoute(name) ? routes.some(has) || routes.length === 0 : routes.every(has);
      if (!isThere) return `${what} ${name}`;
    }
  return undefined;
}

/** Why an HTTPRoute must not be added: it serves what no Ingress in its namespace did, or the Ingress still exists. */
export function additionViolation(
  come: BuiltObject,
  context: StepContext,
  after: readonly BuiltCluster[],
): string | undefined {
  const now = clusterOf(come, after);
  const before = sameCluster(now, context.clusters);
  const { namespace } = nameOf(come.object);
  const own = httpAnswers(come.object, namespace);
  const sources = objectsIn(before, namespace, isIngress)
    .map((ingress) => ({ ingress, reading: readAny(ingress.object, namespace, servicesOf(before)) }))
    .filter(({ reading }) => reading.refusals.length === 0)
    .map(({ ingress, reading }) => ({ ingress, answers: objectAnswers(reading, namespace, before, context) }))
    .filter((source) => !source.answers.isDisjointFrom(own));
  const all = sources.reduce<Answers>((one, source) => one.union(source.answers), new Set());
  if (own.size === 0 || !own.isSubsetOf(all)) return "it serves what no Ingress in its namespace did";
  const metadata = (object: Mapping): Mapping => fieldsIn(object, ["metadata"]);
  const strange = foreignMetadata(
    [metadata(come.object)],
    sources.map(({ ingress }) => metadata(ingress.object)),
  );
  if (strange !== undefined) return `it has ${strange}, which none of its Ingresses has`;
  const still = objectsIn(now, namespace, isIngress).some(({ object }) =>
    sources.some(
      ({ ingress }) =>
        ingress.object.kind === object.kind && isDeepStrictEqual(nameOf(ingress.object), nameOf(object)),
    ),
  );
  return still && !context.options.route.keepIngress ? "its host has both an Ingress and a route" : undefined;
}

function objectsIn(
  cluster: BuiltCluster | undefined,
  namespace: string,
  matches: (object: Mapping) => boolean,
): readonly BuiltObject[] {
  return (cluster?.objects ?? []).filter(
    ({ object }) => matches(object) && nameOf(object).namespace === namespace,
  );
}

/** What an HTTPRoute serves. */
export function httpAnswers(route: Mapping, namespace: string): Answers {
  const { parentRefs, served } = readHttpRoute(route, namespace);
  return answers(parentRefs, served);
}
