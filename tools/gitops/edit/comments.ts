/** The comments in some lines of YAML, recognized by their syntax alone. */
export function commentsIn(lines: string): readonly string[] {
  return lines.split(/\r?\n/).flatMap((line) => /(?:^|\s)(#.*)$/.exec(line)?.[1] ?? []);
}

/** Whether a comment names the schema of its document: it says nothing that another document would need. */
export function isSchemaComment(comment: string): boolean {
  return /^#+\s*yaml-language-server:/.test(comment);
}

/** A value that is on one line and is no sentence: a word, a quoted string, a flow collection, or the head of a block scalar. */
const VALUE = /(?:&\S+ +)?(?:"[^"]*"|'[^']*'|[[{].*[\]}]|\S+)(?: +#.*)?/;
/** An entry of a mapping. A key such as `example.com/name` is no word, so any value may follow it. */
const ENTRY = new RegExp(
  String.raw`^(?:["']?[\w-]+(?:\.[\w-]+)+/[\w.-]+["']?:(?: .*)?|["']?[A-Za-z][\w./-]*["']?:(?: +${VALUE.source})?)\s*$`,
);

/** A list item: a path, a name, or the first entry of a mapping. */
const ITEM = new RegExp(String.raw`^#+ *- +(?:["']?[\w./-]+["']?: +)?(?:[\w./-]+:|${VALUE.source})\s*$`);

/** Whether a comment is a list item that is switched off. */
export function isSwitchedOffItem(comment: string): boolean {
  return ITEM.test(comment);
}

/** Whether a comment is an entry of a mapping or a list that is switched off, not a word about its neighbour. */
export function isSwitchedOff(comment: string): boolean {
  return isSwitchedOffItem(comment) || ENTRY.test(comment.replace(/^#+ */, ""));
}
