import { Lexer, Parser, type CST } from "yaml";

/**
 * The tokens of a text. The `yaml` package follows YAML 1.2, in which a colon may be part of an alias; libyaml ends the name before it, so that the alias in
 * `*app:` is a key.
 */
export function* tokensOf(text: string): Generator<CST.Token> {
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    const parts = /^\*[\w-]+:$/.test(lexeme) ? [lexeme.slice(0, -1), ":"] : [lexeme];
    for (const part of parts) yield* parser.next(part);
  }
  yield* parser.end();
}
