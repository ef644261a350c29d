import type { KubeObject } from "../../kube/objects.ts";
import type { Path } from "../../policy/engine/path.ts";
import { originAt, type Mapping } from "../gitops/yaml/values.ts";

/**
 * Whether the lines of a field contain a key that is commented out, such as `# probes:` below a container. The lines of a field end where the next one with the
 * same indentation, or less, begins.
 */
export function isCommentedOut(object: KubeObject, path: Path, key: string): boolean {
  const { text, start } = placeOf(object, path);
  return linesFrom(text, start).some((line) => isComment(line, key));
}

/**
 * The comments on a field: those in its lines, at their ends and directly above it. A key that is commented out is not a comment; `pragma: …` is for a tool.
 */
export function commentsOn(object: KubeObject, path: Path): readonly string[] {
  const { text, start } = placeOf(object, path);
  const before = text.slice(0, start).split("\n").slice(0, -1);
  const above = before.slice(before.findLastIndex((line) => !/^\s*#/.test(line)) + 1);
  return [...above, ...linesFrom(text, start)].flatMap((line) => {
    const comment = /(?:^|\s)#+\s*(.*)$/.exec(line)?.[1];
    const isSwitchedOff = /^\s*#+\s*(?!pragma:)[\w.-]+:(?:\s|$)/.test(line);
    return comment === undefined || isSwitchedOff ? [] : [comment];
  });
}

/** The text that contains a field, and the start of the field's first line. */
function placeOf(object: KubeObject, path: Path): { readonly text: string; readonly start: number } {
  const { source, offset } = originAt(object as unknown as Mapping, path);
  return { text: source.text, start: source.text.lastIndexOf("\n", offset - 1) + 1 };
}

/** The lines of the field that begins at an offset. */
function linesFrom(text: string, start: number): readonly string[] {
  const lines: string[] = [];
  for (let from = start; from < text.length;) {
    const next = text.indexOf("\n", from);
    const end = next < 0 ? text.length : next;
    const line = text.slice(from, end);
    const isNextField = /^\s*[^\s#]/.test(line) && indentation(line) <= indentation(lines[0] ?? "");
    if (lines.length > 0 && isNextField) break;
    lines.push(line);
    from = end + 1;
  }
  return lines;
}

function indentation(line: string): number {
  return /^ */.exec(line)?.[0].length ?? 0;
}

function isComment(line: string, key: string): boolean {
  return /^\s*#/.test(line) && line.replace(/^[\s#]*/, "").startsWith(`${key}:`);
}
