import { resolvePlain, type Dialect } from "./schema.ts";
import type { Origin, SourceText } from "./source.ts";
import { mappingAt, listAt, pushElement, setField, type Value } from "./values.ts";

/** A value, and the offset at which it ends. */
export interface Scanned<V> {
  readonly value: V;
  readonly end: number;
}

/** Reads a quoted scalar on one line with only common escapes; undefined for any other scalar. */
export function scanQuoted(text: string, at: number): Scanned<string> | undefined {
  const pattern = text.charAt(at) === "'" ? SINGLE : DOUBLE;
  pattern.lastIndex = at;
  const [written] = pattern.exec(text) ?? [];
  if (written === undefined) return undefined;
  const inner = written.slice(1, -1);
  const end = at + written.length;
  if (pattern === SINGLE) return { value: inner.replaceAll("''", "'"), end };
  return {
    value: inner.includes("\\")
      ? inner.replace(/\\(.)/g, (_match, escaped: string) => ESCAPES[escaped] ?? escaped)
      : inner,
    end,
  };
}

const SINGLE = /'(?:[^'\n]|'')*'/y;
const DOUBLE = /"(?:[^"\\\n]|\\["\\/nt])*"/y;
const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t" };

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
  if (character === '"' || character === "'") return scanQuoted(text, at);
  PLAIN.lastIndex = at;
  const [written] = PLAIN.exec(text) ?? [];
  if (written === undefined || /:\s*$/.test(written)) return undefined;
  return { value: resolvePlain(written.trimEnd(), dialect), end: at + written.length };
}
