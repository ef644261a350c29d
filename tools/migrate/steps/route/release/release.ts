import { distinct } from "../../../../../lib/distinct.ts";
import { isDeepStrictEqual } from "node:util";
import { locate, type Position } from "../../../../gitops/yaml/source.ts";
import { isMapping, mappingsIn, originAt, type Mapping, type Value } from "../../../../gitops/yaml/values.ts";
import { clusterOf } from "../../../clusters.ts";
import { asWritten, fieldsIn, type WrittenObject } from "../../../objects.ts";
import { blockLosses, lossNotes, whyNotAccepted } from "../../../losses.ts";
import type { Note, StepContext } from "../../../step.ts";
import { dialectOf, readIngress, readRoute, routeValues, type RouteDialect } from "./app-template.ts";
import { chartOf } from "./chart.ts";
import { releaseNamespace, sourceOf } from "../reading/hosts.ts";
import type { Successors } from "../text/comment-targets.ts";
import { annotationsPerRoute } from "../monitoring.ts";
import { withFiltered } from "../dns/filtered.ts";
import { moveOf, type Move } from "../move.ts";
import { otherIngresses } from "./other-charts.ts";
import { refused, whyHeld, type DnsRecord, type Holds, type Outcome, type Stay } from "../outcome.ts";
import { rewriteValues } from "./edit.ts";
import { unseenValues, whyElsewhere } from "./elsewhere.ts";
import { renamedIngress } from "./renamed.ts";
import { entriesAt, INGRESS, ROUTE, servicesIn } from "./values.ts";
import { answers, groupName, hostGroups, type Reading } from "../reading/served.ts";
import { servicesOf, whyRefused } from "../backends/services.ts";

/** Replaces a HelmRelease's app-template `ingress` values with `route` values. */
export function releaseOutcome(release: WrittenObject, context: StepContext, holds: Holds): Outcome {
  const written = asWritten(release, context.repository);
  const position = (key: string): Position => locate(originAt(written, [...INGRESS, key]));
  const charts = release.forms.map(({ object }) => chartOf(object, context.clusters));
  const [chart] = charts;
  const objects = release.forms.map(({ object }) => object);
  if (chart?.name !== "app-template") return { notes: otherIngresses([written, ...objects], chart?.name) };
  const entries = entriesAt(written, INGRESS);
  const added = addedEntries(written, objects);
  if (entries.length === 0) return { notes: added };
  const left = (message: string, key = ""): Note => ({ kind: "left", message, position: position(key) });
  if (!charts.every((other) => isDeepStrictEqual(other, chart)))
    return { notes: [left("its chart differs between clusters")] };
  const dialect = dialectOf(chart);
  if (typeof dialect === "string") return { notes: [left(dialect)] };
  const stays: Note[] = [];
  const notes: Note[] = [];
  const stay = (note: Note): void => {
    stays.push(note);
    notes.push(note);
  };
  const routes: Mapping = {};
  const moved: string[] = [];
  const records: DnsRecord[] = [];
  const successors = new Map<string, Successors>();
  for (const [key, entry] of entries) {
    const converted = convert([key, entry], { written, release, dialect }, context);
    if ("kind" in converted) {
      stay({ ...converted, position: position(key) });
      continue;
    }
    const sources = release.forms.map(({ object }) => sourceOf(object, key));
    const held = whyHeld(sources, holds, Object.keys(converted.routes).length > 0);
    if (held !== undefined) {
      stay({ ...refused(held), position: position(key) });
      continue;
    }
    moved.push(key);
    successors.set(key, converted.successors);
    records.push(...converted.records);
    Object.assign(routes, converted.routes);
    if (Object.keys(converted.routes).length === 0 && context.options.route.keepIngress) continue;
    notes.push(...converted.notes.map((note) => ({ ...note, position: position(key) })));
  }
  const gone = context.options.route.keepIngress ? [] : moved;
  const renamed = renamedIngress(release.forms, gone, context);
  if (renamed?.isRefused === true) {
    const refusals = gone.map((key): Note => ({ ...refused(renamed.message), position: position(key) }));
    return { notes: [...added, ...stays, ...refusals] };
  }
  if (renamed)
    notes.push({ kind: "cutover", message: renamed.message, position: locate(originAt(written, INGRESS)) });
  const there = Object.keys(fieldsIn(written, ROUTE));
  const [only] = there;
  if (only !== undefined && there.length === 1 && Object.keys(routes).length > 0) {
    const message = `route.${only}: with a second route, the chart renames its HTTPRoute to end in -${only}, so Helm deletes and recreates it`;
    notes.push({ kind: "cutover", message, position: locate(originAt(written, ROUTE)) });
  }
  const all = [...added, ...notes];
  if (Object.keys(routes).length === 0 && gone.length === 0) return { notes: all };
  return {
    notes: all,
    records,
    edit: (source, offset) => {
      const rewritten = rewriteValues({ source, offset, written }, { routes, gone, successors });
      if ("obstacle" in rewritten) return rewritten;
      return { text: rewritten.text, losses: blockLosses(rewritten.comments, "ingress") };
    },
  };
}

/** Entries in `ingress` that the release's own file does not have. */
function addedEntries(written: Mapping, forms: readonly Mapping[]): readonly Note[] {
  const own = new Set(entriesAt(written, INGRESS).map(([key]) => key));
  const notes = forms.flatMap((form) =>
    entriesAt(form, INGRESS)
      .filter(([key]) => !own.has(key))
      .map(([key]): Note => {
        const message = `ingress.${key} of ${sourceOf(form)} is written in a patch: write it into the release's own file first, or replace it by hand`;
        return { ...refused(message), position: locate(originAt(form, [...INGRESS, key])) };
      }),
  );
  return distinct(notes);
}

/** What one entry in `ingress` becomes. */
interface Converted extends Pick<Move, "notes" | "records"> {
  /** Its missing route values. */
  readonly routes: Mapping;
  readonly successors: Successors;
}

/** The missing route values for one entry in `ingress`; a reason if it cannot be converted. */
function convert(
  [key, entry]: readonly [string, Mapping],
  {
    written,
    release,
    dialect,
  }: { readonly written: Mapping; readonly release: WrittenObject; readonly dialect: RouteDialect },
  context: StepContext,
): Converted | Stay {
  const [namespace = "", ...others] = new Set(release.forms.map(({ object }) => releaseNamespace(object)));
  if (others.length > 0) return refused("its namespace differs between clusters");
  const services = servicesIn(written);
  const clusters = release.forms.map((form) => clusterOf(form, context.clusters));
  const reading = withFiltered(readIngress(entry, services, namespace), clusters);
  const forms = release.forms.map(({ object }) => withFiltered(readEntry(object, key, namespace), clusters));
  const rejected = forms.flatMap(({ served }, index) => {
    const known = servicesOf(clusters[index]);
    const names = served.flatMap(({ backends }) => backends.flatMap(({ name }) => name ?? []));
    return names.flatMap((name) => whyRefused({ namespace, name }, known) ?? []);
  });
  const elsewhere = release.forms.flatMap(({ object }, index) =>
    whyElsewhere({ object, cluster: clusters[index] }, key),
  );
  const reasons = distinct([...rejected, ...elsewhere]);
  if (reasons.length > 0) return refused(reasons.join("; "));
  const move = moveOf(
    { written: reading, forms, ingress: release, takesPort: dialect.takesParentPort, key },
    context,
  );
  if ("kind" in move) return move;
  const present = fieldsIn(written, ROUTE);
  const routes: Mapping = {};
  const groups = hostGroups(reading.served);
  const kept = annotationsPerRoute(reading.annotations.kept, groups);
  for (const [index, group] of groups.entries()) {
    const name = groupName(key, index);
    const route = routeValues(group, move.parents.parentRefs, dialect);
    const there = present[name];
    if (there === undefined) routes[name] = { ...carried(entry, kept[index] ?? {}), ...route };
    else if (!isMapping(there) || !sameAnswers(there, route, services, dialect))
      return refused(
        `route.${name} already exists and serves something else: make it match the Ingress, or remove one of them`,
      );
  }
  const refusal = whyNotAccepted(move.losses, context);
  if (refusal !== undefined) return { kind: "refused", message: refusal };
  const unseen = release.forms.flatMap(({ object }, index) =>
    unseenValues({ object, cluster: clusters[index] }, key),
  );
  const notes = [...lossNotes(move.losses, undefined), ...move.notes, ...distinct(unseen)];
  const successors = { reading, parents: move.parents, groups, kept, added: [], name: key, isEntry: true };
  return { routes, notes, records: move.records, successors };
}

function readEntry(release: Mapping, key: string, namespace: string): Reading {
  const entry = fieldsIn(release, [...INGRESS, key]);
  return readIngress(entry, servicesIn(release), namespace);
}

/** The fields that a route has in common with an Ingress. */
function carried(entry: Mapping, kept: Mapping): Mapping {
  const taken = CARRIED.filter((key) => entry[key] !== undefined).map((key) => [key, entry[key] ?? null]);
  return {
    ...(Object.keys(kept).length === 0 ? {} : { annotations: kept }),
    ...(Object.fromEntries(taken) as Mapping),
  };
}

/** Fields in both route.json and ingress.json in the chart's library. */
const CARRIED = ["labels", "nameOverride", "forceRename", "prefix", "suffix"];

function sameAnswers(
  one: Mapping,
  other: Mapping,
  services: Value | undefined,
  dialect: RouteDialect,
): boolean {
  const [a, b] = [one, other].map((route) =>
    answers(mappingsIn(route.parentRefs), readRoute(route, services, dialect)),
  );
  return isDeepStrictEqual(a, b);
}
