import { notSupported, TemplateError } from "./error.ts";

/** A token of an action. */
export interface Token {
  readonly type: "literal" | "variable" | "word" | "field" | "sign";
  readonly text: string;
  /** Whether no space precedes it. */
  readonly isAttached: boolean;
  /** Of a literal. */
  readonly value?: string | number | boolean | null;
}

/** The text of a template between its actions, and the tokens of the actions. A comment has no tokens. Source: text/template/parse/lex.go. */
export function actionsIn(
  text: string,
  [open, close]: readonly [string, string],
): readonly (string | readonly Token[])[] {
  const parts: (string | readonly Token[])[] = [];
  let rest = text;
  for (let start = rest.indexOf(open); start >= 0; start = rest.indexOf(open)) {
    const end = endOf(rest, start + open.length, close);
    const action = rest.slice(start + open.length, end);
    const before = rest.slice(0, start);
    parts.push(/^-\s/.test(action) ? before.trimEnd() : before, tokensOf(action.replace(/^-\s|\s-$/g, "")));
    rest = rest.slice(end + close.length);
    if (/\s-$/.test(action)) rest = rest.trimStart();
  }
  parts.push(rest);
  return parts;
}

/** Where an action ends: its closing delimiter may also be in a string. */
function endOf(text: string, start: number, close: string): number {
  const string = /"(?:[^"\\\n]|\\.)*"|`[^`]*`|\/\*[^]*?\*\//y;
  for (let index = start; index < text.length; index++) {
    if (text.startsWith(close, index)) return index;
    string.lastIndex = index;
    if (string.test(text)) index = string.lastIndex - 1;
  }
  throw new TemplateError("an action is not closed");
}

const TOKEN =
  /("(?:[^"\\\n]|\\.)*"|`[^`]*`|[-+]?\d+(?:\.\d+)?(?!\w))|(\$\w*)|(\.\w+)|([A-Za-z_]\w*)|(:=|[=|(),.])/y;
const CONSTANTS: ReadonlyMap<string | undefined, boolean | null> = new Map([
  ["true", true],
  ["false", false],
  ["nil", null],
]);

function tokensOf(action: string): readonly Token[] {
  if (/^\s*\/\*[^]*\*\/\s*$/.test(action)) return [];
  if (action.trim() === "") throw new TemplateError("an action is empty");
  const tokens: Token[] = [];
  let index = 0;
  for (;;) {
    const space = /\s*/y;
    space.lastIndex = index;
    const isAttached = space.exec(action)?.[0] === "";
    index = space.lastIndex;
    if (index >= action.length) return tokens;
    TOKEN.lastIndex = index;
    const [written, literal, variable, field, word] = TOKEN.exec(action) ?? [];
    if (written === undefined) throw new TemplateError(`unexpected ${action.slice(index).trim()}`);
    index += written.length;
    const constant = CONSTANTS.get(word);
    if (literal !== undefined)
      tokens.push({ type: "literal", text: written, isAttached, value: valueOf(literal) });
    else if (constant !== undefined)
      tokens.push({ type: "literal", text: written, isAttached, value: constant });
    else {
      const type =
        variable !== undefined
          ? "variable"
          : field !== undefined
            ? "field"
            : word !== undefined
              ? "word"
              : "sign";
      tokens.push({ type, text: written, isAttached });
    }
  }
}

function valueOf(literal: string): string | number {
  if (literal.startsWith("`")) return literal.slice(1, -1);
  if (!literal.startsWith('"')) return Number(literal);
  try {
    return JSON.parse(literal) as string;
  } catch {
    throw notSupported(`the escape in ${literal}`);
  }
}
