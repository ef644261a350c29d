import { lineAfter } from "./block-scalar.ts";
import type { Scanned } from "./flow-scalars.ts";

/**
 * Reads a plain scalar, which may continue on lines that are indented deeper than its parent in column `indent`. It ends at the start of the line after it.
 * Undefined for what no plain scalar starts with, and for a colon that makes it a key.
 */
export function readPlain(text: string, at: number, indent: number): Scanned<string> | undefined {
  if (/[>%@`!?,\]}]/.test(text.charAt(at))) return undefined;
  let line = plainLine(text, at);
  if (/^-(?: |$)/.test(line.value)) return undefined;
  let value = "";
  for (;;) {
    if (/:(?: |$)/.test(line.value)) return undefined;
    value += line.value;
    CONTINUED.lastIndex = line.end;
    const [whole, blank = "", spaces = ""] = CONTINUED.exec(text) ?? [];
    if (line.hasComment || whole === undefined || spaces.length <= indent) return { value, end: line.end };
    value += blank.replaceAll(" ", "") || " ";
    line = plainLine(text, line.end + whole.length);
  }
}

/** Blank lines, and the indentation of a line that is no comment. */
const CONTINUED = /((?: *\n)*)( *)(?=[^ \n#])/y;

/** What a line adds to a plain scalar. */
function plainLine(text: string, at: number): Scanned<string> & { readonly hasComment: boolean } {
  const end = lineAfter(text, at);
  const line = text.slice(at, end);
  const comment = line.search(/ #/);
  return { value: (comment < 0 ? line : line.slice(0, comment)).trimEnd(), end, hasComment: comment >= 0 };
}
