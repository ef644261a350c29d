import { doubleQuoted, isPlain, literal, singleQuoted } from "./go-yaml-writer.ts";
import { isDate, typeOfPlain } from "./schema.ts";
import type { Origin, SourceText } from "./source.ts";
import { entryOrigin, isMapping, originOf, type Mapping, type Value } from "./values.ts";

const INDENT = 2;

/** A scalar as go-yaml v3 holds it: its text with the style and the type of the scalar that was read. */
interface ScalarNode {
  readonly text: string;
  readonly style: "plain" | "single" | "double" | "literal";
  /** The type of the text without quotes; undefined if anything is accepted. */
  readonly type: string | undefined;
  /** Whether the type is written before the text. */
  readonly isTagged?: true;
}

type Scalar = Exclude<Value, object> | null;

/** Reports what the writer cannot preserve. */
export class UnwritableError extends Error {}

/**
 * Writes a YAML text again after changes to some of its scalars, as go-yaml v3 does with the nodes that it has read: styles stay, blank lines and indentation do
 * not. Source: encode.go and emitterc.go in go.yaml.in/yaml/v3.
 */
export class GoYamlText {
  readonly #text: string;
  readonly #source: SourceText;
  readonly #changed = new Map<object, Map<string | number, ScalarNode>>();

  /**
   * @param source of the values that were read from the text; those with another one are new
   * @throws UnwritableError if the text has comments, anchors, tags or scalars over several lines other than literal blocks
   */
  constructor(text: string, source: SourceText) {
    this.#text = text;
    this.#source = source;
    const unquoted = withoutBlocks(text).replaceAll(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\n]|'')*'/g, "x");
    if (/(?:^|\s)#|(?:^|[\s[{,])(?:[&*!]\w|<<[ \t]*:|>[-+\d]*[ \t]*$)|^[ \t]*[?%]/m.test(unquoted))
      throw new UnwritableError("a YAML text with comments, anchors, tags or folded blocks");
  }

  /** Sets the text of a scalar, which keeps its style and type. */
  set(container: Mapping | Value[], key: string | number, text: string, isNew: boolean): void {
    const node: ScalarNode = isNew
      ? { text, style: "plain", type: undefined }
      : { ...this.#node(container, key), text };
    const nodes = this.#changed.get(container) ?? new Map<string | number, ScalarNode>();
    nodes.set(key, node);
    this.#changed.set(container, nodes);
  }

  /** The text of a document without surrounding space. */
  write(value: Mapping | Value[]): string {
    return this.#block(value, 0).trim();
  }

  #block(value: Mapping | Value[], indent: number): string {
    if (this.#isFlow(value)) return ended(this.#flow(value));
    const entries = Array.isArray(value)
      ? value.map((_, index) => `- ${this.#element(value, index, indent)}`)
      : Object.keys(value).map((key) => `${this.#key(value, key)}:${this.#field(value, key, indent)}`);
    return entries.map((entry) => ended(" ".repeat(indent) + entry)).join("");
  }

  #element(list: Value[], index: number, indent: number): string {
    const element = list[index];
    return typeof element === "object" && element !== null
      ? this.#block(element, indent + INDENT).trimStart()
      : this.#scalar(list, index, indent + INDENT);
  }

  /** A list is not indented further than its key. */
  #field(mapping: Mapping, key: string, indent: number): string {
    const value = mapping[key];
    if (typeof value !== "object" || value === null) {
      const written = this.#scalar(mapping, key, indent + INDENT);
      return written === "" ? "" : ` ${written}`;
    }
    if (this.#isFlow(value)) return ` ${this.#flow(value)}`;
    return `\n${this.#block(value, Array.isArray(value) ? indent : indent + INDENT)}`;
  }

  #isFlow(value: Mapping | Value[]): boolean {
    return Object.keys(value).length === 0 || /[{[]/.test(this.#signAt(originOf(value)));
  }

  #flow(value: Mapping | Value[]): string {
    const entries = Object.keys(value).map((key) => {
      const inner = (value as Mapping)[key];
      const at = Array.isArray(value) ? Number(key) : key;
      const written =
        typeof inner === "object" && inner !== null ? this.#flow(inner) : this.#scalar(value, at, undefined);
      return isMapping(value) ? `${this.#key(value, key)}: ${written}` : written;
    });
    return Array.isArray(value) ? `[${entries.join(", ")}]` : `{${entries.join(", ")}}`;
  }

  #key(mapping: Mapping, key: string): string {
    return quoted(key, styleFrom(this.#signAt(entryOrigin(mapping, key))));
  }

  /** @param indent of the lines of a literal block; undefined in a flow collection */
  #scalar(container: Mapping | Value[], key: string | number, indent: number | undefined): string {
    const { text, style, type, isTagged } =
      this.#changed.get(container)?.get(key) ?? this.#node(container, key);
    const isOwnType = type === undefined || (type === typeOfPlain(text) && isTagged !== true);
    const tag = style !== "plain" || isOwnType || (type === "string" && isTagged !== true) ? "" : `!!${type}`;
    if (style === "literal" || (style === "plain" && text.includes("\n")))
      return tagged(tag, indent === undefined ? quoted(text, "double") : literal(text, indent));
    if (style === "single" && text.includes("\n"))
      throw new UnwritableError("a YAML text whose quoted scalars get several lines");
    if (style === "plain" && !isOwnType && tag === "") return quoted(text, "double");
    const isAllowed = style !== "plain" || indent !== undefined || !/[,?[\]{}]|^$/.test(text);
    return tagged(tag, quoted(text, isAllowed ? style : "single"));
  }

  #node(container: Mapping | Value[], key: string | number): ScalarNode {
    const value = ((container as Mapping)[key] ?? null) as Scalar;
    const { source, offset, valueOffset = offset, blank } = entryOrigin(container, key);
    if (source !== this.#source) return { text: String(value), style: "plain", type: undefined };
    const rest = this.#text.slice(valueOffset);
    const style = styleFrom(rest);
    if (style !== "plain") {
      if (style !== "literal" && /^(?:"[^"\n]*\n|'[^'\n]*\n)/.test(rest))
        throw new UnwritableError("a YAML text with scalars over several lines");
      return { text: String(value), style, type: "string" };
    }
    const [, tag] = /!!(\w+) +$/.exec(this.#text.slice(Math.max(0, valueOffset - 20), valueOffset)) ?? [];
    if (tag !== undefined) return { text: lineOf(rest), style, type: tag, isTagged: true };
    const text = value === null && blank !== undefined ? "" : this.#plain(value, rest);
    return { text, style, type: typeOfPlain(text) };
  }

  /** The first character of a key, mapping or list; empty if it is new. */
  #signAt({ source, offset }: Origin): string {
    return source === this.#source ? this.#text.charAt(offset) : "";
  }

  /** A scalar without quotes as written, such as 0x1F. */
  #plain(value: Scalar, rest: string): string {
    if (typeof value === "string" && rest.startsWith(value)) return value;
    const written = lineOf(rest);
    if (typeof value === "string" && !isDate(written))
      throw new UnwritableError("a YAML text with scalars over several lines");
    return written;
  }
}

/** A text without the lines of its literal blocks. */
function withoutBlocks(text: string): string {
  let block: number | undefined;
  const isOutside = (line: string): boolean => {
    const indent = line.search(/\S/);
    if (block !== undefined && (indent < 0 || indent > block)) return false;
    // A block in a list may be in a mapping that begins on the same line.
    block = /(?:[:-]|^) +\|[-+\d]*\s*$/.test(line) ? line.search(/[^\s-]|-\s*\|/) : undefined;
    return true;
  };
  return text.split("\n").filter(isOutside).join("\n");
}

/** A scalar without quotes on one line. */
const lineOf = (rest: string): string => (/^[^\n,\]}]*/.exec(rest)?.[0] ?? "").trim();

const ended = (text: string): string => (text.endsWith("\n") ? text : `${text}\n`);

const STYLES: Readonly<Record<string, ScalarNode["style"]>> = {
  '"': "double",
  "'": "single",
  "|": "literal",
};
const styleFrom = (written: string): ScalarNode["style"] => STYLES[written.charAt(0)] ?? "plain";

const ONE_LINE = { column: 0, indent: 0, isKey: true };

function quoted(text: string, style: ScalarNode["style"]): string {
  if (style === "double") return doubleQuoted(text, ONE_LINE);
  return style === "plain" && (text === "" || isPlain(text)) ? text : singleQuoted(text, ONE_LINE);
}

const tagged = (tag: string, text: string): string => [tag, text].filter((part) => part !== "").join(" ");
