import { tokensOf } from "../yaml/tokens.ts";

/** The comments in some lines of YAML, recognized by their syntax alone. */
export function commentsIn(lines: string): readonly string[] {
  return lines.split(/\r?\n/).flatMap((line) => /(?:^|\s)(#.*)$/.exec(line)?.[1] ?? []);
}

/** The comments in a YAML text, without what only looks like one in a block scalar or a quoted string. */
export function yamlComments(text: string): readonly string[] {
  return [...tokensOf(text)].flatMap(commentsBelow);
}

function commentsBelow(token: unknown): readonly string[] {
  if (typeof token !== "object" || token === null) return [];
  if ("type" in token && token.type === "comment" && "source" in token) return [String(token.source)];
  return Object.values(token).flatMap(commentsBelow);
}

/** Whether a comment names the schema of its document: it says nothing that another document would need. */
export function isSchemaComment(comment: string): boolean {
  return /^#+\s*yaml-language-server:/.test(comment);
}

/** Whether a comment is a list item that is switched off: a path, a name, or a mapping. */
export function isSwitchedOffItem(comment: string): boolean {
  return /^#+ *- +(?:[\w./-]+:(?: +\S+)?|\S+)\s*$/.test(comment);
}

/** Whether a comment is an entry of a mapping or a list that is switched off, not a word about its neighbour. */
export function isSwitchedOff(comment: string): boolean {
  return isSwitchedOffItem(comment) || /^#+ *[A-Za-z][\w./-]*:(?: +\S+)?\s*$/.test(comment);
}
