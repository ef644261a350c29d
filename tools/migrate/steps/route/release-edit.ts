import { scalarText } from "../../../gitops/kustomize/resource.ts";
import { isMapping, type Mapping, type PathStep } from "../../../gitops/yaml/values.ts";
import { writeYaml } from "../../../gitops/edit/write-yaml.ts";
import { YamlEdit } from "../../../gitops/edit/yaml-edit.ts";
import { fieldAt, fieldsIn } from "../../objects.ts";
import { missingComments } from "../../missing-comments.ts";
import { carriedYaml, indented } from "./carry.ts";
import { fieldList } from "./paths.ts";

const VALUES: readonly PathStep[] = ["spec", "values"];
/** Where app-template's Ingresses are in a HelmRelease. */
export const INGRESS: readonly PathStep[] = [...VALUES, "ingress"];
/** Where app-template's routes are in a HelmRelease. */
export const ROUTE: readonly PathStep[] = [...VALUES, "route"];

/** Marks an alias until the text is written; a private-use character, so that no value contains it. */
const ALIAS = "\uE000";

/**
 * Adds routes to a HelmRelease's values and removes entries from `ingress`. An entry's comments move to its route.
 * @returns the text (undefined if it cannot be edited) and the comments that would be deleted
 */
export function rewriteValues(
  { source, offset, written }: { source: string; offset: number; written: Mapping },
  routes: Mapping,
  gone: readonly string[],
): { readonly result: string | undefined; readonly comments: readonly string[] } {
  const edit = new YamlEdit(source);
  const document = edit.documentAt(offset);
  const lines = linesOf(routes, { written, gone }, edit, document);
  const all = gone.length === Object.keys(fieldsIn(written, INGRESS)).length;
  const paths = all ? [INGRESS] : gone.map((key) => [...INGRESS, key]);
  const replaces = all && lines !== undefined && Object.keys(fieldsIn(written, ROUTE)).length === 0;
  const before = paths.flatMap((path) =>
    replaces ? edit.commentsOf(document, path, true) : edit.commentsRemovedWith(document, path),
  );
  const comments = missingComments(before, lines ?? "");
  const done = replaces
    ? edit.replace(document, INGRESS, `route:\n${indented(lines)}`)
    : (lines === undefined || bring(edit, document, lines, written)) &&
      paths.every((path) => edit.remove(document, path));
  return { result: done ? edit.text() : undefined, comments };
}

function bring(edit: YamlEdit, document: number, lines: string, written: Mapping): boolean {
  return Object.keys(fieldsIn(written, ROUTE)).length > 0
    ? edit.insert(document, ROUTE, lines)
    : edit.insert(document, VALUES, `route:\n${indented(lines)}`, "ingress");
}

/** The entries in `route` as YAML; if a Service's port has an anchor, the route uses its alias. */
function linesOf(
  routes: Mapping,
  { written, gone }: { readonly written: Mapping; readonly gone: readonly string[] },
  edit: YamlEdit,
  document: number,
): string | undefined {
  if (Object.keys(routes).length === 0) return undefined;
  const aliased = structuredClone(routes);
  const rules = Object.values(aliased).flatMap((route) => fieldList(fieldAt(route, ["rules"])));
  for (const backend of rules.flatMap(({ backendRefs }) => fieldList(backendRefs))) {
    const alias = aliasOf(backend, written, edit, document);
    if (alias !== undefined) backend.port = alias;
  }
  const entries = Object.entries(aliased).map(([key, route]) => {
    if (!gone.includes(key) || !isMapping(route)) return writeYaml({ [key]: route });
    const path = [...INGRESS, key];
    const fields = carriedYaml(route, ["annotations", "labels"], { edit, document, path });
    const comments = missingComments(edit.commentsOf(document, path), fields);
    const head = comments.map((comment) => `${comment}\n`).join("");
    return `${head}${writeYaml({ [key]: 0 }).replace(/ 0\n$/, "")}\n${indented(fields)}`;
  });
  return entries.join("").replaceAll(ALIAS, "*");
}

function aliasOf(backend: Mapping, written: Mapping, edit: YamlEdit, document: number): string | undefined {
  const path = [...VALUES, "service", scalarText(backend.identifier ?? backend.name), "ports"];
  const ports = Object.entries(fieldsIn(written, path)).filter(
    ([, port]) => isMapping(port) && port.port === backend.port,
  );
  const names = ports.flatMap(([name]) => edit.anchorOf(document, [...path, name, "port"], INGRESS) ?? []);
  return names[0] === undefined ? undefined : ALIAS + names[0];
}
