import type { Scanned } from "./flow-scalars.ts";

/**
 * Reads a literal block (`|`) or a folded one (`>`) whose parent is in column `indent`. Undefined for blocks that the full parser must read: those with an
 * indentation indicator, without content, with final blank lines before a comment, with leading blank lines that are indented deeper than the content, or with spaces at the end of the file; and
 * folded blocks that are more than one paragraph.
 */
export function readBlock(text: string, at: number, indent: number): Scanned<string> | undefined {
  const [header, chomping] = /^[|>]([-+]?)[ ]*(?:#.*)?\n/.exec(text.slice(at, lineAfter(text, at))) ?? [];
  if (header === undefined || chomping === undefined) return undefined;
  const lines: string[] = [];
  let own = -1;
  let line = lineAfter(text, at);
  while (line < text.length) {
    const next = lineAfter(text, line);
    const raw = text.slice(line, text.charCodeAt(next - 1) === 10 ? next - 1 : next);
    const width = raw.search(/[^ ]|$/);
    if (width < raw.length) {
      if (own < 0 && width > indent) {
        if (lines.some((blank) => blank.length > width)) return undefined;
        own = width;
      }
      if (own < 0 || width < own) break;
    }
    lines.push(raw);
    line = next;
  }
  const isOpen = line >= text.length && !text.endsWith("\n");
  if (own <= 0 || (isOpen && lines.at(-1)?.trimEnd() === "")) return undefined;
  if (chomping === "+" && /^\s*#/.test(text.slice(line))) return undefined;
  const content = lines.map((raw) => raw.slice(own));
  const value = text.charAt(at) === "|" ? chomped(content, chomping) : folded(content, chomping);
  if (value === undefined) return undefined;
  // go-yaml adds no newline to a block that ends with the file.
  return { value: isOpen && value.endsWith("\n") ? value.slice(0, -1) : value, end: line };
}

/** Where the line after an offset starts. */
export function lineAfter(text: string, from: number): number {
  const newline = text.indexOf("\n", from);
  return newline < 0 ? text.length : newline + 1;
}

function chomped(lines: readonly string[], chomping: string): string {
  const text = `${lines.join("\n")}\n`;
  if (chomping === "+") return text;
  let end = text.length;
  while (text.charCodeAt(end - 1) === 10) end--;
  const trimmed = text.slice(0, end);
  return chomping === "-" ? trimmed : `${trimmed}\n`;
}

/** Lines that are one paragraph, as one line; undefined if a line is blank, indented or ends with a space, where go-yaml has rules of its own. */
function folded(lines: readonly string[], chomping: string): string | undefined {
  const content = lines.slice(0, lines.findLastIndex((line) => line !== "") + 1);
  if (chomping === "+" || content.some((line) => /^ | $|^$/.test(line))) return undefined;
  return content.join(" ") + (chomping === "-" ? "" : "\n");
}
