import { scalarText } from "../../../../gitops/kustomize/resource.ts";
import { isMapping, mappingsIn, type Mapping, type PathStep } from "../../../../gitops/yaml/values.ts";
import { writeYaml } from "../../../../gitops/edit/write-yaml.ts";
import { settleAnchors, type Anchors } from "../../../../gitops/edit/anchors.ts";
import { YamlEdit } from "../../../../gitops/edit/yaml-edit.ts";
import { fieldsIn } from "../../../objects.ts";
import type { OwnedComment } from "../../../../gitops/edit/comment-owners.ts";
import type { Obstacle } from "../../../../gitops/edit/obstacles.ts";
import { COPIED, indented, mergeObstacle, Scalars, type Written } from "../text/carry.ts";
import { MovingComments, withTargeted } from "../text/comment-places.ts";
import { startsWith, targetOf, type Successors, type Target } from "../text/comment-targets.ts";
import { INGRESS, ROUTE, VALUES } from "./values.ts";
import { groupName } from "../reading/served.ts";

interface Rewritten {
  readonly text: string;
  /** The comments that would be deleted. */
  readonly comments: readonly OwnedComment[];
}

/** What happens to the values of a HelmRelease. */
export interface ValuesChange {
  /** The new entries in `route`. */
  readonly routes: Mapping;
  /** The entries in `ingress` that go. */
  readonly gone: readonly string[];
  /** What each entry in `ingress` becomes. */
  readonly successors: ReadonlyMap<string, Successors>;
}

/** Adds routes to a HelmRelease's values and removes entries from `ingress`. An entry's comments move to its route, and so do anchors. */
export function rewriteValues(
  { source, offset, written }: { source: string; offset: number; written: Mapping },
  { routes, gone, successors }: ValuesChange,
): Rewritten | { readonly obstacle: Obstacle | undefined } {
  const edit = new YamlEdit(source);
  const document = edit.documentAt(offset);
  const keys = Object.keys(fieldsIn(written, INGRESS));
  const all = gone.length === keys.length;
  const paths = all ? [INGRESS] : gone.map((key) => [...INGRESS, key]);
  const hasRoutes = Object.keys(fieldsIn(written, ROUTE)).length > 0;
  const lost = lostByMerge(routes, { written, gone }, edit, document);
  if (lost) return { obstacle: lost };
  const replaces = all && Object.keys(routes).length > 0 && !hasRoutes;
  const comments = new MovingComments(
    paths.flatMap((path) =>
      replaces ? edit.ownedCommentsOf(document, path, true) : edit.ownedCommentsRemovedWith(document, path),
    ),
  );
  const plain = linesOf({ routes, gone, successors }, { edit, document, comments }, written);
  const settled =
    plain === ""
      ? { text: "" }
      : settleAnchors(plain, anchorsFor({ edit, document, hasRoutes }, keys, paths));
  if ("anchor" in settled) return { obstacle: edit.obstacleOf(settled.anchor) };
  const lines = settled.text;
  const done = replaces
    ? edit.replace(document, INGRESS, `route:\n${indented(lines)}`, lines)
    : (lines === "" || bring(edit, document, lines, hasRoutes)) && edit.removeAll(document, paths, lines);
  return done
    ? { text: spaced(edit, document, { written, gone }), comments: comments.left }
    : { obstacle: edit.obstacle };
}

/** The edited text; blank lines separate `route` and what stays of `ingress` as they separated the entries before. */
function spaced(
  edit: YamlEdit,
  document: number,
  { written, gone }: { readonly written: Mapping; readonly gone: readonly string[] },
): string {
  const values = Object.keys(fieldsIn(written, VALUES));
  const around = values.slice(values.indexOf("ingress")).slice(0, 2);
  const isSpaced = around.some((key) => key !== values[0] && edit.isSeparated(document, [...VALUES, key]));
  const [first = "", ...others] = Object.keys(fieldsIn(written, INGRESS));
  const isBelowBlank = gone.includes(first) && edit.isSeparated(document, [...INGRESS, first]);
  const text = edit.text();
  // Without a blank line, there is none to move: most of the work would be to parse the text again.
  if (!isSpaced && !isBelowBlank && !/\n[ \t]*\r?\n/.test(text)) return text;
  const edited = new YamlEdit(text);
  if (!values.includes("route") && edited.has(document, INGRESS)) edited.separate(document, ROUTE, isSpaced);
  const staying = others.find((key) => !gone.includes(key));
  if (gone.includes(first) && staying !== undefined)
    edited.separate(document, [...INGRESS, staying], isBelowBlank);
  return edited.text();
}

/** What aliases in the routes may refer to. */
function anchorsFor(
  {
    edit,
    document,
    hasRoutes,
  }: { readonly edit: YamlEdit; readonly document: number; readonly hasRoutes: boolean },
  keys: readonly string[],
  gone: readonly (readonly PathStep[])[],
): Anchors {
  const place = hasRoutes ? ROUTE : INGRESS;
  const going = edit.anchorsBelow(document, gone);
  const entries = hasRoutes ? [] : keys.map((key) => [...INGRESS, key]);
  const staying = [...edit.anchorsBelow(document, entries).keys()].filter((name) => !going.has(name));
  const before = [...edit.anchorsBefore(document, place)].filter((name) => !going.has(name));
  // The first alias before the routes becomes the anchor.
  const moving = [...edit.aliasesUntil(document, place, gone)].filter((name) => going.has(name));
  return {
    standing: new Set([...before, ...staying, ...moving]),
    going,
    all: edit.anchorsBelow(document, [[]]),
  };
}

function bring(edit: YamlEdit, document: number, lines: string, hasRoutes: boolean): boolean {
  return hasRoutes
    ? edit.insert(document, ROUTE, lines)
    : edit.insert(document, VALUES, `route:\n${indented(lines)}`, "ingress");
}

/** Why the entries that go cannot keep their lines; undefined if they can. */
function lostByMerge(
  routes: Mapping,
  { written, gone }: { readonly written: Mapping; readonly gone: readonly string[] },
  edit: YamlEdit,
  document: number,
): Obstacle | undefined {
  for (const name of gone) {
    const path = [...INGRESS, name];
    const route = routes[name];
    if (!isMapping(route)) continue;
    const lost = mergeObstacle({ from: fieldsIn(written, path), to: route }, { edit, document, path });
    if (lost) return lost;
  }
  return undefined;
}

/** The entries in `route` as YAML; if a Service's port has an anchor, the route uses its alias. */
function linesOf(
  { routes, gone, successors }: ValuesChange,
  { edit, document, comments }: Omit<Written, "path"> & { readonly comments: MovingComments },
  written: Mapping,
): string {
  const present = Object.keys(fieldsIn(written, ROUTE));
  const last = present.length > 1 ? [[...ROUTE, present.at(-1) ?? ""]] : [];
  const plain = Object.entries(routes).map(([name, route]) => {
    if (!isMapping(route)) return writeYaml({ [name]: route });
    const path = [...INGRESS, ingressOf(name, written)];
    const place = { edit, document, path, comments };
    const ingress = fieldsIn(written, path);
    const scalars = new Scalars(ingress, place, (backend) => portText(backend, ingress, written, place));
    const fields = scalars.write(route, gone.includes(name) ? COPIED : [], place);
    return `${writeYaml({ [name]: 0 }).replace(/ 0\n$/, "")}\n${indented(fields)}`;
  });
  const names = Object.keys(routes);
  const entries = withTargeted(plain, comments, ({ owner }) =>
    routeTarget(owner, { names, gone }, successors),
  );
  return entries
    .map((entry, index) => {
      const path = [...INGRESS, ingressOf(names[index] ?? "", written)];
      const isSpaced = [path, ...last].some((one) => edit.isSeparated(document, one));
      return `${isSpaced && (index > 0 || present.length > 0) ? "\n" : ""}${entry}`;
    })
    .join("");
}

/** The entry in one of the new routes, given by their names, that a comment on an entry below `ingress` explains. */
function routeTarget(
  owner: readonly PathStep[],
  { names, gone }: { readonly names: readonly string[]; readonly gone: readonly string[] },
  successors: ReadonlyMap<string, Successors>,
): Target | undefined {
  const key = owner[INGRESS.length];
  const own = typeof key === "string" && startsWith(owner, INGRESS) && gone.includes(key) ? key : undefined;
  const to = own === undefined ? undefined : successors.get(own);
  const target = to && targetOf(owner.slice(INGRESS.length + 1), to);
  if (own === undefined || target === undefined) return undefined;
  const name = groupName(own, target.object);
  return { object: names.indexOf(name), path: [name, ...target.path] };
}

/** The key of the Ingress that a route comes from: a second group of hosts gets `-2`. */
function ingressOf(name: string, written: Mapping): string {
  const keys = Object.keys(fieldsIn(written, INGRESS));
  return keys.includes(name) ? name : name.replace(/-\d+$/, "");
}

/** The port of a backend as text: the alias of the Service's port if that has an anchor, and the name that the Ingress uses as a comment. */
function portText(
  backend: Mapping,
  ingress: Mapping,
  written: Mapping,
  { edit, document }: Written,
): string | undefined {
  const id = scalarText(backend.identifier ?? backend.name);
  const path = [...VALUES, "service", id, "ports"];
  const ports = Object.entries(fieldsIn(written, path)).filter(
    ([, port]) => isMapping(port) && port.port === backend.port,
  );
  const later = Object.keys(fieldsIn(written, ROUTE)).length > 0 ? ROUTE : INGRESS;
  const [anchor] = ports.flatMap(([name]) => edit.anchorOf(document, [...path, name, "port"], later) ?? []);
  if (anchor !== undefined) return `*${anchor}`;
  const services = mappingsIn(ingress.hosts).flatMap(({ paths }) =>
    mappingsIn(paths).map(({ service }) => service),
  );
  const named = services.find(
    (service) =>
      isMapping(service) &&
      scalarText(service.identifier ?? service.name) === id &&
      ports.some(([name]) => name === service.port),
  );
  return isMapping(named) ? `${scalarText(backend.port)} # ${scalarText(named.port)}` : undefined;
}
