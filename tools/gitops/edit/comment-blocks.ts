import { yamlComments, type PlacedComment } from "../yaml/tokens.ts";
import { isSwitchedOff } from "./comments.ts";

/** Comments that belong together: a sentence on several lines, or entries that are switched off, with all their lines. */
export interface CommentBlock {
  /** The offset of its first `#`. */
  readonly start: number;
  readonly end: number;
  /** The column of its first `#`, from 0. */
  readonly column: number;
  /** Its lines. Later ones are indented relative to the first. */
  readonly lines: readonly string[];
  /** Whether it stands behind something on the same line. */
  readonly trails: boolean;
  /** Whether it is, or contains, an entry that is switched off. */
  readonly isSwitchedOff: boolean;
}

/** A comment on a line of its own or at the end of another one. */
interface Line extends PlacedComment {
  readonly column: number;
  readonly trails: boolean;
  /** Number of lines between it and the comment before it, if these are blank; otherwise infinite. */
  readonly gap: number;
}

/** The comments in a YAML text, in blocks. */
export function commentBlocks(text: string): readonly CommentBlock[] {
  const runs: Line[][] = [];
  for (const line of linesOf(text)) {
    const run = runs.at(-1);
    const first = run?.[0];
    const isNext =
      first !== undefined && !first.trails && !line.trails && line.gap <= 1 && line.column >= first.column;
    if (isNext) run?.push(line);
    else runs.push([line]);
  }
  const blocks: Line[][] = [];
  for (const part of runs.flatMap(parts)) {
    const before = blocks.at(-1);
    if (before && continues(part, before)) before.push(...part);
    else blocks.push(part);
  }
  return blocks.flatMap(blockOf);
}

function linesOf(text: string): readonly Line[] {
  let end = 0;
  return yamlComments(text).map(({ offset, source }) => {
    const start = text.lastIndexOf("\n", offset - 1) + 1;
    const between = text.slice(end, offset);
    const isFirst = end === 0;
    end = offset + source.length;
    const gap = isFirst || between.trim() !== "" ? Infinity : between.split("\n").length - 1;
    return {
      offset,
      source: source.trimEnd(),
      column: offset - start,
      trails: text.slice(start, offset).trim() !== "",
      gap,
    };
  });
}

/** The column of what a comment says. */
const indentOf = ({ column, source }: Line): number => column + (/^#+ */.exec(source)?.[0].length ?? 0);

/** Cuts off a sentence that follows entries which are switched off: it is about what comes next. */
function parts(run: readonly Line[]): readonly Line[][] {
  const result: Line[][] = [[]];
  let column: number | undefined;
  for (const line of run) {
    const isEntry = !line.trails && isSwitchedOff(line.source);
    if (column !== undefined && !isEntry && isSentence(line, column)) {
      result.push([]);
      column = undefined;
    }
    result.at(-1)?.push(line);
    if (isEntry) column = Math.min(column ?? Infinity, indentOf(line));
  }
  return result;
}

/** Whether a line cannot belong to entries at a column that are switched off. */
function isSentence(line: Line, column: number): boolean {
  const words = line.source.replace(/^#+ */, "");
  return indentOf(line) <= column && /^\p{L}/u.test(words) && !/^[\w./-]+:(?:\s|$)/.test(words);
}

/** Whether a block goes on below blank lines: its lines are deeper than the entry above them, such as those of a block scalar. */
function continues(part: readonly Line[], before: readonly Line[]): boolean {
  const [first] = part;
  const entries = before.filter(({ source, trails }) => !trails && isSwitchedOff(source));
  const columns = entries.map(indentOf);
  return (
    first !== undefined &&
    !first.trails &&
    first.gap < Infinity &&
    entries.length > 0 &&
    first.column === before[0]?.column &&
    indentOf(first) > Math.min(...columns)
  );
}

function blockOf(lines: readonly Line[]): readonly CommentBlock[] {
  const [first] = lines;
  const last = lines.at(-1);
  if (!first || !last) return [];
  const { offset: start, column, trails } = first;
  return [
    {
      start,
      end: last.offset + last.source.length,
      column,
      trails,
      lines: lines.map((line) => " ".repeat(Math.max(0, line.column - column)) + line.source),
      isSwitchedOff: !trails && lines.some(({ source }) => isSwitchedOff(source)),
    },
  ];
}
