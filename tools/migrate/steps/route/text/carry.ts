import type { OwnedComment } from "../../../../gitops/edit/comment-owners.ts";
import type { Obstacle } from "../../../../gitops/edit/obstacles.ts";
import { fieldsIn } from "../../../objects.ts";
import { isMapping, type Mapping, type PathStep, type Value } from "../../../../gitops/yaml/values.ts";
import { scalarText } from "../../../../gitops/kustomize/resource.ts";
import { writeYaml } from "../../../../gitops/edit/write-yaml.ts";
import type { TextRange } from "../../../../gitops/edit/text-lines.ts";
import { scalarsIn, Texts } from "../../../texts.ts";
import type { YamlEdit } from "../../../../gitops/edit/yaml-edit.ts";
import type { MovingComments } from "./comment-places.ts";
import { startsWith } from "./comment-targets.ts";

/** Where the fields of an Ingress are in its file. */
export interface Written {
  readonly edit: YamlEdit;
  readonly document: number;
  readonly path: readonly PathStep[];
  /** Its comments, if they move. */
  readonly comments?: MovingComments;
}

/** What a scalar of an Ingress says, by its key. */
const ROLES: Readonly<Record<string, "host" | "path" | "name" | "port">> = {
  host: "host",
  path: "path",
  name: "name",
  identifier: "name",
  number: "port",
  port: "port",
};

/** Takes the scalars of a route from the Ingress that it replaces: they keep their quotes, anchors and aliases. */
export class Scalars {
  readonly #texts = new Texts();
  readonly #known = new Map<string, string>();
  readonly #portText: (backend: Mapping) => string | undefined;

  /** @param portText what to write for a port, if the Ingress names it */
  constructor(ingress: Value, written: Written, portText: (backend: Mapping) => string | undefined) {
    this.#portText = portText;
    for (const { value, path } of scalarsIn(ingress)) {
      const role = ROLES[String(path.at(-1))];
      const text = written.edit.scalarAt(written.document, [...written.path, ...path]);
      const key = `${role ?? ""} ${typeof value} ${scalarText(value)}`;
      if (role === undefined || text === undefined) continue;
      this.#known.set(key, richer(this.#known.get(key), text));
    }
  }

  /** A route as YAML. */
  write(route: Mapping, copied: readonly string[], written: Written): string {
    const marked = {
      ...route,
      ...(Array.isArray(route.hostnames) && {
        hostnames: route.hostnames.map((host) => this.#of("host", host)),
      }),
      ...(Array.isArray(route.rules) && { rules: route.rules.map((rule) => this.#rule(rule)) }),
    };
    return this.#texts.fill(carriedYaml(marked, copied, written));
  }

  #rule(rule: Value): Value {
    if (!isMapping(rule)) return rule;
    const list = (key: string, change: (one: Mapping) => Mapping): Mapping =>
      Array.isArray(rule[key]) ? { [key]: rule[key].map((one) => (isMapping(one) ? change(one) : one)) } : {};
    return {
      ...rule,
      ...list("matches", (match) =>
        isMapping(match.path)
          ? { ...match, path: { ...match.path, value: this.#of("path", match.path.value) } }
          : match,
      ),
      ...list("filters", (filter) => {
        const { extensionRef } = filter;
        return isMapping(extensionRef)
          ? { ...filter, extensionRef: { ...extensionRef, name: this.#of("name", extensionRef.name) } }
          : filter;
      }),
      ...list("backendRefs", (backend) => this.#backend(backend)),
    };
  }

  #backend(backend: Mapping): Mapping {
    const result: Mapping = { ...backend };
    for (const key of ["identifier", "name"])
      if (backend[key] !== undefined) result[key] = this.#of("name", backend[key]);
    if (backend.port === undefined) return result;
    const text = this.#portText(backend);
    return { ...result, port: text === undefined ? this.#of("port", backend.port) : this.#texts.hold(text) };
  }

  #of(role: string, value: Value | undefined): Value {
    const text = this.#known.get(`${role} ${typeof value} ${scalarText(value)}`);
    return text === undefined ? (value ?? null) : this.#texts.hold(text);
  }
}

/** Of two texts of the same value, the one with an anchor or alias, and with the quotes of either. */
function richer(one: string | undefined, other: string): string {
  if (one === undefined || !/^["'&*]/.test(one)) return other;
  const [anchor] = /^&\S+ (?!["'])/.exec(one) ?? [];
  return anchor !== undefined && /^["']/.test(other) ? anchor + other : one;
}

/** Fields as YAML; those in `copied` keep the lines of the Ingress, with their comments, quotes and anchors. */
export function carriedYaml(fields: Mapping, copied: readonly string[], written: Written): string {
  const { edit, document, path } = written;
  return Object.entries(fields)
    .map(([key, value], index, all) => {
      const copy = copied.includes(key) ? copyOf(key, value, written) : undefined;
      const isNext = copy !== undefined && copied.includes(all[index - 1]?.[0] ?? "");
      const gap = isNext && edit.isSeparated(document, [...path, key]) ? "\n" : "";
      return gap + (copy ?? writeYaml({ [key]: value }));
    })
    .join("");
}

/** A field with the text of the same scalar or mapping in the Ingress, or the lines of the same entries; undefined if these are not all on lines of their own. */
function copyOf(
  key: string,
  value: Mapping[string],
  { edit, document, path, comments }: Written,
): string | undefined {
  const head = writeYaml({ [key]: 0 }).replace(/ 0\n$/, "");
  const place = [...path, key];
  const names = isMapping(value) ? Object.keys(value) : [];
  const text = isMapping(value)
    ? edit.inlineMapping(document, place, new Set(names))
    : edit.scalarAt(document, place);
  if (text !== undefined) return `${head} ${text}\n`;
  const keys = edit.keysOf(document, place);
  // What a merge key brings has no lines of its own: its line stays as a whole.
  const own = keys.includes("<<") ? keys.filter((name) => name === "<<" || names.includes(name)) : names;
  const parts = own.map((name) => ({
    lines: edit.linesOf(document, [...path, key, name], true),
    range: edit.rangeOf(document, [...path, key, name]) ?? [0, 0],
  }));
  if (names.length === 0 || !parts.every(({ lines }) => lines !== undefined)) return undefined;
  comments?.take(({ start }) => parts.some(({ range }) => range[0] <= start && start < range[1]));
  const around = comments?.take((comment) => isAmong(comment, [...path, key], own)) ?? [];
  const block = [
    ...parts.map(({ lines = "", range }) => ({ range, text: lines.replace(/\n?$/, "\n") })),
    ...around.map(({ start, end, lines }) => ({
      range: [start, end] as const,
      text: `${lines.join("\n")}\n`,
    })),
  ].toSorted((a, b) => a.range[0] - b.range[0]);
  const going = keys.filter((name) => !own.includes(name)).map((name) => [...path, key, name]);
  const spaced = withBlankLines(block, { edit, document, path: place }, going);
  // Without some of its entries, the anchor would mean another value.
  const anchor = going.length > 0 ? undefined : edit.collectionAnchor(document, place);
  return `${head}${anchor === undefined ? "" : ` &${anchor}`}\n${indented(spaced)}`;
}

/** Lines that stay of a mapping; groups of them that blank lines separate remain groups if what is between them goes. */
function withBlankLines(
  block: readonly { readonly range: TextRange; readonly text: string }[],
  { edit, document, path }: Written,
  going: readonly (readonly PathStep[])[],
): string {
  const gone = going.flatMap((entry) => {
    const range = edit.rangeOf(document, entry);
    return range ? [range] : [];
  });
  // The line of the mapping's own key is the one above the first entry.
  const first = edit.rangeOf(document, path)?.[0] ?? 0;
  return block
    .map(({ range: [start], text }, index) => {
      const isHeaded = index === 0 && gone.every(([after]) => after > start);
      const above = block[index - 1]?.range[1] ?? (isHeaded ? first + 1 : start);
      return "\n".repeat(edit.blankLinesBetween(above, start, gone)) + text;
    })
    .join("");
}

/** Whether comments stay in a mapping of which these entries stay: they are about one of those or about all, or they are entries that are switched off. */
function isAmong(
  { owner, place, isSwitchedOff }: OwnedComment,
  mapping: readonly PathStep[],
  entries: readonly string[],
): boolean {
  if (!startsWith(owner, mapping)) return false;
  const [entry, ...below] = owner.slice(mapping.length);
  if (entry === undefined) return place === "in";
  return isSwitchedOff || (place === "above" && below.length === 0 && entries.includes(String(entry)));
}

/** Mappings in the metadata of an Ingress, or in its entry in values, that keep their lines. */
export const COPIED = ["annotations", "labels"];

/** Why {@link COPIED} mappings cannot keep their lines: of what a merge key brings, something would not move. */
export function mergeObstacle(
  { from, to }: { readonly from: Mapping; readonly to: Mapping },
  { edit, document, path }: Written,
): Obstacle | undefined {
  for (const field of COPIED) {
    const keys = edit.keysOf(document, [...path, field]);
    if (!keys.includes("<<")) continue;
    const [before, after] = [from, to].map((one) => Object.keys(fieldsIn(one, [field])));
    const gone = (before ?? []).filter((name) => !keys.includes(name) && !after?.includes(name));
    if (gone.length === 0) continue;
    const reason = `${field} has a merge key (<<), and of what that brings, ${gone.join(", ")} would not move: write out what stays`;
    return { line: edit.lineOf(document, [...path, field, "<<"]), reason };
  }
  return undefined;
}

/** Indents lines by one level. */
export const indented = (lines: string): string => lines.replace(/^(?=.)/gm, "  ");
