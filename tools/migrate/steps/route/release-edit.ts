import { scalarText } from "../../../gitops/kustomize/resource.ts";
import { isMapping, type Mapping, type PathStep } from "../../../gitops/yaml/values.ts";
import { writeYaml } from "../../../gitops/edit/write-yaml.ts";
import { YamlEdit } from "../../../gitops/edit/yaml-edit.ts";
import { fieldAt, fieldsIn } from "../../objects.ts";
import { fieldList } from "./paths.ts";

const VALUES: readonly PathStep[] = ["spec", "values"];
/** Where a HelmRelease has app-template's Ingresses. */
export const INGRESS: readonly PathStep[] = [...VALUES, "ingress"];
/** Where a HelmRelease has app-template's routes. */
export const ROUTE: readonly PathStep[] = [...VALUES, "route"];

/** Marks an alias until the text is written; a private-use character, so that no value contains it. */
const ALIAS = "\uE000";

/**
 * Adds routes to a HelmRelease's values and removes entries of `ingress`.
 * @returns the text, undefined if it cannot be edited, and one message per deleted comment
 */
export function rewriteValues(
  { source, offset, written }: { source: string; offset: number; written: Mapping },
  routes: Mapping,
  gone: readonly string[],
): { readonly result: string | undefined; readonly comments: readonly string[] } {
  const edit = new YamlEdit(source);
  const document = edit.documentAt(offset);
  const lines = linesOf(routes, written, edit, document);
  const all = gone.length === Object.keys(fieldsIn(written, INGRESS)).length;
  const paths = all ? [INGRESS] : gone.map((key) => [...INGRESS, key]);
  const replaces = all && lines !== undefined && Object.keys(fieldsIn(written, ROUTE)).length === 0;
  const comments = paths.flatMap((path) =>
    edit
      .commentsOf(document, path, replaces)
      .map((comment) => `comment deleted with ${path.slice(VALUES.length).join(".")}: ${comment}`),
  );
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

/** The entries of `route` as YAML; if the port of a Service has an anchor, the route uses its alias. */
function linesOf(routes: Mapping, written: Mapping, edit: YamlEdit, document: number): string | undefined {
  if (Object.keys(routes).length === 0) return undefined;
  const aliased = structuredClone(routes);
  const rules = Object.values(aliased).flatMap((route) => fieldList(fieldAt(route, ["rules"])));
  for (const backend of rules.flatMap(({ backendRefs }) => fieldList(backendRefs))) {
    const alias = aliasOf(backend, written, edit, document);
    if (alias !== undefined) backend.port = alias;
  }
  return writeYaml(aliased).replaceAll(ALIAS, "*");
}

const indented = (lines: string): string => lines.replace(/^(?=.)/gm, "  ");

function aliasOf(backend: Mapping, written: Mapping, edit: YamlEdit, document: number): string | undefined {
  const path = [...VALUES, "service", scalarText(backend.identifier ?? backend.name), "ports"];
  const ports = Object.entries(fieldsIn(written, path)).filter(
    ([, port]) => isMapping(port) && port.port === backend.port,
  );
  const names = ports.flatMap(([name]) => edit.anchorOf(document, [...path, name, "port"], INGRESS) ?? []);
  return names[0] === undefined ? undefined : ALIAS + names[0];
}
