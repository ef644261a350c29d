import { isDeepStrictEqual } from "node:util";
import { scalarText } from "../../../../gitops/kustomize/resource.ts";
import type { Mapping, PathStep } from "../../../../gitops/yaml/values.ts";
import { nameOf } from "../../../objects.ts";
import { nginx } from "../controllers/nginx.ts";
import { TRANSLATED_FIELDS } from "../controllers/nginx-fields.ts";
import type { Translation } from "../controllers/nginx-translation.ts";
import { traefik } from "../controllers/traefik.ts";
import type { Parents } from "../gateway/parents.ts";
import { backendsOf, nameFor } from "../routes/new-objects.ts";
import type { HostGroup, Reading, Served } from "../reading/served.ts";

/** What an Ingress becomes, to find what its comments explain there. */
export interface Successors {
  readonly reading: Reading;
  readonly parents: Parents;
  /** The hosts of each route. */
  readonly groups: readonly HostGroup[];
  /** The annotations of each route. */
  readonly kept: readonly Mapping[];
  /** The new objects next to the routes. */
  readonly added: readonly Mapping[];
  readonly name: string;
  /** Whether it is an entry of app-template's values, which has no `metadata` and no `spec`. */
  readonly isEntry: boolean;
}

/** The entry that a comment explains after the move. */
export interface Target {
  /** Index of the route; from the number of routes on, of the new objects. */
  readonly object: number;
  readonly path: readonly PathStep[];
}

/** Fields that an entry in app-template's `route` values has in common with one in `ingress`. */
const SAME_IN_VALUES: readonly PathStep[] = ["labels", "nameOverride", "forceRename", "prefix", "suffix"];
const SAME_IN_METADATA: readonly PathStep[] = ["name", "namespace", "labels"];

/**
 * What a comment on an entry of an Ingress explains after the move; undefined if that has gone.
 * @param owner the path of the entry in the Ingress
 */
export function targetOf(owner: readonly PathStep[], to: Successors): Target | undefined {
  const [first, second, third] = owner;
  const same = { object: 0, path: owner };
  if (to.isEntry) {
    if (first === undefined || first === "enabled") return { object: 0, path: [] };
    if (first === "annotations") return annotationTarget(second, to);
    return SAME_IN_VALUES.includes(first) ? same : specTarget(owner, to);
  }
  if (first === "metadata") {
    if (second === "annotations") return annotationTarget(third, to);
    return second === undefined || SAME_IN_METADATA.includes(second) ? same : undefined;
  }
  if (first === "spec") return second === undefined ? same : specTarget(owner, to);
  return first === undefined || first === "apiVersion" || first === "kind"
    ? { object: 0, path: [] }
    : undefined;
}

const specOf = ({ isEntry }: Successors): readonly PathStep[] => (isEntry ? [] : ["spec"]);

function specTarget(owner: readonly PathStep[], to: Successors): Target | undefined {
  const spec = specOf(to);
  const [field] = owner.slice(spec.length);
  if (field === "ingressClassName" || field === "className") return parents(to);
  if (field === "entryPoints") return entryPointTarget(owner[spec.length + 1], to);
  if (field !== "hosts" && field !== "rules" && field !== "routes") return undefined;
  const [index] = owner.slice(spec.length + 1);
  if (index === undefined) return { object: 0, path: [...spec, field === "hosts" ? "hostnames" : "rules"] };
  const { served } = to.reading;
  const path = served.find(({ source = [] }) => source.length > 0 && startsWith(owner, source));
  if (path) {
    const below = owner.slice(path.source?.length);
    return (below.length === 0 ? mergedTarget(path, to) : undefined) ?? pathTarget(path, below, to);
  }
  const item = owner.slice(0, spec.length + 2);
  const host = served.find(({ source = [] }) => startsWith(source, item));
  if (!host) return undefined;
  const { object, rule } = placeOf(host, to);
  const [below = "host"] = owner.slice(item.length);
  const hosts = to.groups[object]?.hosts ?? [];
  return below === "host"
    ? { object, path: [...spec, "hostnames", hosts.indexOf(host.host)] }
    : { object, path: [...spec, "rules", rule] };
}

/** The hostname of a rule of an IngressRoute that becomes one match with those of other hosts: what explains the rule as a whole explains its host. */
function mergedTarget(one: Served, to: Successors): Target | undefined {
  const placed = (served: Served): string => JSON.stringify(placeOf(served, to));
  const isMerged =
    to.reading.kind === "IngressRoute" &&
    to.reading.served.some(
      (other) =>
        other.host !== one.host &&
        !isDeepStrictEqual(other.source, one.source) &&
        placed(other) === placed(one),
    );
  const { object } = placeOf(one, to);
  const hosts = to.groups[object]?.hosts ?? [];
  return isMerged ? { object, path: [...specOf(to), "hostnames", hosts.indexOf(one.host)] } : undefined;
}

/** The target for a path of an Ingress or a rule of an IngressRoute; `below` is what follows in the comment's path. */
function pathTarget(one: Served, below: readonly PathStep[], to: Successors): Target | undefined {
  const { object, rule, match } = placeOf(one, to);
  const place = [...specOf(to), "rules", rule];
  const [field, index] = below;
  if (field === "priority" || field === "observability" || field === "syntax") return undefined;
  if (field === "middlewares") return { object, path: [...place, "filters", index ?? 0] };
  if (field !== "backend" && field !== "service" && field !== "services")
    return { object, path: [...place, "matches", match] };
  const backend = typeof index === "number" ? index : 0;
  const leaf = below.includes("port") ? "port" : (below.at(-1) ?? "");
  return { object, path: [...place, "backendRefs", ...(index === undefined ? [] : [backend, leaf])] };
}

/** The index of the route that serves a request, of its rule there, and of the match in that. */
function placeOf(
  { host, match }: Served,
  { groups }: Successors,
): Record<"object" | "rule" | "match", number> {
  const isSame = (other: Mapping): boolean => JSON.stringify(other) === JSON.stringify(match);
  const object = groups.findIndex(({ hosts }) => hosts.includes(host));
  const rules = groups[object]?.rules ?? [];
  const rule = rules.findIndex(({ matches }) => matches.some(isSame));
  return { object, rule, match: rules[rule]?.matches.findIndex(isSame) ?? 0 };
}

const parents = (to: Successors): Target => ({ object: 0, path: [...specOf(to), "parentRefs"] });

/** The parentRef for the listener that takes the place of an entry point. */
function entryPointTarget(index: PathStep | undefined, to: Successors): Target {
  const { gateway, parentRefs } = to.parents;
  const name = typeof index === "number" ? to.reading.entryPoints[index] : undefined;
  const listener = name === undefined ? undefined : gateway.entryPoints[name];
  const own = parentRefs.findIndex(({ sectionName, port }) => (sectionName ?? port) === listener);
  const { object, path } = parents(to);
  return { object, path: listener === undefined || own < 0 ? path : [...path, own] };
}

function annotationTarget(name: PathStep | undefined, to: Successors): Target | undefined {
  const annotations = to.isEntry ? ["annotations"] : ["metadata", "annotations"];
  const object = to.kept.findIndex((kept) =>
    name === undefined ? Object.keys(kept).length > 0 : Object.hasOwn(kept, name),
  );
  if (object >= 0) return { object, path: name === undefined ? annotations : [...annotations, name] };
  const key = String(name ?? "").toLowerCase();
  const { translations, rewriteTarget } = to.reading.annotations;
  const own = key.startsWith(nginx.prefix) ? key.slice(nginx.prefix.length) : "";
  const translation = translations.find(({ names }) => names.includes(own));
  if (translation) return translatedTarget(own, translation, to);
  if (rewriteTarget !== undefined && (own === "rewrite-target" || own === "use-regex"))
    return filterTarget(to, (filter) => filter.includes("ReplacePrefixMatch"));
  switch (key) {
    case "kubernetes.io/ingress.class":
    case `${traefik.prefix}router.entrypoints`:
    case `${traefik.prefix}router.tls`:
      return parents(to);
    case `${traefik.prefix}router.middlewares`:
      return filterTarget(to, () => true);
    case `${traefik.prefix}router.pathmatcher`:
      return { object: 0, path: [...specOf(to), "rules"] };
    default:
      return undefined;
  }
}

function translatedTarget(
  annotation: string,
  { middleware, backend, filter }: Translation,
  to: Successors,
): Target | undefined {
  const field = TRANSLATED_FIELDS[annotation] ?? Object.keys(middleware?.spec ?? {}).slice(0, 1);
  const { translations } = to.reading.annotations;
  if (middleware) {
    const name = nameFor(to.name, [middleware]);
    return addedTarget("Middleware", name, ["spec", ...field], to) ?? filterTarget(to, (one) => one === name);
  }
  if (backend) {
    const name = nameFor(to.name, backendsOf(translations));
    const path = ["spec", "weighted", "services", 0, ...field];
    const known = { object: 0, path: [...specOf(to), "rules", 0, "backendRefs"] };
    return addedTarget("TraefikService", name, path, to) ?? known;
  }
  return filter && filterTarget(to, (one) => one === JSON.stringify(filter));
}

function addedTarget(
  kind: string,
  name: string,
  path: readonly PathStep[],
  { added, groups }: Successors,
): Target | undefined {
  const index = added.findIndex((one) => scalarText(one.kind) === kind && nameOf(one).name === name);
  return index < 0 ? undefined : { object: groups.length + index, path };
}

/** The first filter of a route that `isWanted` accepts, by the name of its Middleware or as JSON. */
function filterTarget(to: Successors, isWanted: (filter: string) => boolean): Target | undefined {
  for (const [object, { rules }] of to.groups.entries())
    for (const [rule, { middlewares }] of rules.entries()) {
      const filter = middlewares.findIndex(isWanted);
      if (filter >= 0) return { object, path: [...specOf(to), "rules", rule, "filters", filter] };
    }
  return undefined;
}

/** Whether a path is another one, or leads to something below it. */
export const startsWith = (path: readonly PathStep[], other: readonly PathStep[]): boolean =>
  other.every((step, index) => path[index] === step);
