import { scalarText } from "../../../gitops/kustomize/resource.ts";
import { isMapping, mappingsIn, type Mapping, type PathStep } from "../../../gitops/yaml/values.ts";
import { writeYaml } from "../../../gitops/edit/write-yaml.ts";
import { settleAnchors, type Anchors } from "../../../gitops/edit/anchors.ts";
import { YamlEdit } from "../../../gitops/edit/yaml-edit.ts";
import { fieldsIn } from "../../objects.ts";
import { missingComments } from "../../missing-comments.ts";
import type { Obstacle } from "../../../gitops/edit/obstacles.ts";
import {
  carriedComments,
  COPIED,
  indented,
  mergeObstacle,
  pathsBelow,
  Scalars,
  withPathComments,
  type Written,
} from "./carry.ts";
import { INGRESS, ROUTE, VALUES } from "./release-values.ts";

interface Rewritten {
  readonly text: string;
  /** The comments that would be deleted. */
  readonly comments: readonly string[];
}

/** Adds routes to a HelmRelease's values and removes entries from `ingress`. An entry's comments move to its route, and so do anchors. */
export function rewriteValues(
  { source, offset, written }: { source: string; offset: number; written: Mapping },
  routes: Mapping,
  gone: readonly string[],
): Rewritten | { readonly obstacle: Obstacle | undefined } {
  const edit = new YamlEdit(source);
  const document = edit.documentAt(offset);
  const keys = Object.keys(fieldsIn(written, INGRESS));
  const all = gone.length === keys.length;
  const paths = all ? [INGRESS] : gone.map((key) => [...INGRESS, key]);
  const hasRoutes = Object.keys(fieldsIn(written, ROUTE)).length > 0;
  const lost = lostByMerge(routes, { written, gone }, edit, document);
  if (lost) return { obstacle: lost };
  const plain = linesOf(routes, { written, gone }, edit, document);
  const settled =
    plain === ""
      ? { text: "" }
      : settleAnchors(plain, anchorsFor({ edit, document, hasRoutes }, keys, paths));
  if ("anchor" in settled) return { obstacle: edit.obstacleOf(settled.anchor) };
  const lines = settled.text;
  const replaces = all && lines !== "" && !hasRoutes;
  const before = paths.flatMap((path) =>
    replaces ? edit.commentsOf(document, path, true) : edit.commentsRemovedWith(document, path),
  );
  const comments = missingComments(before, lines);
  const done = replaces
    ? edit.replace(document, INGRESS, `route:\n${indented(lines)}`, lines)
    : (lines === "" || bring(edit, document, lines, hasRoutes)) && edit.removeAll(document, paths, lines);
  return done ? { text: spaced(edit, document, { written, gone }), comments } : { obstacle: edit.obstacle };
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
  routes: Mapping,
  { written, gone }: { readonly written: Mapping; readonly gone: readonly string[] },
  edit: YamlEdit,
  document: number,
): string {
  const present = Object.keys(fieldsIn(written, ROUTE));
  const last = present.length > 1 ? [[...ROUTE, present.at(-1) ?? ""]] : [];
  const entries = Object.entries(routes).map(([name, route], index) => {
    if (!isMapping(route)) return writeYaml({ [name]: route });
    const key = ingressOf(name, written);
    const path = [...INGRESS, key];
    const place = { edit, document, path };
    const ingress = fieldsIn(written, path);
    const scalars = new Scalars(ingress, place, (backend) => portText(backend, ingress, written, place));
    const isMoved = gone.includes(name);
    const plain = scalars.write(route, isMoved ? COPIED : [], place);
    const paths = isMoved ? pathsBelow(ingress.hosts, [...path, "hosts"], ["paths"]) : [];
    const fields = withPathComments(plain, paths, place);
    const comments = isMoved ? carriedComments(edit.commentsOf(document, path), fields) : [];
    const head = comments.map((comment) => `${comment}\n`).join("");
    const isSpaced = [path, ...last].some((one) => edit.isSeparated(document, one));
    const space = isSpaced && (index > 0 || present.length > 0) ? "\n" : "";
    return `${space}${head}${writeYaml({ [name]: 0 }).replace(/ 0\n$/, "")}\n${indented(fields)}`;
  });
  return entries.join("");
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
