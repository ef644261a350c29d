import { parseFlow, scanQuoted } from "./flow-scalars.ts";
import { readBlock } from "./block-scalar.ts";
import { keyText } from "./key-text.ts";
import { readPlain } from "./plain-scalar.ts";
import { isDate, resolvePlain, type Dialect } from "./schema.ts";
import type { Origin, SourceText } from "./source.ts";
import { cloneAt, mappingAt, listAt, pushElement, setField, type Mapping, type Value } from "./values.ts";

/** Thrown for text that this parser does not support. */
export class BeyondBlockStyle extends Error {}

/** A document as read by the block parser. */
export interface BlockDocument {
  readonly value: Value;
  readonly offset: number;
  /** Offset of the first key that is not a string. */
  readonly oddKey: number | undefined;
}

const KEY =
  /(?:"[^"\\\n]*"|'[^'\n]*'|[^\s"'#&*!|>%@`,[\]{}?:-](?:[^\s:#]|:(?=\S)|(?<=\S)#)*|[?:-](?=[^\s:])(?:[^\s:#]|:(?=\S)|(?<=\S)#)*|\*[\w-]+ *)(?=:(?:[ \n]|$))/y;

/**
 * Reads the YAML constructs that manifests usually consist of: block mappings and lists, plain and quoted scalars, flow collections on one line, literal blocks,
 * folded blocks of one paragraph, and anchors on scalars. It is several times faster than a full parser but reports no syntax errors: anything that it does not support, including invalid text, is left to
 * the full parser.
 * @throws BeyondBlockStyle if the full parser must read the text
 */
export function parseBlockStyle(source: SourceText, dialect: Dialect = "v3"): BlockDocument[] {
  return new BlockParser(source, dialect).documents();
}

/** A key in a mapping whose entries are in column `indent`. */
interface Entry {
  readonly fields: Mapping;
  readonly key: string;
  readonly offset: number;
  readonly indent: number;
}

/** A value, and where it is written: for an alias of a scalar, where that is. */
interface Inline {
  readonly value: Value;
  readonly start: number;
  /** Offset of the alias. */
  readonly alias?: number;
}

class BlockParser {
  readonly #source: SourceText;
  readonly #text: string;
  readonly #end: number;
  readonly #dialect: Dialect;
  #anchors = new Map<string, Inline>();
  /** The offset and column at which the current line's content starts. */
  #at = 0;
  #indent = 0;
  #lineStart = 0;
  #aliased = 0;
  #oddKey: number | undefined;

  constructor(source: SourceText, dialect: Dialect) {
    this.#source = source;
    this.#dialect = dialect;
    this.#text = source.text;
    this.#end = source.text.length;
    // Only spaces separate here, and the patterns below take other white space for a separator, too.
    if (/[^\S\n ]|^(?:%|\.\.\.)/m.test(source.text)) throw new BeyondBlockStyle();
  }

  documents(): BlockDocument[] {
    const documents: BlockDocument[] = [];
    this.#seek(0);
    while (this.#at < this.#end) {
      if (this.#isSeparator()) {
        if (this.#restOfLine(this.#at + 3) !== "") throw new BeyondBlockStyle();
        this.#seek(this.#nextLine(this.#at));
        continue;
      }
      if (this.#indent !== 0) throw new BeyondBlockStyle();
      this.#anchors = new Map();
      this.#oddKey = undefined;
      const offset = this.#at;
      const value = this.#node(0);
      documents.push({ value, offset, oddKey: this.#oddKey });
      if (this.#at < this.#end && !this.#isSeparator()) throw new BeyondBlockStyle();
    }
    return documents;
  }

  #isSeparator(): boolean {
    return (
      this.#indent === 0 &&
      this.#text.startsWith("---", this.#at) &&
      /^(?:\s|$)/.test(this.#text.charAt(this.#at + 3))
    );
  }

  /** Moves to the first line at or after `from` that is neither blank nor a comment. */
  #seek(from: number): void {
    let line = from;
    while (line < this.#end) {
      let at = line;
      while (this.#text.charCodeAt(at) === 32) at++;
      const code = this.#text.charCodeAt(at);
      if (code === 10) line = at + 1;
      else if (code === 35) line = this.#nextLine(at);
      else if (at >= this.#end) line = at;
      else {
        this.#at = at;
        this.#indent = at - line;
        this.#lineStart = line;
        return;
      }
    }
    this.#at = this.#end;
    this.#indent = -1;
    this.#lineStart = this.#end;
  }

  #nextLine(from: number): number {
    const newline = this.#text.indexOf("\n", from);
    return newline < 0 ? this.#end : newline + 1;
  }

  /** The rest of a line, without surrounding whitespace or a comment. */
  #restOfLine(from: number): string {
    const rest = this.#text.slice(from, this.#nextLine(from));
    return /^ +#/.test(rest) ? "" : rest.trim();
  }

  #origin(offset: number): Origin {
    return { source: this.#source, offset };
  }

  /** Reads the collection at the current position, with entries in column `indent`. */
  #node(indent: number): Value {
    const code = this.#text.charCodeAt(this.#at);
    if (code === 45 && this.#isBlank(this.#at + 1)) return this.#list(indent);
    if (this.#key(this.#at) === undefined) throw new BeyondBlockStyle();
    return this.#mapping(indent);
  }

  #isBlank(at: number): boolean {
    const code = this.#text.charCodeAt(at);
    return code === 32 || code === 10 || at >= this.#end;
  }

  #key(at: number): string | undefined {
    KEY.lastIndex = at;
    const match = KEY.exec(this.#text);
    return match?.[0];
  }

  #list(indent: number): Value[] {
    const list = listAt(this.#origin(this.#at));
    while (this.#indent === indent && this.#text.charCodeAt(this.#at) === 45 && this.#isBlank(this.#at + 1)) {
      if (this.#isSeparator()) break;
      let at = this.#at + 1;
      while (this.#text.charCodeAt(at) === 32) at++;
      if (this.#text.charCodeAt(at) === 10 || this.#text.charCodeAt(at) === 35 || at >= this.#end) {
        this.#seek(this.#nextLine(at));
        if (this.#indent <= indent) throw new BeyondBlockStyle();
        const offset = this.#at;
        pushElement(list, this.#node(this.#indent), this.#origin(offset));
        continue;
      }
      const nested = this.#text.charCodeAt(at) === 45 && this.#isBlank(at + 1);
      if (nested || this.#key(at) !== undefined) {
        this.#indent = at - this.#lineStart;
        this.#at = at;
        pushElement(list, this.#node(this.#indent), this.#origin(at));
        continue;
      }
      const { value, start, alias } = this.#inline(at, indent);
      pushElement(
        list,
        value,
        alias === undefined ? this.#origin(start) : { ...this.#origin(alias), valueOffset: start },
      );
    }
    if (this.#indent > indent) throw new BeyondBlockStyle();
    return list;
  }

  #mapping(indent: number): Mapping {
    const fields = mappingAt(this.#origin(this.#at));
    while (this.#indent === indent && !this.#isSeparator()) {
      const offset = this.#at;
      const written = this.#key(offset);
      if (written === undefined || written === "<<") throw new BeyondBlockStyle();
      const key = this.#keyText(written, offset);
      if (Object.hasOwn(fields, key)) throw new BeyondBlockStyle();
      this.#entry({ fields, key, offset, indent }, offset + written.length + 1);
    }
    if (this.#indent > indent) throw new BeyondBlockStyle();
    return fields;
  }

  /** Reads the value after a key's colon. */
  #entry({ fields, key, offset, indent }: Entry, afterColon: number): void {
    let at = afterColon;
    while (this.#text.charCodeAt(at) === 32) at++;
    const anchor =
      this.#text.charCodeAt(at) === 38
        ? /^&([^\s,[\]{}]+) *(?=\n)/.exec(this.#text.slice(at, this.#nextLine(at)))
        : null;
    if (anchor) at += anchor[0].length;
    const code = this.#text.charCodeAt(at);
    if (code !== 10 && code !== 35 && at < this.#end) {
      const { value, start } = this.#inline(at, indent);
      setField(fields, key, value, { source: this.#source, offset, valueOffset: start });
      return;
    }
    this.#seek(this.#nextLine(at));
    const isList = this.#text.charCodeAt(this.#at) === 45 && this.#isBlank(this.#at + 1);
    if (this.#indent > indent || (this.#indent === indent && isList && !this.#isSeparator())) {
      const start = this.#at;
      const value = this.#node(this.#indent);
      if (anchor?.[1] !== undefined) this.#anchors.set(anchor[1], { value, start });
      setField(fields, key, value, { source: this.#source, offset, valueOffset: start });
    } else {
      if (anchor) throw new BeyondBlockStyle();
      setField(fields, key, null, { source: this.#source, offset, valueOffset: afterColon, blank: "block" });
    }
  }

  /** Reads a value on the line of its key or dash, and moves to the next line. `indent` is the column of the parent. */
  #inline(at: number, indent: number): Inline {
    const character = this.#text.charAt(at);
    switch (character) {
      case "|":
      case ">":
        return { value: this.#block(at, indent), start: at };
      case "&":
        return this.#anchored(at, indent);
      case "*":
        return this.#alias(at, indent);
      case '"':
      case "'": {
        const quoted = scanQuoted(this.#text, at);
        if (!quoted || this.#restOfLine(quoted.end) !== "") throw new BeyondBlockStyle();
        if (this.#isOutdented(at, quoted.end, indent)) throw new BeyondBlockStyle();
        this.#finishLine(quoted.end, indent);
        return { value: quoted.value, start: at };
      }
      case "[":
      case "{": {
        const flow = parseFlow(this.#source, at, this.#dialect);
        if (!flow || this.#restOfLine(flow.end) !== "") throw new BeyondBlockStyle();
        this.#finishLine(flow.end, indent);
        return { value: flow.value, start: at };
      }
    }
    return { value: this.#plain(at, indent), start: at };
  }

  /** Moves to the next line, which must not be indented deeper: it would continue the scalar. */
  #finishLine(from: number, indent: number): void {
    this.#seek(this.#nextLine(from));
    if (this.#indent > indent) throw new BeyondBlockStyle();
  }

  /** Whether one of the lines that a scalar continues on is not indented deeper than its parent. */
  #isOutdented(start: number, end: number, indent: number): boolean {
    for (let line = this.#nextLine(start); line < end; line = this.#nextLine(line)) {
      let at = line;
      while (this.#text.charCodeAt(at) === 32) at++;
      if (at - line <= indent && this.#text.charCodeAt(at) !== 10) return true;
    }
    return false;
  }

  #plain(at: number, indent: number): Value {
    const plain = readPlain(this.#text, at, indent);
    if (!plain) throw new BeyondBlockStyle();
    this.#seek(plain.end);
    // A comment ends a plain scalar.
    if (this.#indent > indent) throw new BeyondBlockStyle();
    return resolvePlain(plain.value, this.#dialect);
  }

  /** A key that is not a string gets the same text as in the full parser. In libyaml the name of an alias ends before a colon, even without a space. */
  #keyText(written: string, offset: number): string {
    if (/^["']/.test(written)) return written.slice(1, -1);
    const value = written.startsWith("*")
      ? this.#anchors.get(written.slice(1).trimEnd())?.value
      : resolvePlain(written, this.#dialect);
    if (value === undefined || (typeof value === "object" && value !== null)) throw new BeyondBlockStyle();
    const isString = typeof value === "string";
    if (!isString || (this.#dialect === "v3" && isDate(written))) this.#oddKey ??= offset;
    if (value === null && this.#dialect === "v2") throw new BeyondBlockStyle();
    return keyText(value, written, this.#dialect);
  }

  #anchored(at: number, indent: number): Inline {
    const [written, name] =
      /^&([^\s,[\]{}]+) +(?=[^\s#|>&*![{])/.exec(this.#text.slice(at, this.#nextLine(at))) ?? [];
    if (written === undefined || name === undefined) throw new BeyondBlockStyle();
    const { value, start } = this.#inline(at + written.length, indent);
    if (typeof value === "object" && value !== null) throw new BeyondBlockStyle();
    this.#anchors.set(name, { value, start });
    return { value, start };
  }

  #alias(at: number, indent: number): Inline {
    const name = /^\*([^\s,[\]{}]+)(?=\s|$)/.exec(this.#text.slice(at, this.#nextLine(at)))?.[1];
    const anchored = name === undefined ? undefined : this.#anchors.get(name);
    if (name === undefined || anchored === undefined || this.#restOfLine(at + 1 + name.length) !== "")
      throw new BeyondBlockStyle();
    this.#finishLine(at, indent);
    this.#aliased += sizeOf(anchored.value);
    // Deeper than anyone writes by hand; the full parser enforces the real limit.
    if (this.#aliased > 10_000) throw new BeyondBlockStyle();
    const value = cloneAt(anchored.value, this.#origin(at));
    const isCollection = typeof value === "object" && value !== null;
    return isCollection ? { value, start: at } : { value, start: anchored.start, alias: at };
  }

  #block(at: number, indent: number): string {
    const block = readBlock(this.#text, at, indent);
    if (!block) throw new BeyondBlockStyle();
    this.#seek(block.end);
    if (this.#indent > indent) throw new BeyondBlockStyle();
    return block.value;
  }
}

function sizeOf(value: Value): number {
  if (typeof value !== "object" || value === null) return 1;
  return Object.values(value).reduce<number>((size, inner: Value) => size + sizeOf(inner), 1);
}
