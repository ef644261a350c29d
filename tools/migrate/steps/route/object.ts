import { asKubeObject } from "../../../lint/kube-object.ts";
import { releaseOf } from "../../../../policy/objects/helm.ts";
import { isDeepStrictEqual } from "node:util";
import { scalarText } from "../../../gitops/kustomize/resource.ts";
import { locate } from "../../../gitops/yaml/source.ts";
import { isMapping, originAt, type Mapping } from "../../../gitops/yaml/values.ts";
import { writeYaml } from "../../../gitops/edit/write-yaml.ts";
import { YamlEdit } from "../../../gitops/edit/yaml-edit.ts";
import type { BuiltCluster, BuiltObject } from "../../../gitops/flux/built.ts";
import { HTTP_ROUTE } from "../../../../policy/objects/kinds.ts";
import {
  asWritten,
  fieldAt,
  fieldsIn,
  isKind,
  nameOf,
  objectNamed,
  objectsNamed,
  type WrittenObject,
} from "../../objects.ts";
import { commentLosses, lossNotes, whyNotAccepted } from "../../losses.ts";
import type { Note, StepContext } from "../../step.ts";
import { chartOf } from "./chart.ts";
import { httpRoute, readHttpRoute } from "./http-route.ts";
import { clusterOf } from "../../clusters.ts";
import { releaseNamespace, sourceOf } from "./hosts.ts";
import { moveOf, type Move } from "./move.ts";
import { refused, whyHeld, type Holds, type Outcome, type Stay } from "./outcome.ts";
import { missingComments } from "../../missing-comments.ts";
import { routeTexts } from "./object-edit.ts";
import { isIngress, readAny } from "./read.ts";
import { newObjects, presentObject } from "./new-objects.ts";
import { answers, hostGroups, type Reading, type Served } from "./served.ts";
import { servicesOf } from "./services.ts";

/** Replaces an Ingress or IngressRoute with HTTPRoutes, at the same position in the file. */
export function objectOutcome(ingress: WrittenObject, context: StepContext, holds: Holds): Outcome {
  const written = asWritten(ingress, context.repository);
  const position = locate(originAt(written, ["spec"]));
  const stays = (stay: Stay): Outcome => ({ notes: [{ ...stay, position }] });
  const { keepIngress } = context.options.route;
  const planned = routesOf(written, ingress, context);
  if ("kind" in planned) return stays(planned);
  const { routes, missing } = planned;
  const sources = ingress.forms.map(({ object }) => sourceOf(object));
  const held = whyHeld(sources, holds, missing.length > 0);
  if (held !== undefined) return stays(refused(held));
  if (missing.length < routes.length && missing.length > 0)
    return stays(refused("some of the HTTPRoutes that would replace it already exist"));
  if (missing.length === 0 && keepIngress) return { notes: [] };
  const notes = planned.notes.map((note): Note => ({ ...note, position }));
  return {
    notes,
    records: planned.records,
    edit: (source, offset) => {
      const edit = new YamlEdit(source);
      const comments = keepIngress ? undefined : edit.commentsOfDocument(offset, missing.length > 0);
      const texts =
        missing.length === 0 ? "" : routeTexts(missing, { ingress: written, comments }, edit, offset);
      if (typeof texts !== "string") return texts;
      const contents = [texts, ...planned.added.map(writeYaml)].filter(Boolean).join("---\n");
      if (comments === undefined)
        return edit.insertAfterDocument(offset, contents)
          ? { text: edit.text(), losses: [] }
          : { obstacle: edit.obstacle };
      const done =
        missing.length === 0 ? edit.removeDocument(offset) : edit.replaceDocument(offset, contents);
      const losses = commentLosses(missingComments(comments, contents), scalarText(written.kind));
      return done ? { text: edit.text(), losses } : { obstacle: edit.obstacle };
    },
  };
}

interface Planned {
  readonly routes: readonly Mapping[];
  /** The HTTPRoutes that are missing from at least one cluster. */
  readonly missing: readonly Mapping[];
  /** The objects of Traefik that the routes need and at least one cluster lacks. */
  readonly added: readonly Mapping[];
  readonly notes: Move["notes"];
  readonly records: Move["records"];
}

function routesOf(written: Mapping, ingress: WrittenObject, context: StepContext): Planned | Stay {
  const forms = ingress.forms.map((form) => {
    const cluster = clusterOf(form, context.clusters);
    return { form, cluster, namespace: nameOf(form.object).namespace, services: servicesOf(cluster) };
  });
  const [first] = forms;
  if (!first) return refused("it is not deployed to any cluster");
  const reading = readAny(written, first.namespace, first.services);
  const readings = forms.map(({ form, namespace, services }) => readAny(form.object, namespace, services));
  const move = moveOf({ written: reading, forms: readings, ingress, takesPort: true }, context);
  if ("kind" in move) return move;
  const refusal = whyNotAccepted(move.losses, context);
  if (refusal !== undefined) return refused(refusal);
  const groups = hostGroups(reading.served);
  const name = scalarText(fieldAt(written, ["metadata", "name"]));
  const routes = groups.map((group, index) =>
    httpRoute(
      metadataOf(written, reading, index === 0 ? name : `${name}-${index + 1}`),
      move.parents.parentRefs,
      group,
    ),
  );
  for (const { form, cluster } of forms) {
    const taken = namesake(form, cluster, context);
    if (taken !== undefined) return refused(taken);
  }
  const missing: Mapping[] = [];
  for (const [index, route] of routes.entries()) {
    const present = forms.map(({ form, cluster }, at) => {
      const { served = [] } = readings[at] ?? {};
      return presentRoute({ form, cluster, served }, index, move.parents.parentRefs);
    });
    if (present.includes("other"))
      return refused(
        `HTTPRoute ${scalarText(fieldAt(route, ["metadata", "name"]))} already exists and serves something else: make it match the Ingress, or remove one of them`,
      );
    if (!present.every((one) => one === "same")) missing.push(route);
  }
  const added = newObjects(reading, fieldsIn(written, ["metadata"]));
  const lacking: Mapping[] = [];
  for (const object of added) {
    const present = forms.map(({ cluster, namespace }) => presentObject(cluster, namespace, object));
    if (present.includes("other"))
      return refused(
        `${scalarText(object.kind)} ${nameOf(object).name} already exists and does something else: rename one of them`,
      );
    if (!present.every((one) => one === "same")) lacking.push(object);
  }
  return {
    routes,
    missing,
    added: lacking,
    notes: [...lossNotes(move.losses, undefined), ...move.notes],
    records: move.records,
  };
}

function metadataOf(written: Mapping, { annotations: { kept } }: Reading, name: string): Mapping {
  const { namespace, labels } = fieldsIn(written, ["metadata"]);
  return {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(isMapping(labels) ? { labels } : {}),
    ...(Object.keys(kept).length === 0 ? {} : { annotations: kept }),
  };
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
  const wanted = { namespace, name: index === 0 ? name : `${name}-${index + 1}` };
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
  if (!isKind(object, "helm.toolkit.fluxcd.io", "HelmRelease")) return false;
  const { name: own } = releaseOf(asKubeObject(object));
  const keys = ["ingress", "route"].flatMap((key) => Object.keys(fieldsIn(object, ["spec", "values", key])));
  return (
    releaseNamespace(object) === namespace &&
    keys.length > 0 &&
    (name === own || keys.some((key) => name === `${own}-${key}`)) &&
    chartOf(object, clusters).name === "app-template"
  );
}
