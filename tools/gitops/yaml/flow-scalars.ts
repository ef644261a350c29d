import { resolvePlain, type Dialect } from "./schema.ts";
import type { Origin, SourceText } from "./source.ts";
import { mappingAt, listAt, pushElement, setField, type Value } from "./values.ts";

/** A value, and the offset at which it ends. */
export interface Scanned<V> {
  readonly value: V;
  readonly end: number;
}

/** Reads a quoted scalar with only common escapes; undefined for any other scalar. */
export function scanQuoted(text: string, at: number): Scanned<string> | undefined {
  const isSingle = text.charAt(at) === "'";
  const end = isSingle ? endOfSingle(text, at) : endOfDouble(text, at);
  if (end === undefined) return undefined;
  const inner = text.slice(at + 1, end - 1);
  if (isSingle) return { value: inner.replace(BREAK, folded).replaceAll("''", "'"), end };
  const unescaped = (match: string, blank: string | undefined, escaped: string | undefined): string =>
    escaped === undefined ? folded(match, blank) : characterOf(escaped);
  return { value: /[\\\n]/.test(inner) ? inner.replace(BREAK_OR_ESCAPE, unescaped) : inner, end };
}

function endOfSingle(text: string, at: number): number | undefined {
  let quote = text.indexOf("'", at + 1);
  while (text.charAt(quote + 1) === "'" && quote >= 0) quote = text.indexOf("'", quote + 2);
  return quote < 0 ? undefined : quote + 1;
}

// One pattern for all of it would overflow the stack in large texts.
function endOfDouble(text: string, at: number): number | undefined {
  QUOTE_OR_ESCAPE.lastIndex = at + 1;
  for (;;) {
    const [found] = QUOTE_OR_ESCAPE.exec(text) ?? [];
    if (found === '"') return QUOTE_OR_ESCAPE.lastIndex;
    if (found === undefined || found === "\\") return undefined;
  }
}

/** A quotation mark, or a backslash with what it may escape here. */
const QUOTE_OR_ESCAPE = /"|\\(?:["\\nt ]|\n *(?=[^ \n])|u(?![dD][89a-fA-F])[\da-fA-F]{4})?/g;
/** The end of a line, with the blank lines after it. */
const BREAK = /(?<! ) *\n((?: *\n)*) */g;
const BREAK_OR_ESCAPE = /(?<!(?<!\\) ) *\n((?: *\n)*) *|\\(\n *|u.{4}|.)/g;

/** What a line break in a quoted scalar stands for: a space, or the blank lines after it. */
const folded = (_match: string, blank = ""): string => blank.replaceAll(" ", "") || " ";

/** What a backslash and what follows it stand for. */
function characterOf(escaped: string): string {
  const kind = escaped.charAt(0);
  if (kind === "u") return String.fromCharCode(Number.parseInt(escaped.slice(1), 16));
  return { n: "\n", t: "\t", "\n": "" }[kind] ?? kind;
}

/** Reads a flow collection on one line; undefined if it spans several lines. */
export function parseFlow(source: SourceText, at: number, dialect: Dialect): Scanned<Value> | undefined {
  const { text } = source;
  const origin = (offset: number): Origin => ({ source, offset });
  const blanks = (from: number): number => {
    let end = from;
    while (text.charCodeAt(end) === 32) end++;
    return end;
  };
  if (text.charAt(at) === "[") {
    const list = listAt(origin(at));
    let next = blanks(at + 1);
    while (text.charAt(next) !== "]") {
      const element = flowValue(source, next, dialect);
      if (!element) return undefined;
      pushElement(list, element.value, origin(next));
      next = blanks(element.end);
      if (text.charAt(next) === ",") next = blanks(next + 1);
      else if (text.charAt(next) !== "]") return undefined;
    }
    return { value: list, end: next + 1 };
  }
  const fields = mappingAt(origin(at));
  let next = blanks(at + 1);
  while (text.charAt(next) !== "}") {
    const key = flowKey(text, next, dialect);
    if (!key || Object.hasOwn(fields, key.value)) return undefined;
    const start = blanks(key.end);
    const element = flowValue(source, start, dialect);
    if (!element) return undefined;
    setField(fields, key.value, element.value, { source, offset: next, valueOffset: start });
    next = blanks(element.end);
    if (text.charAt(next) === ",") next = blanks(next + 1);
    else if (text.charAt(next) !== "}") return undefined;
  }
  return { value: fields, end: next + 1 };
}

const PLAIN_KEY = /[A-Za-z_][-\w./]*(?=: )/y;
const PLAIN = /[^\s"'#&*!|>%@`,[\]{}?:-](?:[^\n,[\]{}:#]|:(?=[^\s,[\]{}])|(?<=\S)#)*/y;

function flowKey(text: string, at: number, dialect: Dialect): Scanned<string> | undefined {
  PLAIN_KEY.lastIndex = at;
  const [written] = PLAIN_KEY.exec(text) ?? [];
  if (written === undefined || typeof resolvePlain(written, dialect) !== "string") return undefined;
  return { value: written, end: at + written.length + 1 };
}

function flowValue(source: SourceText, at: number, dialect: Dialect): Scanned<Value> | undefined {
  const { text } = source;
  const character = text.charAt(at);
  if (character === "[" || character === "{") return parseFlow(source, at, dialect);
  if (character === '"' || character === "'") {
    const quoted = scanQuoted(text, at);
    return quoted && text.slice(at, quoted.end).includes("\n") ? undefined : quoted;
  }
  PLAIN.lastIndex = at;
  const [written] = PLAIN.exec(text) ?? [];
  if (written === undefined || /:\s*$/.test(written)) return undefined;
  return { value: resolvePlain(written.trimEnd(), dialect), end: at + written.length };
}
