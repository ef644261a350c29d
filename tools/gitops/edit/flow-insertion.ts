import { isScalar, Scalar, type Node, type YAMLSeq } from "yaml";
import type { TextEdit } from "./text-edit.ts";

/**
 * Adds scalars at the end of a flow list, quoted as all of its items are, so that JSON stays JSON. If its last item has a line of its own, so do they: a comment
 * on that line would explain them, too.
 * @param lines each as `- value`
 * @returns undefined for any other lines
 */
export function flowInsertion(
  text: string,
  { items, range }: YAMLSeq<Node>,
  lines: string,
  newline: string,
): TextEdit | undefined {
  const added = lines.trimEnd().split("\n").map(scalarIn);
  const last = items.at(-1)?.range;
  const start = last?.[1] ?? (range ? range[0] + 1 : undefined);
  if (start === undefined || !added.every((one) => one !== undefined)) return undefined;
  const values = added.map(quotedLike(items));
  if (!last) return { start, end: start, text: values.join(", ") };
  const [column, above] = lineOf(text, last[0]);
  // What follows the last item, if its line ends there.
  const [rest, comma] = /^[ \t]*(,?)[ \t]*(?:(?<=[\s,])#.*)?(?=\r?\n)/.exec(text.slice(start)) ?? [];
  if (rest === undefined || above.trim() !== "")
    return { start, end: start, text: values.map((value) => `, ${value}`).join("") };
  const lists = values.map((value) => `${newline}${column}${value}`).join(",");
  return {
    start,
    end: start + rest.length,
    text: comma === "," ? `${rest}${lists},` : `,${rest}${lists}`,
  };
}

/** The value in a line `- value`, if it is a plain scalar in a flow list as well. */
function scalarIn(line: string): string | undefined {
  const value = /^- ([^\s[\]{},#&*!|>%@`"':?-][^[\]{},#\n]*)$/.exec(line)?.[1]?.trimEnd();
  return value === undefined || /:(?:\s|$)/.test(value) ? undefined : value;
}

/** Quotes a value as all items of a list are quoted. */
function quotedLike(items: readonly Node[]): (value: string) => string {
  const [type, ...others] = new Set(items.map((item) => (isScalar(item) ? item.type : undefined)));
  const quote =
    others.length > 0 ? "" : type === Scalar.QUOTE_DOUBLE ? '"' : type === Scalar.QUOTE_SINGLE ? "'" : "";
  return (value) => (/["'\\]/.test(value) ? value : `${quote}${value}${quote}`);
}

/** The indentation of the line of an offset, and its text before the offset. */
function lineOf(text: string, offset: number): readonly [indentation: string, before: string] {
  const before = text.slice(text.lastIndexOf("\n", offset - 1) + 1, offset);
  return [/^[ \t]*/.exec(before)?.[0] ?? "", before];
}
