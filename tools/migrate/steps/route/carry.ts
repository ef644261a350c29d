import { isSwitchedOff } from "../../../gitops/edit/comments.ts";
import type { Obstacle } from "../../../gitops/edit/obstacles.ts";
import { fieldAt, fieldsIn } from "../../objects.ts";
import { missingComments } from "../../missing-comments.ts";
import {
  isMapping,
  mappingsIn,
  type Mapping,
  type PathStep,
  type Value,
} from "../../../gitops/yaml/values.ts";
import { scalarText } from "../../../gitops/kustomize/resource.ts";
import { writeYaml } from "../../../gitops/edit/write-yaml.ts";
import { scalarsIn, Texts } from "../../texts.ts";
import type { YamlEdit } from "../../../gitops/edit/yaml-edit.ts";

/** Where the fields of an Ingress are in its file. */
export interface Written {
  readonly edit: YamlEdit;
  readonly document: number;
  readonly path: readonly PathStep[];
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

/** The comments of an Ingress that its route takes on as a whole; entries that are switched off have no place there. */
export const carriedComments = (comments: readonly string[], text: string): readonly string[] =>
  missingComments(comments, text).filter((comment) => !isSwitchedOff(comment));

/** A route with the comments on each path of the Ingress above the match for that path. */
export function withPathComments(
  text: string,
  paths: readonly (readonly PathStep[])[],
  { edit, document }: Written,
): string {
  const lines = text.split("\n");
  for (const path of paths) {
    const comments = carriedComments(edit.commentsOf(document, path), lines.join("\n"));
    const value = edit.scalarAt(document, [...path, "path"]);
    const index = lines.findIndex((line) => line.trimStart() === `value: ${value ?? ""}`);
    const start = lines.slice(0, index + 1).findLastIndex((line) => /^ *- path:$/.test(line));
    if (value === undefined || start < 0) continue;
    const indent = /^ */.exec(lines[start] ?? "")?.[0] ?? "";
    lines.splice(start, 0, ...comments.map((comment) => indent + comment));
  }
  return lines.join("\n");
}

/** Where the paths of an Ingress are in its document: its hosts are at `place`, and their paths `below` each. */
export function pathsBelow(
  hosts: Value | undefined,
  place: readonly PathStep[],
  below: readonly PathStep[],
): readonly (readonly PathStep[])[] {
  return mappingsIn(hosts).flatMap((host, index) =>
    mappingsIn(fieldAt(host, [...below])).map((_, at) => [...place, index, ...below, at]),
  );
}

/** Fields as YAML; those in `copied` keep the lines of the Ingress, with their comments, quotes and anchors. */
export function carriedYaml(fields: Mapping, copied: readonly string[], written: Written): string {
  return Object.entries(fields)
    .map(
      ([key, value]) =>
        (copied.includes(key) ? copyOf(key, value, written) : undefined) ?? writeYaml({ [key]: value }),
    )
    .join("");
}

/** A field with the lines of the same scalar, or of the same entries, in the Ingress; undefined if they are not written in block style. */
function copyOf(key: string, value: Mapping[string], { edit, document, path }: Written): string | undefined {
  if (!isMapping(value)) {
    const text = edit.scalarAt(document, [...path, key]);
    return text === undefined ? undefined : `${writeYaml({ [key]: 0 }).replace(/ 0\n$/, "")} ${text}\n`;
  }
  const names = Object.keys(value);
  const keys = edit.keysOf(document, [...path, key]);
  // What a merge key brings has no lines of its own: its line stays as a whole.
  const own = keys.includes("<<") ? keys.filter((name) => name === "<<" || names.includes(name)) : names;
  const lines = own.map((name) => edit.linesOf(document, [...path, key, name]));
  if (names.length === 0 || !lines.every((line) => line !== undefined)) return undefined;
  const kept = lines.map((line) => (line.endsWith("\n") ? line : `${line}\n`)).join("");
  const off = missingComments(edit.commentsOf(document, [...path, key], true), kept).filter(isSwitchedOff);
  const block = [kept, ...off.map((comment) => `${comment}\n`)].join("");
  return `${writeYaml({ [key]: 0 }).replace(/ 0\n$/, "")}\n${indented(block)}`;
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
