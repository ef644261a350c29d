import { describeObject, type KubeObject } from "../../kube/objects.ts";
import { oncePer } from "../../lib/once-per.ts";
import { hasPlaceholder } from "../objects/app-template.ts";
import type { ObjectIndex } from "../engine/object-index.ts";
import type { Path } from "../engine/path.ts";
import { fields, list, text, type Fields } from "../engine/read.ts";
import { defineRule } from "../engine/rule.ts";
import { allRoutes, ROUTE_KINDS, type SourcedRoute } from "../objects/routes.ts";

/** See docs/reference/rules/route-conflicts.md. */
export const routeConflicts = defineRule({
  id: "route-conflicts",
  description: "No two HTTPRoutes serve the same host, path and parent.",
  why: "Only the older route gets the requests (https://gateway-api.sigs.k8s.io/reference/spec/#httprouterule); which one that is changes when one is created again.",
  remediation: "Give one of the routes another hostname or path, or remove it.",
  severity: "high",
  enforcement: "mandatory",
  kinds: ROUTE_KINDS,
  wholeStack: true,
  *check(object, { objects }) {
    const reported = new Set<KubeObject>();
    for (const { route, path, key } of served(objects).get(object) ?? []) {
      const [first] = byKey(objects).get(key) ?? [];
      // One cause is one finding, at the route that would lose.
      if (first === undefined || first.route === route || reported.has(first.route)) continue;
      reported.add(first.route);
      yield {
        path,
        message: `${describeObject(first.route)} serves the same host and path, ${key.split(" ")[0] ?? ""}.`,
      };
    }
  },
});

interface Served extends SourcedRoute {
  readonly at: Path;
  /** Host and path, then what else requests must match, then the parent. */
  readonly key: string;
}

interface Place {
  readonly route: KubeObject;
  readonly path: Path;
  readonly key: string;
}

const all = oncePer((objects: ObjectIndex): readonly Served[] => allRoutes(objects).flatMap(servedBy));

const byKey = oncePer((objects: ObjectIndex): ReadonlyMap<string, readonly Served[]> => {
  const ordered = all(objects).toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  return Map.groupBy(ordered, ({ key }) => key);
});

const served = oncePer((objects: ObjectIndex): ReadonlyMap<KubeObject, readonly Place[]> => {
  const places = all(objects).map(({ source, route, path, at, key }) => ({
    source,
    route,
    path: path(at),
    key,
  }));
  return Map.groupBy(places, ({ source }) => source);
});

const nameOf = ({ route: { metadata } }: SourcedRoute): string =>
  `${metadata.namespace ?? ""}/${metadata.name}`;

function servedBy(route: SourcedRoute): readonly Served[] {
  const { parentRefs, hostnames, rules } = fields(route.route.spec);
  const parents = list(parentRefs).map((parent) => parentKey(fields(parent), route.route));
  return list(hostnames).flatMap((host, index) => {
    // A variable that the repository does not set may have another value in each namespace.
    if (hasPlaceholder(String(host))) return [];
    return list(rules)
      .map(fields)
      .flatMap((rule) => (list(rule.matches).length === 0 ? [{}] : list(rule.matches).map(fields)))
      .flatMap((match) =>
        parents.map((parent) => ({
          ...route,
          at: ["spec", "hostnames", index],
          key: `${String(host)}${matchKey(match)} ${parent}`,
        })),
      );
  });
}

function matchKey({ path, ...others }: Fields): string {
  const { type = "PathPrefix", value = "/" } = fields(path);
  const normal = type === "PathPrefix" ? String(value).replace(/(?<=.)\/$/, "") : String(value);
  const more = Object.keys(others).length === 0 ? "" : ` ${JSON.stringify(others)}`;
  return `${normal}${type === "PathPrefix" ? "" : ` (${String(type)})`}${more}`;
}

function parentKey({ kind, name, namespace, sectionName, port }: Fields, { metadata }: KubeObject): string {
  return JSON.stringify([kind ?? "Gateway", text(namespace) ?? metadata.namespace, name, sectionName, port]);
}
