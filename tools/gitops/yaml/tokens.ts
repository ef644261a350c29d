import { Lexer, Parser, type CST } from "yaml";

/**
 * The tokens of a text. The `yaml` package follows YAML 1.2, in which a colon may be part of an alias; libyaml ends the name before it, so that the alias in
 * `*app:` is a key.
 */
export function* tokensOf(text: string): Generator<CST.Token> {
  const parser = new Parser();
  for (const lexeme of lexer().lex(text)) {
    const parts = /^\*[\w-]+:$/.test(lexeme) ? [lexeme.slice(0, -1), ":"] : [lexeme];
    for (const part of parts) yield* parser.next(part);
  }
  yield* parser.end();
}

/** Members of the package's lexer that its types hide. */
interface LexerState {
  /** How deep the lines of a scalar must be indented at least. */
  indentNext: number;
  parseQuotedScalar: () => Generator<string, unknown>;
}

/** The package's lexer, except that it reads quoted scalars as libyaml does: however little their lines are indented. */
function lexer(): Lexer {
  const result = new Lexer();
  const state = result as unknown as LexerState;
  const parse = state.parseQuotedScalar.bind(result);
  state.parseQuotedScalar = function* () {
    const { indentNext } = state;
    state.indentNext = 0;
    const next = yield* parse();
    state.indentNext = indentNext;
    return next;
  };
  return result;
}
