import { asKubeObject } from "../../../../lint/kube-object.ts";
import { releaseOf } from "../../../../../policy/objects/helm.ts";
import { isDeepStrictEqual } from "node:util";
import { scalarText } from "../../../../gitops/kustomize/resource.ts";
import { isMapping, type Mapping } from "../../../../gitops/yaml/values.ts";
import type { BuiltCluster, BuiltObject } from "../../../../gitops/flux/built.ts";
import { HTTP_ROUTE } from "../../../../../policy/objects/kinds.ts";
import {
  fieldAt,
  fieldsIn,
  nameOf,
  objectNamed,
  objectsNamed,
  type WrittenObject,
} from "../../../objects.ts";
import { lossNotes, whyNotAccepted } from "../../../losses.ts";
import type { StepContext } from "../../../step.ts";
import { isRelease } from "../../oci/artifact.ts";
import { chartOf } from "../release/chart.ts";
import { httpRoute, readHttpRoute } from "./http-route.ts";
import { clusterOf } from "../../../clusters.ts";
import { releaseNamespace } from "../reading/hosts.ts";
import { moveOf, type Move } from "../move.ts";
import { refused, type Stay } from "../outcome.ts";
import { entriesAt, INGRESS, ROUTE } from "../release/values.ts";
import { isIngress, readAny } from "../reading/kinds.ts";
import { withFiltered } from "../dns/filtered.ts";
import { annotationsPerRoute } from "../monitoring.ts";
import { newObjects, presentObject } from "./new-objects.ts";
import type { Successors } from "../text/comment-targets.ts";
import { answers, groupName, hostGroups, type Served } from "../reading/served.ts";
import { servicesOf } from "../backends/services.ts";

/** The HTTPRoutes of an Ingress or IngressRoute, and the objects that they need. */
export interface PlannedRoutes {
  readonly routes: readonly Mapping[];
  /** The HTTPRoutes that are missing from at least one cluster. */
  readonly missing: readonly Mapping[];
  /** The objects of Traefik that the routes need and at least one cluster lacks. */
  readonly added: readonly Mapping[];
  readonly notes: Move["notes"];
  readonly records: Move["records"];
  readonly successors: Successors;
}

/** Plans the HTTPRoutes that replace an Ingress or IngressRoute; why it stays if they cannot. */
export function plannedRoutes(
  written: Mapping,
  ingress: WrittenObject,
  context: StepContext,
): PlannedRoutes | Stay {
  const forms = ingress.forms.map((form) => {
    const cluster = clusterOf(form, context.clusters);
    const { namespace } = nameOf(form.object);
    const services = servicesOf(cluster);
    return { form, cluster, namespace, services, reading: readAny(form.object, namespace, services) };
  });
  const [first] = forms;
  if (!first) return refused("it is not deployed to any cluster");
  const clusters = forms.map(({ cluster }) => cluster);
  const reading = withFiltered(readAny(written, first.namespace, first.services), clusters);
  const readings = forms.map((one) => withFiltered(one.reading, clusters));
  const move = moveOf({ written: reading, forms: readings, ingress, takesPort: true }, context);
  if ("kind" in move) return move;
  const refusal = whyNotAccepted(move.losses, context);
  if (refusal !== undefined) return refused(refusal);
  const { parentRefs } = move.parents;
  const groups = hostGroups(reading.served);
  const kept = annotationsPerRoute(reading.annotations.kept, groups);
  const routes = routesFor(written, { groups, kept }, parentRefs);
  const taken = forms.map(({ form, cluster }) => namesake(form, cluster, context)).find(Boolean);
  if (taken !== undefined) return refused(taken);
  const missing = lacking(routes, (_, index) =>
    forms.map(({ form, cluster, reading: { served } }) =>
      presentRoute({ form, cluster, served }, index, parentRefs),
    ),
  );
  if ("other" in missing)
    return refused(
      `HTTPRoute ${nameOf(missing.other).name} already exists and serves something else: make it match the Ingress, or remove one of them`,
    );
  const added = lacking(newObjects(reading, fieldsIn(written, ["metadata"])), (wanted) =>
    forms.map(({ cluster, namespace }) => presentObject(cluster, namespace, wanted)),
  );
  if ("other" in added)
    return refused(
      `${scalarText(added.other.kind)} ${nameOf(added.other).name} already exists and does something else: rename one of them`,
    );
  return {
    routes,
    missing,
    added,
    notes: [...lossNotes(move.losses, undefined), ...move.notes],
    records: move.records,
    successors: {
      reading,
      parents: move.parents,
      groups,
      kept,
      added,
      name: nameIn(written),
      isEntry: false,
    },
  };
}

const nameIn = (written: Mapping): string => scalarText(fieldAt(written, ["metadata", "name"]));

/** One HTTPRoute for each group of hosts with the same rules. */
function routesFor(
  written: Mapping,
  { groups, kept }: Pick<Successors, "groups" | "kept">,
  parentRefs: readonly Mapping[],
): readonly Mapping[] {
  const name = nameIn(written);
  return groups.map((group, index) =>
    httpRoute(metadataOf(written, kept[index] ?? {}, groupName(name, index)), parentRefs, group),
  );
}

/** The wanted objects that at least one cluster lacks; the first one that has another content in a cluster, if there is one. */
function lacking(
  all: readonly Mapping[],
  presenceOf: (wanted: Mapping, index: number) => readonly ("same" | "other" | undefined)[],
): readonly Mapping[] | { readonly other: Mapping } {
  const lacked: Mapping[] = [];
  for (const [index, wanted] of all.entries()) {
    const present = presenceOf(wanted, index);
    if (present.includes("other")) return { other: wanted };
    if (!present.every((one) => one === "same")) lacked.push(wanted);
  }
  return lacked;
}

/** The metadata of a route, in the order of its Ingress's. */
function metadataOf(written: Mapping, kept: Mapping, name: string): Mapping {
  const metadata = fieldsIn(written, ["metadata"]);
  const { namespace, labels } = metadata;
  const own: Mapping = {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(isMapping(labels) ? { labels } : {}),
    ...(Object.keys(kept).length === 0 ? {} : { annotations: kept }),
  };
  return Object.fromEntries(
    Object.keys(metadata).flatMap((key) => (own[key] === undefined ? [] : [[key, own[key]]])),
  );
}

/** Whether the HTTPRoute for a group of hosts exists in the cluster, and serves what it should. */
function presentRoute(
  {
    form: { object },
    cluster,
    served: all,
  }: { form: BuiltObject; cluster: BuiltCluster | undefined; served: readonly Served[] },
  index: number,
  parentRefs: readonly Mapping[],
): "same" | "other" | undefined {
  const { namespace, name } = nameOf(object);
  const wanted = { namespace, name: groupName(name, index) };
  const route = cluster && objectNamed([cluster], HTTP_ROUTE, wanted);
  if (!route) return undefined;
  const group = hostGroups(all)[index];
  const served = all.filter(({ host }) => group?.hosts.includes(host));
  const own = readHttpRoute(route.object, namespace);
  return isDeepStrictEqual(answers(own.parentRefs, own.served), answers(parentRefs, served))
    ? "same"
    : "other";
}

/** Why an HTTPRoute cannot take an object's name: another object has it, or will. */
function namesake(
  { object }: BuiltObject,
  cluster: BuiltCluster | undefined,
  context: StepContext,
): string | undefined {
  const { namespace, name } = nameOf(object);
  const objects = (cluster?.objects ?? []).map((built) => built.object);
  const twin = ["Ingress", "IngressRoute"]
    .flatMap((kind) => (cluster ? objectsNamed(cluster, kind, name) : []))
    .map((built) => built.object)
    .find((other) => isIngress(other) && other.kind !== object.kind && nameOf(other).namespace === namespace);
  if (twin)
    return `${scalarText(twin.kind)} ${namespace}/${name} would become an HTTPRoute with the same name: rename one of them`;
  const release = objects.find((other) => rendersName(other, name, namespace, context));
  return (
    release &&
    `the chart of HelmRelease ${nameOf(release).name} renders an HTTPRoute with the same name: rename this one`
  );
}

/** Whether app-template renders a route with this name: the release's name, plus the key if there are several. */
function rendersName(object: Mapping, name: string, namespace: string, { clusters }: StepContext): boolean {
  if (!isRelease(object)) return false;
  const { name: own } = releaseOf(asKubeObject(object));
  const keys = [INGRESS, ROUTE].flatMap((path) => entriesAt(object, path).map(([key]) => key));
  return (
    releaseNamespace(object) === namespace &&
    keys.length > 0 &&
    (name === own || keys.some((key) => name === `${own}-${key}`)) &&
    chartOf(object, clusters).name === "app-template"
  );
}
