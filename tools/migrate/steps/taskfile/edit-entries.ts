import type { YamlEdit } from "../../../gitops/edit/yaml-edit.ts";
import { missingComments } from "../../missing-comments.ts";
import type { NotEdited } from "../../not-editable.ts";
import { indented } from "../route/text/carry.ts";

/** New lines for a top-level mapping, and the entry whose place they take. */
interface Addition {
  readonly lines: string;
  readonly replaces: string | undefined;
}

interface Changed {
  readonly removed: ReadonlyMap<string, readonly string[]>;
  readonly kept: ReadonlyMap<string, NotEdited>;
  readonly notAdded?: NotEdited;
}

/**
 * Removes entries from a top-level mapping of a Taskfile and adds others; a mapping that would be empty is removed.
 * @returns the comments that are deleted with each removed entry, why others stay, and why something was not added; undefined if everything was
 */
export function changeEntries(
  edit: YamlEdit,
  list: "includes" | "tasks",
  going: readonly string[],
  added: readonly Addition[] = [],
): Changed {
  const inPlace = new Map(
    added.flatMap(({ lines, replaces }) => (replaces === undefined ? [] : [[replaces, lines]])),
  );
  const atEnd = added.filter(({ replaces }) => replaces === undefined).map(({ lines }) => lines);
  const isEmptied = going.length === edit.sizeOf(0, [list]) && inPlace.size === 0;
  const removed = new Map<string, readonly string[]>();
  const kept = new Map<string, NotEdited>();
  if (isEmptied && going.length > 0) {
    const comments = going.map((key) => [key, edit.commentsRemovedWith(0, [list, key])] as const);
    const contents = `${list}:\n${indented(atEnd.join("\n"))}`;
    const done = atEnd.length === 0 ? edit.remove(0, [list]) : edit.replace(0, [list], contents);
    const own = { obstacle: edit.obstacle };
    return {
      removed: new Map(done ? comments : []),
      kept: new Map(done ? [] : going.map((key) => [key, own])),
      ...(!done && atEnd.length > 0 && { notAdded: own }),
    };
  }
  for (const key of going) {
    const path = [list, key];
    const lines = inPlace.get(key);
    const comments =
      lines === undefined
        ? edit.commentsRemovedWith(0, path)
        : missingComments(edit.commentsOf(0, path, true), lines);
    const done = lines === undefined ? edit.remove(0, path) : edit.replace(0, path, lines);
    if (done) removed.set(key, comments);
    else kept.set(key, { obstacle: edit.obstacle });
  }
  const isAdded = atEnd.length === 0 || edit.insert(0, [list], `\n${atEnd.join("\n")}`);
  const inTheWay = isAdded
    ? [...inPlace.keys()].map((key) => kept.get(key)).find((one) => one !== undefined)
    : { obstacle: edit.obstacle };
  return { removed, kept, ...(inTheWay && { notAdded: inTheWay }) };
}

/** The text without the blank line that removed entries leave at the start of a mapping. */
export function withoutBlankStart(before: string, after: string, list: string): string {
  const start = new RegExp(`^(${list}:[^\\n]*\\n)(?:[ \\t]*\\r?\\n)+`, "m");
  return start.test(before) ? after : after.replace(start, "$1");
}
