import { isDate, resolvePlain } from "./schema.ts";
import type { Mapping, Value } from "./values.ts";

/** Column after which go-yaml breaks a line at the next single space. */
const WIDTH = 80;
const INDENT = 2;

/**
 * A value as written by go-yaml v2. Flux substitutes variables in this text, so quotes, block scalars and line breaks decide what an expression becomes.
 * Source: encode.go and emitterc.go in go.yaml.in/yaml/v2.
 */
export function writeGoYaml(value: Mapping): string {
  const writer = new Writer();
  writer.mapping(value, 0);
  return writer.text;
}

class Writer {
  /** The text up to the current line, in pieces: any look at one long text that grows would copy all of it. */
  readonly #finished: string[] = [];
  #current = "";

  get text(): string {
    return this.#finished.join("") + this.#current;
  }

  /** Writes the entries of a mapping; the first one goes at the end of the current text. */
  mapping(mapping: Mapping, indent: number): void {
    for (const [index, key] of Object.keys(mapping).entries()) {
      if (index > 0) this.#line(indent);
      const written = scalar(key, { column: this.#column, indent: indent + INDENT, isKey: true });
      const isSimple = Buffer.byteLength(key) <= 128 && !key.includes("\n");
      if (isSimple) this.#put(`${written}:`);
      else {
        this.#put("? ");
        this.#put(scalar(key, { column: this.#column, indent: indent + INDENT, isKey: false }));
        this.#line(indent);
        this.#put(":");
      }
      this.#entry(mapping[key] as Value, indent);
    }
    if (indent === 0 && !this.#isAtStartOfLine) this.#put("\n");
  }

  get #column(): number {
    return ASCII.test(this.#current) ? this.#current.length : Array.from(this.#current).length;
  }

  get #isAtStartOfLine(): boolean {
    return this.#current === "" && this.#finished.length > 0;
  }

  #put(text: string): void {
    const start = text.lastIndexOf("\n") + 1;
    if (start > 0) this.#finished.push(this.#current, text.slice(0, start));
    this.#current = (start > 0 ? "" : this.#current) + text.slice(start);
  }

  #line(indent: number): void {
    this.#put(`${this.#isAtStartOfLine ? "" : "\n"}${" ".repeat(indent)}`);
  }

  /** Writes the value after a key's colon. A list is not indented further than its key. */
  #entry(value: Value, indent: number): void {
    if (typeof value === "object" && value !== null && Object.keys(value).length > 0) {
      this.#line(Array.isArray(value) ? indent : indent + INDENT);
      if (Array.isArray(value)) this.#list(value, indent);
      else this.mapping(value, indent + INDENT);
      return;
    }
    this.#put(" ");
    this.#scalar(value, indent);
  }

  #list(list: Value[], indent: number): void {
    for (const [index, element] of list.entries()) {
      if (index > 0) this.#line(indent);
      this.#put("- ");
      if (typeof element !== "object" || element === null || Object.keys(element).length === 0)
        this.#scalar(element, indent);
      else if (Array.isArray(element)) this.#list(element, indent + INDENT);
      else this.mapping(element, indent + INDENT);
    }
  }

  #scalar(value: Value, indent: number): void {
    if (typeof value === "string") {
      this.#put(scalar(value, { column: this.#column, indent: indent + INDENT, isKey: false }));
    } else this.#put(JSON.stringify(value));
  }
}

/** The context in which a scalar is written. */
interface Place {
  readonly column: number;
  /** Indentation of the scalar's second line. */
  readonly indent: number;
  readonly isKey: boolean;
}

// eslint-disable-next-line no-control-regex -- the whole range
const ASCII = /^[\x00-\x7f]*$/;
const BASE_60 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/;
const UNPRINTABLE = /[^\n\x20-\x7e\u00a0-\ud7ff\ue000-\ufefe\uff00-\ufffd]/u;

function scalar(text: string, place: Place): string {
  const style = styleFor(text);
  if (style === "literal" && !place.isKey) return literal(text, place.indent);
  if (style === "literal" || style === "double") return doubleQuoted(text, place);
  return style === "plain" ? plain(text, place) : singleQuoted(text, place);
}

/** The style in which go-yaml writes a string. */
export function writtenStyle(text: string): "plain" | "quoted" | "literal" {
  const style = styleFor(text);
  return style === "single" || style === "double" ? "quoted" : style;
}

function styleFor(text: string): "plain" | "single" | "double" | "literal" {
  // A block may have tabs, also where nothing can read it again.
  const isBlock = text.includes("\n");
  const isSpecial = UNPRINTABLE.test(isBlock ? text.replaceAll("\t", "") : text) || text.includes(" \n");
  if (isBlock) return isSpecial || text.endsWith(" ") ? "double" : "literal";
  const isString = typeof resolvePlain(text, "v2") === "string" && !isDate(text) && text !== "<<";
  if (!isString || BASE_60.test(text) || isSpecial) return "double";
  return isPlain(text) ? "plain" : "single";
}

/** Whether text without line breaks can be written without quotes. */
export function isPlain(text: string): boolean {
  if (/^ | $|: |:$|\s#/.test(text)) return false;
  return !/^(?:[#,[\]{}&*!|>'"%@`]|[-?:](?: |$)|---|\.\.\.)/.test(text);
}

/** A literal block, whose lines get the indentation. */
export function literal(text: string, indent: number): string {
  const hint = /^[ \n]/.test(text) ? String(INDENT) : "";
  const chomping = !text.endsWith("\n") ? "-" : text === "\n" || text.endsWith("\n\n") ? "+" : "";
  const lines = text.replace(/^(?=[^\n])/gm, " ".repeat(indent));
  return `|${hint}${chomping}\n${lines}`;
}

const plain = (text: string, place: Place): string =>
  // A character counts as at most its code units, so a text that ends before the limit has no break.
  place.isKey || place.column + text.length <= WIDTH
    ? text
    : folded(Array.from(text), place, ({ next }) => next !== " ");

/** Text in single quotes. */
export function singleQuoted(text: string, place: Place): string {
  const characters = Array.from(text, (character) => (character === "'" ? "''" : character));
  const inner = folded(characters, { ...place, column: place.column + 1 }, ({ index, next }) => {
    return index > 0 && index < characters.length - 1 && next !== " ";
  });
  return `'${inner}'`;
}

/** Text in double quotes. */
export function doubleQuoted(text: string, place: Place): string {
  const characters = Array.from(text, escaped);
  const inner = folded(characters, { ...place, column: place.column + 1 }, ({ index }) => {
    return index > 0 && index < characters.length - 1;
  });
  return `"${inner}"`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\0": "0",
  "\x07": "a",
  "\b": "b",
  "\t": "t",
  "\n": "n",
  "\v": "v",
  "\f": "f",
  "\r": "r",
  "\x1b": "e",
  '"': '"',
  "\\": "\\",
  "\x85": "N",
  "\u2028": "L",
  "\u2029": "P",
};

function escaped(character: string): string {
  const short = ESCAPES[character];
  if (short !== undefined) return `\\${short}`;
  if (!UNPRINTABLE.test(character)) return character;
  const hex = (character.codePointAt(0) ?? 0).toString(16).toUpperCase();
  if (hex.length <= 2) return `\\x${hex.padStart(2, "0")}`;
  return hex.length <= 4 ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}

/** Breaks lines at spaces; in double quotes, a space right after the break is escaped. */
function folded(
  characters: readonly string[],
  { column, indent, isKey }: Place,
  isAllowed: (at: { readonly index: number; readonly next: string | undefined }) => boolean,
): string {
  if (isKey) return characters.join("");
  let [text, at, afterBlank] = ["", column, false];
  for (const [index, character] of characters.entries()) {
    const next = characters[index + 1];
    const breaks = character === " " && !afterBlank && at > WIDTH && isAllowed({ index, next });
    text += breaks ? `\n${" ".repeat(indent)}${next === " " ? "\\" : ""}` : character;
    at = breaks ? indent + (next === " " ? 1 : 0) : at + character.length;
    afterBlank = character === " ";
  }
  return text;
}
