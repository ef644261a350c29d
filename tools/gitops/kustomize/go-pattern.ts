import { BuildError, unsupported } from "../problem.ts";
import type { Origin } from "../yaml/source.ts";

/** A part of a regular expression that Go rejects. */
class PatternError extends Error {}

/** A part that has a meaning in Go, but not in JavaScript. */
class UnknownPartError extends Error {}

/**
 * A regular expression in the syntax of Go, as one of JavaScript that must match the whole text.
 * @throws BuildError with the location `origin` for one that Go rejects
 * @see https://github.com/google/re2/wiki/Syntax
 */
export const wholePattern = (pattern: string, origin: Origin): RegExp =>
  goPattern(pattern, origin, (source) => `^(?:${source})$`);

/** Like {@link wholePattern}, but may match a part of the text. */
export function goPattern(
  pattern: string,
  origin: Origin,
  around = (source: string): string => source,
): RegExp {
  // JavaScript takes flags separately, while Go has them at the start of the pattern.
  const [flags = "", letters = ""] = /^\(\?([ims]+)\)/.exec(pattern) ?? [];
  try {
    return new RegExp(around(pattern.slice(flags.length).replace(PART, translated)), letters);
  } catch (error) {
    if (error instanceof UnknownPartError) throw unsupported(`the pattern ${pattern}`, origin);
    if (!(error instanceof PatternError) && !(error instanceof SyntaxError)) throw error;
    const reason = error instanceof PatternError ? `, which has no ${error.message}` : "";
    throw new BuildError(`${pattern} is not a regular expression for Go${reason}`, origin);
  }
}

/** Quoted text, a class of characters, another escape, the start of a special group, or a repetition. */
const PART =
  /\\Q[^]*?(?:\\E|$)|\[\^?\]?(?:\[:\^?\w+:\]|\\(?:x\{\w+\}|[^])|[^\]\\])*\]|\\(?:x\{\w+\}|[0-7]{1,3}|[^]|$)|\(\?(?:P?<\w+>|[ims]*:|[imsU-]+\)|[^]?)|\{\d+(?:,\d*)?\}/g;

function translated(part: string): string {
  if (/^(?:\(\?[imsU-]+\)|\\[pP])$/.test(part)) throw new UnknownPartError(part);
  if (part.startsWith("\\Q"))
    return part
      .slice(2)
      .replace(/\\E$/, "")
      .replaceAll(/[^\w\s]/g, "\\$&");
  if (part.startsWith("[")) return characterClass(part);
  if (part.startsWith("\\")) return escaped(part);
  if (part.startsWith("{")) {
    if (part.match(/\d+/g)?.some((count) => Number(count) > MAX_COUNT) === true) throw new PatternError(part);
    return part;
  }
  if (/^\(\?(?:P?<\w+>|[ims]*:)$/.test(part)) return part.replace("P", "");
  throw new PatternError(part);
}

const MAX_COUNT = 1000;

function characterClass(part: string): string {
  const [, start = "", inner = ""] = /^(\[\^?)([^]*)\]$/.exec(part) ?? [];
  // A range cannot end at a class.
  if (/[^\\]-\\[dswDSW]/.test(inner)) throw new PatternError(part);
  const members = inner
    .replace(/^\]/, "\\]")
    .replace(/\[:(\^?\w+):\]|\\(?:x\{\w+\}|[0-7]{1,3}|[^])/g, (member: string, name?: string) => {
      if (name === undefined) return escaped(member);
      const characters = POSIX[name];
      if (characters === undefined) throw new PatternError(member);
      return characters;
    });
  return `${start}${members}]`;
}

const POSIX: Readonly<Record<string, string>> = {
  alnum: "0-9A-Za-z",
  alpha: "A-Za-z",
  ascii: "\\x00-\\x7f",
  blank: "\\t ",
  digit: "0-9",
  lower: "a-z",
  punct: "!-/:-@\\[-`{-~",
  space: "\\t-\\r ",
  upper: "A-Z",
  word: "\\w",
  xdigit: "0-9A-Fa-f",
};

/** Escapes that JavaScript writes differently. */
const OTHERS: Readonly<Record<string, string>> = {
  "\\A": "(?<![^])",
  "\\a": "\\x07",
  "\\z": "(?![^])",
};

function escaped(part: string): string {
  const hex = /^\\x\{([0-9a-fA-F]{1,4})\}$/.exec(part)?.[1];
  if (hex !== undefined) return `\\u${hex.padStart(4, "0")}`;
  if (/^\\(?:0|[1-7][0-7])/.test(part))
    return `\\x${Number.parseInt(part.slice(1), 8).toString(16).padStart(2, "0")}`;
  // Unlike JavaScript, Go gives no other letter or digit a meaning.
  if (!/^\\(?:[bBdDfnrsStvwWx]|[^a-zA-Z0-9])$/.test(part) && !(part in OTHERS)) throw new PatternError(part);
  return OTHERS[part] ?? part;
}
