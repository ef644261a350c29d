import { posix } from "node:path";
import type { PathStep, Value } from "../../../gitops/yaml/values.ts";
import { scalarText as fileText } from "../../../gitops/kustomize/resource.ts";
import { YamlEdit } from "../../../gitops/edit/yaml-edit.ts";
import type { Obstacle } from "../../../gitops/edit/obstacles.ts";
import { edited, type EditedText } from "../../not-editable.ts";
import { listOf, type User } from "./references.ts";

/** A directory, and the component that replaces it. */
export interface Replacement {
  readonly from: string;
  readonly to: string;
  /** The resources and bases of the file before the step. */
  readonly order: readonly string[];
}

/**
 * Rewrites a kustomization file to include a component instead of a directory. Comments move with their entries, and paths in them are
 * updated.
 * @param moved every directory that has become a component so far
 */
export function rewriteUser(
  { file, fields, entries }: User,
  text: string,
  { from, to, order }: Replacement,
  moved: ReadonlyMap<string, string>,
): EditedText {
  const directory = posix.dirname(file);
  const target = posix.relative(directory, to);
  const edit = new YamlEdit(text);
  for (const { index } of entries.filter(({ list }) => list === "components"))
    if (!edit.setScalar(0, ["components", index], target)) return edited(edit, false);

  const taken = entries.filter(({ list }) => list !== "components");
  const lines: string[] = [];
  for (const { list, index } of taken) {
    const own = edit.linesOf(0, [list, index]);
    // An entry without lines of its own cannot be removed either: that says why.
    if (own === undefined) return edited(edit, edit.replace(0, [list, index], ""));
    lines.push(renamed(own, directory, moved));
  }
  const added = lines.join("");
  const comments = commentsRemovedBy(edit, fields, taken);
  const lost = comments.find((comment) => !added.includes(renamed(comment, directory, moved)));
  if (lost !== undefined) return { obstacle: commentAt(text, lost) };
  if (!remove(edit, fields, taken)) return edited(edit, false);
  const components = listOf(fields, "components");
  const placeOf = (entry: Value | undefined): string =>
    posix.join(directory, fileText(entry)).replace(/\/$/, "");
  const has = components.some((entry) => [from, to].includes(placeOf(entry)));
  if (lines.length === 0 || has) return { text: edit.text() };
  const sorted = inOrder(edit, added, order.indexOf(from), (index) => {
    const place = placeOf(components[index]);
    return order.findIndex((one) => moved.get(one) === place);
  });
  if (sorted !== undefined) return edited(edit, edit.replace(0, ["components"], sorted));
  return edited(edit, insert(edit, text, added, taken[0]?.list ?? "resources"));
}

/** A comment that does not move with an entry. */
function commentAt(text: string, comment: string): Obstacle {
  const line = text.split("\n").findIndex((one) => one.includes(comment)) + 1;
  return { line, reason: `this comment would be lost, because it is not on the entry: ${comment}` };
}

/** Removes entries, and a list that becomes empty. */
function remove(edit: YamlEdit, fields: User["fields"], taken: User["entries"]): boolean {
  return removedPaths(fields, taken).every((path) => edit.remove(0, path));
}

function removedPaths(fields: User["fields"], taken: User["entries"]): readonly (readonly PathStep[])[] {
  return [...Map.groupBy(taken, ({ list }) => list)].flatMap(([list, own]): (readonly PathStep[])[] =>
    own.length === listOf(fields, list).length ? [[list]] : own.map(({ index }) => [list, index]),
  );
}

function commentsRemovedBy(
  edit: YamlEdit,
  fields: User["fields"],
  taken: User["entries"],
): readonly string[] {
  return removedPaths(fields, taken).flatMap((path) => edit.commentsRemovedWith(0, path));
}

/**
 * The list of components with a new one before those whose templates followed it: a comment may head several entries. Undefined if the new one
 * comes last, or if the file had components before.
 */
function inOrder(
  edit: YamlEdit,
  added: string,
  rank: number,
  rankOf: (index: number) => number,
): string | undefined {
  const entries = Array.from({ length: edit.sizeOf(0, ["components"]) }, (_, index) => ({
    rank: rankOf(index),
    lines: edit.linesOf(0, ["components", index]),
  }));
  if (!entries.some((entry) => entry.rank > rank) || entries.some((entry) => entry.rank < 0))
    return undefined;
  const all = [...entries, { rank, lines: added }].toSorted((a, b) => a.rank - b.rank);
  return all.every(({ lines }) => lines !== undefined)
    ? `components:\n${all.map(({ lines = "" }) => lines.replace(/^(?=.)/gm, "  ")).join("")}`
    : undefined;
}

function insert(edit: YamlEdit, text: string, lines: string, after: string): boolean {
  if (edit.has(0, ["components"])) return edit.insert(0, ["components"], lines);
  const indent = new RegExp(`^${after}:[^\\n]*\\n(?:\\s*(?:#[^\\n]*)?\\n)*( *)-`, "m").exec(text)?.[1] ?? "";
  return edit.insert(0, [], `components:\n${lines.replace(/^(?=.)/gm, indent)}`, after);
}

/** Lines with every path to a converted directory replaced by the path of its component. */
function renamed(lines: string, directory: string, moved: ReadonlyMap<string, string>): string {
  return lines.replace(/[^\s"'#]+/g, (word) => {
    const to = moved.get(posix.join(directory, word).replace(/\/$/, ""));
    return to === undefined ? word : posix.relative(directory, to);
  });
}
