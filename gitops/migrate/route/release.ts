import { isDeepStrictEqual } from "node:util";
import { stringify } from "yaml";
import { text } from "../../build/resource.ts";
import { locate, type Position } from "../../documents/source.ts";
import { isFields, originAt, type Fields, type PathStep, type Value } from "../../documents/values.ts";
import type { YamlEdit } from "../../edit/yaml-edit.ts";
import { at, nameOf, type WrittenObject } from "../objects.ts";
import type { Note, StepContext } from "../step.ts";
import { ingressAnnotations } from "./annotations.ts";
import {
  chartOf,
  dialectOf,
  readIngress,
  readRoute,
  routeValues,
  type RouteDialect,
} from "./app-template.ts";
import { cutover } from "./cutover.ts";
import type { Outcome } from "./outcome.ts";
import { parentsOf } from "./parents.ts";
import { answers, hostGroups } from "./served.ts";

const INGRESS: readonly PathStep[] = ["spec", "values", "ingress"];
const ROUTE: readonly PathStep[] = ["spec", "values", "route"];

/** What becomes of a HelmRelease: its app-template `ingress` values give way to `route`. */
export function releaseOutcome(release: WrittenObject, context: StepContext): Outcome {
  const written = writtenIn(release, context);
  const position = (path: readonly PathStep[]): Position => locate(originAt(written, path));
  const left = (message: string, path: readonly PathStep[] = INGRESS): Note => ({
    kind: "left",
    message,
    position: position(path),
  });
  const charts = release.forms.map(({ object }) => chartOf(object, context.clusters));
  if (!charts.every(({ name }) => name === "app-template"))
    return { notes: otherCharts(written, charts[0]?.name ?? "", left) };
  const entries = Object.entries(fieldsAt(written, INGRESS)).filter(
    (entry): entry is [string, Fields] => isFields(entry[1]) && entry[1].enabled !== false,
  );
  if (entries.length === 0) return { notes: [] };
  const [chart] = charts;
  if (!chart || !charts.every((other) => isDeepStrictEqual(other, chart)))
    return { notes: [left("its chart has another version in each cluster")] };
  const dialect = dialectOf(chart);
  if (typeof dialect === "string") return { notes: [left(dialect)] };
  const notes: Note[] = [];
  const routes: Fields = {};
  const gone: string[] = [];
  for (const [key, entry] of entries) {
    const converted = convert(key, entry, written, release, context, dialect);
    if (typeof converted === "string") {
      notes.push(left(`${key}: ${converted}`, [...INGRESS, key]));
      continue;
    }
    notes.push(...converted.notes.map((note) => ({ ...note, position: position([...INGRESS, key]) })));
    Object.assign(routes, converted.routes);
    gone.push(key);
  }
  const removed = context.options.route.keepIngress ? [] : gone;
  if (Object.keys(routes).length === 0 && removed.length === 0) return { notes };
  return {
    notes,
    edit: (edit, document) =>
      rewrite(edit, document, routes, removed, written, (message) =>
        notes.push({ kind: "lost", message, position: position(INGRESS) }),
      ),
  };
}

/** The object as its file has it: without what Flux puts in or patches. */
export function writtenIn({ file, origin }: WrittenObject, { repository }: StepContext): Fields {
  const document = repository
    .parse(file)
    .documents.find(({ origin: { offset } }) => offset === origin.offset);
  if (!isFields(document?.value)) throw new Error(`${file} has no document at ${origin.offset}`);
  return document.value;
}

function fieldsAt(value: Value | undefined, path: readonly PathStep[]): Fields {
  const fields = at(value, path);
  return isFields(fields) ? fields : {};
}

/** The route values of one entry of `ingress`, those that are not there yet; a reason where there can be none. */
function convert(
  key: string,
  entry: Fields,
  written: Fields,
  release: WrittenObject,
  context: StepContext,
  dialect: RouteDialect,
): { routes: Fields; notes: readonly Note[] } | string {
  const services = at(written, ["spec", "values", "service"]);
  const namespaces = new Set(release.forms.map(({ object }) => releaseNamespace(object)));
  const [namespace = ""] = namespaces;
  if (namespaces.size > 1) return "its namespace is another one in each cluster";
  const reading = readIngress(entry, services, namespace);
  const [refusal] = reading.refusals;
  if (refusal !== undefined) return refusal;
  const classes = new Set(release.forms.map(({ object }) => classOf(at(object, [...INGRESS, key]))));
  if (classes.size > 1) return "its class is another one in each cluster";
  const parents = parentsOf(
    { ...reading, ingressClass: [...classes][0] },
    context.options.route,
    dialect.takesParentPort,
  );
  if (typeof parents === "string") return parents;
  const present = fieldsAt(written, ROUTE);
  const groups = hostGroups(reading.served);
  const routes: Fields = {};
  for (const [index, group] of groups.entries()) {
    const name = index === 0 ? key : `${key}-${index + 1}`;
    const route = routeValues(group, parents.parentRefs, dialect);
    const there = present[name];
    if (there === undefined) routes[name] = { ...labelled(entry), ...route };
    else if (!isFields(there) || !sameAnswers(there, route, services))
      return `route.${name} is there and answers otherwise: make them equal, or take one of them out`;
  }
  const annotations = ingressAnnotations(entry.annotations);
  const notes: Note[] = [
    ...[...reading.lost, ...parents.lost, ...strayKeys(entry)].map((message): Note => ({
      kind: "lost",
      message,
    })),
    ...annotations.unknown.map((name): Note => ({
      kind: "unknown",
      message: `annotation ${name} is kept: whether its reader looks at HTTPRoutes is not known`,
    })),
    ...release.forms.flatMap((form) =>
      cutover(
        form,
        {
          ingressClass: [...classes][0] ?? "",
          served: readIngress(
            fieldsAt(form.object, [...INGRESS, key]),
            at(form.object, ["spec", "values", "service"]),
            namespace,
          ).served,
          parentRefs: parents.parentRefs,
          annotations,
          tls: entry.tls !== undefined,
        },
        context,
      ),
    ),
  ];
  return { routes, notes };
}

/** Annotations and labels of an entry, as the route takes them over. */
function labelled(entry: Fields): Fields {
  const { kept } = ingressAnnotations(entry.annotations);
  return {
    ...(Object.keys(kept).length === 0 ? {} : { annotations: kept }),
    ...(isFields(entry.labels) ? { labels: entry.labels } : {}),
    ...(entry.nameOverride === undefined ? {} : { nameOverride: entry.nameOverride }),
  };
}

const TRANSLATED = [
  "enabled",
  "annotations",
  "labels",
  "className",
  "hosts",
  "tls",
  "defaultBackend",
  "nameOverride",
];

function strayKeys(entry: Fields): readonly string[] {
  return Object.keys(entry)
    .filter((key) => !TRANSLATED.includes(key))
    .map((key) => `${key} of the ingress values`);
}

function classOf(entry: Value | undefined): string {
  const annotations = at(entry, ["annotations"]);
  return text(at(entry, ["className"])) || (ingressAnnotations(annotations).ingressClass ?? "");
}

/** Where Helm installs a release. */
export function releaseNamespace(release: Fields): string {
  return text(at(release, ["spec", "targetNamespace"])) || nameOf(release).namespace;
}

function sameAnswers(one: Fields, other: Fields, services: Value | undefined): boolean {
  const [a, b] = [one, other].map((route) => {
    const parents = Array.isArray(route.parentRefs) ? route.parentRefs.filter(isFields) : [];
    return answers(parents, readRoute(route, services));
  });
  return isDeepStrictEqual(a, b);
}

/** Plans the edit of the values. */
function rewrite(
  edit: YamlEdit,
  document: number,
  routes: Fields,
  gone: readonly string[],
  written: Fields,
  lost: (message: string) => void,
): boolean {
  const all = Object.keys(fieldsAt(written, INGRESS)).length === gone.length;
  const hasRoute = Object.keys(fieldsAt(written, ROUTE)).length > 0;
  const brings = Object.keys(routes).length > 0;
  const place = (keys: readonly string[]): PathStep[][] => keys.map((key) => [...INGRESS, key]);
  const paths = all ? [[...INGRESS]] : place(gone);
  for (const path of paths)
    for (const comment of edit.commentsOf(document, path, brings))
      lost(`the comment "${comment}" goes with ${path.slice(2).join(".")}`);
  if (all && brings && !hasRoute)
    return edit.replace(document, INGRESS, stringify({ route: routes }, { lineWidth: 0 }));
  const added =
    !brings ||
    (hasRoute
      ? edit.insert(document, ROUTE, stringify(routes, { lineWidth: 0 }))
      : edit.insert(document, ["spec", "values"], stringify({ route: routes }, { lineWidth: 0 }), "ingress"));
  return added && paths.every((path) => edit.remove(document, path));
}

/** Ingresses that other charts render are told of, once each. */
function otherCharts(
  written: Fields,
  chart: string,
  left: (message: string, path: readonly PathStep[]) => Note,
): readonly Note[] {
  const notes: Note[] = [];
  const visit = (value: Value | undefined, path: readonly PathStep[]): void => {
    if (!isFields(value)) return;
    for (const [key, inner] of Object.entries(value)) {
      if (key === "ingress" && isFields(inner) && inner.enabled === true)
        notes.push(
          left(
            `${path.slice(2).concat(key).join(".")} is of chart ${chart}: how it writes routes is not known here; see its values for HTTPRoutes`,
            [...path, key],
          ),
        );
      else visit(inner, [...path, key]);
    }
  };
  visit(at(written, ["spec", "values"]), ["spec", "values"]);
  return notes;
}

/** What a release's Ingresses and routes answer, for the proof; a reason where that cannot be known. */
export function releaseAnswers(release: Fields, context: StepContext): ReadonlySet<string> | string {
  const dialect = dialectOf(chartOf(release, context.clusters));
  if (typeof dialect === "string") return dialect;
  const services = at(release, ["spec", "values", "service"]);
  const all = new Set<string>();
  for (const entry of Object.values(fieldsAt(release, INGRESS))) {
    if (!isFields(entry) || entry.enabled === false) continue;
    const reading = readIngress(entry, services, releaseNamespace(release));
    const parents = parentsOf(reading, context.options.route, dialect.takesParentPort);
    const parentRefs =
      typeof parents === "string" ? [{ name: `class ${reading.ingressClass ?? ""}` }] : parents.parentRefs;
    for (const answer of answers(parentRefs, reading.served)) all.add(answer);
  }
  for (const entry of Object.values(fieldsAt(release, ROUTE))) {
    if (!isFields(entry) || entry.enabled === false) continue;
    const parentRefs = Array.isArray(entry.parentRefs) ? entry.parentRefs.filter(isFields) : [];
    for (const answer of answers(parentRefs, readRoute(entry, services))) all.add(answer);
  }
  return all;
}
