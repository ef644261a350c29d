import { Lexer, type CST } from "yaml";
import { BYTE_ORDER_MARK } from "../../../lib/encoded-text.ts";
import { TokenParser } from "./token-parser.ts";

/**
 * The tokens of a text. The `yaml` package follows YAML 1.2, in which a colon may be part of an alias; libyaml ends the name before it, so that the alias in
 * `*app:` is a key.
 */
export function* tokensOf(text: string): Generator<CST.Token> {
  const parser = new TokenParser();
  for (const lexeme of lexer().lex(unmarked(text))) {
    if (lexeme.startsWith("*") && /^\*[\w-]+:$/.test(lexeme)) {
      yield* parser.next(lexeme.slice(0, -1));
      yield* parser.next(":");
    } else yield* parser.next(lexeme);
  }
  yield* parser.end();
}

/** The text, of the same length, without a byte order mark, which the package counts as an indentation. */
const unmarked = (text: string): string =>
  text.startsWith(BYTE_ORDER_MARK) ? `\n${text.slice(BYTE_ORDER_MARK.length)}` : text;

/** What the package's lexer yields before a scalar. */
const SCALAR = "\x1f";
/** What it yields in addition to the pieces of the text: marks before a scalar and a document, and after a flow collection. */
const MARKS: ReadonlySet<string> = new Set([SCALAR, "\x02", "\x18"]);

/** A comment, with its `#`, and its offset in the text. */
export interface PlacedComment {
  readonly offset: number;
  readonly source: string;
}

/** The comments in a YAML text, without what only looks like one in a block scalar or a quoted string. */
export function yamlComments(text: string): readonly PlacedComment[] {
  if (!text.includes("#")) return [];
  const comments: PlacedComment[] = [];
  let offset = 0;
  let previous = "";
  for (const lexeme of lexer().lex(unmarked(text))) {
    if (lexeme.startsWith("#") && previous !== SCALAR) comments.push({ offset, source: lexeme });
    if (!MARKS.has(lexeme)) offset += lexeme.length;
    previous = lexeme;
  }
  return comments;
}

/** Members of the package's lexer that its types hide. */
interface LexerState {
  /** How deep the lines of a scalar or a flow collection must be indented at least. */
  indentNext: number;
  parseQuotedScalar: () => Generator<string, unknown>;
  parseFlowCollection: () => Generator<string, unknown>;
}

/** The package's lexer, except that it reads quoted scalars and flow collections as libyaml does: however little their lines are indented. */
function lexer(): Lexer {
  const result = new Lexer();
  const state = result as unknown as LexerState;
  for (const method of ["parseQuotedScalar", "parseFlowCollection"] as const) {
    const parse = state[method].bind(result);
    state[method] = function* () {
      const { indentNext } = state;
      state.indentNext = 0;
      const next = yield* parse();
      state.indentNext = indentNext;
      return next;
    };
  }
  return result;
}
