import assert from "node:assert/strict";
import fc from "fast-check";
import { Lexer, Parser, type CST } from "yaml";
import { TokenParser } from "../../../tools/gitops/yaml/token-parser.ts";

const pieces = fc.constantFrom(
  ...["a: b", "? c", ": d", "- ", "- - x", "# word", "'x", "y'", '"z"', "e: |", "f: >-", "  text"],
  ...["[x, ", "]", "{k: v", "}", "---", "...", "%YAML 1.2", "*a : b", "&a x", "!!str ", "key:"],
  ...["\n", "\n", "\n", "\n  ", "\n    ", "\r\n", " ", "\t", "\u{feff}", "é"],
);

function tokens(parser: Parser, text: string): readonly CST.Token[] {
  const found: CST.Token[] = [];
  for (const lexeme of new Lexer().lex(text)) found.push(...parser.next(lexeme));
  return [...found, ...parser.end()];
}

describe("the parser of tokens", () => {
  it("yields what the package's parser yields, for valid and for invalid texts", () => {
    const types = new Set<string>();
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 25 }), (all) => {
        const text = all.join("");
        const own = tokens(new TokenParser(), text);
        assert.deepEqual(own, tokens(new Parser(), text), JSON.stringify(text));
        for (const { type } of own) types.add(type);
      }),
      { numRuns: 3000 },
    );
    for (const type of ["document", "error", "comment", "directive", "doc-end"])
      assert.ok(types.has(type), `no ${type}`);
  });

  it("reports a lexeme that is no token, as the package's parser does", () => {
    const errors = (parser: Parser): readonly CST.Token[] => [...parser.next("word"), ...parser.end()];
    const [error] = errors(new TokenParser());
    assert.equal(error?.type, "error");
    assert.deepEqual(error, errors(new Parser())[0]);
  });
});
