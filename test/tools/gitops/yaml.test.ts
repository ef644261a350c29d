import assert from "node:assert/strict";
import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { CST, stringify } from "yaml";
import { BeyondBlockStyle, parseBlockStyle } from "../../../tools/gitops/yaml/block-parser.ts";
import { parseFully, parseYaml, type ParsedDocument } from "../../../tools/gitops/yaml/parse.ts";
import { YamlEdit } from "../../../tools/gitops/edit/yaml-edit.ts";
import { Repository } from "../../../tools/gitops/yaml/repository.ts";
import { tokensOf, yamlComments, type PlacedComment } from "../../../tools/gitops/yaml/tokens.ts";
import {
  EmbeddedText,
  locate,
  SourceFile,
  startOf,
  type Position,
} from "../../../tools/gitops/yaml/source.ts";
import {
  entryOrigin,
  isMapping,
  originAt,
  originOf,
  type Mapping,
  type Value,
} from "../../../tools/gitops/yaml/values.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

const FIXTURES = join(import.meta.dirname, "../../fixtures/repositories");

function parse(text: string): ParsedDocument[] {
  const { documents, errors } = parseYaml(new SourceFile("a.yaml", text));
  assert.deepEqual(errors, []);
  return [...documents];
}

function position(text: string, path: (string | number)[]): string {
  const [document] = parse(text);
  return show(locate(originAt(document!.value as Mapping, path)));
}

const show = ({ line, column }: Position): string => `${line}:${column}`;

describe("documents of a repository", () => {
  it("may have quoted scalars whose lines are indented less than their key, as libyaml reads them", () => {
    for (const quote of ["'", '"']) {
      const text = `a:\n  b: ${quote}{ x: 1,\n  y: 2,\n\nz: 3\n  }${quote}\n  c: 4\n`;
      const [document] = parse(text);
      assert.deepEqual({ ...(document!.value as Mapping) }, { a: { b: "{ x: 1, y: 2,\nz: 3 }", c: 4 } });
      const edit = new YamlEdit(text);
      assert.equal(edit.remove(0, ["a", "b"]), true);
      assert.equal(edit.text(), "a:\n  c: 4\n");
    }
    const { errors } = parseYaml(new SourceFile("a.yaml", "a:\n  b: 'x\n---\nc: 1\n"));
    assert.equal(errors.length, 1);
  });

  it("know where each field was written, also with Windows line endings and in the second document", () => {
    const text = "a:\n  b:\n    - c: 1\n      d: 2\n";
    assert.equal(position(text, ["a", "b", 0, "d"]), "4:7");
    assert.equal(position(text.replaceAll("\n", "\r\n"), ["a", "b", 0, "d"]), "4:7");
    assert.equal(position(text, ["a", "b", 0, "absent", "deeper"]), "3:7");
    const [, second] = parse(`---\nx: 1\n---\n# comment\n${text}`);
    assert.equal(show(locate(originAt(second!.value as Mapping, ["a", "b"]))), "6:3");
  });

  it("locate a field of an inline patch in the file that contains the patch", () => {
    const text = "patches:\n  - patch: |-\n\n      kind: A\n      spec:\n        x: 1\n    target: {}\n";
    const patches = (parse(text)[0]!.value as Mapping).patches as Mapping[];
    const inline = new EmbeddedText(patches[0]!.patch as string, entryOrigin(patches[0]!, "patch"));
    const [patch] = parseYaml(inline).documents;
    assert.equal(show(locate(originAt(patch!.value as Mapping, ["spec", "x"]))), "6:9");
  });

  it("read scalars as go-yaml does", () => {
    const [document] = parse(
      "octal: 0644\nbinary: 0b11\nbig: 1_000\nyes: yes\nnull: ~\nday: 2024-01-02\nutc: 2024-01-02T03:04:05-00:00\nversion: 1.10\nhex: 0x1F\nquoted: '0644'\n",
    );
    assert.deepEqual(plain(document!.value), {
      octal: 420,
      binary: 3,
      big: 1000,
      yes: "yes",
      null: null,
      day: "2024-01-02T00:00:00Z",
      utc: "2024-01-02T03:04:05Z",
      version: 1.1,
      hex: 31,
      quoted: "0644",
    });
  });

  it("stop aliases that would exhaust memory", () => {
    const levels = Array.from({ length: 9 }, (_unused, level) => {
      const inner = level === 0 ? "x" : `*a${level - 1}`;
      return `a${level}: &a${level} [${Array.from({ length: 10 }, () => inner).join(", ")}]\n`;
    });
    const { documents, errors } = parseYaml(new SourceFile("bomb.yaml", levels.join("")));
    assert.deepEqual(documents, []);
    assert.match(errors[0]!.message, /too many nodes/);
  });

  it("keep the good documents next to a broken one", () => {
    const { documents, errors } = parseYaml(new SourceFile("a.yaml", "a: 1\n---\nb: [\n---\nc: 3\n"));
    assert.deepEqual(
      documents.map(({ value }) => plain(value)),
      [{ a: 1 }, { c: 3 }],
    );
    assert.equal(errors.length, 1);
  });

  it("are read at once, however many blank lines are above the first separator", () => {
    const source = new SourceFile("a.yaml", `${"\n \n# comment\n".repeat(200)}a: 1\n---\nb: 2\n`);
    const read = (): readonly Value[] => parseYaml(source).documents.map(({ value }) => value);
    // Only a script with a time limit can be stopped inside a regular expression.
    assert.deepEqual(runInNewContext("read()", { read }, { timeout: 10_000 }), [{ a: 1 }, { b: 2 }]);
  });

  it("have the same values and locations with the block parser as with the full one", () => {
    const repository = new Repository(FIXTURES);
    const files = repository.yamlFiles(".").filter((file) => compare(repository.read(file, nowhere).text));
    assert.ok(files.length > 20, `the block parser read only ${files.length} files`);
    fc.assert(
      fc.property(anyYaml(), (text) => {
        compare(text);
      }),
      { numRuns: 300 },
    );
    let read = 0;
    fc.assert(
      fc.property(anyBlock(), (text) => {
        if (compare(text)) read++;
      }),
      { numRuns: 2000 },
    );
    assert.ok(read > 300, `the block parser read only ${read} block scalars`);
    let scalars = 0;
    fc.assert(
      fc.property(anyScalar(), (text) => {
        if (compare(text)) scalars++;
      }),
      { numRuns: 5000 },
    );
    assert.ok(scalars > 800, `the block parser read only ${scalars} scalars`);
  });

  it("have the comments that the package's parser finds", () => {
    const inTokens = (token: unknown): readonly PlacedComment[] => {
      if (typeof token !== "object" || token === null) return [];
      if ("type" in token && token.type === "comment" && "source" in token && "offset" in token)
        return [{ offset: Number(token.offset), source: String(token.source) }];
      return Object.values(token).flatMap(inTokens);
    };
    const pieces = fc.constantFrom(
      ...["# word", "#", "a: b", "a#b", "c: '# no'", 'd: "x #', ' # no"', "e: |", "  # no", "f: >- # yes"],
      ...["- ", "[x, # yes", "]", "{k: v # yes", "}", "---", "... # yes", "%YAML 1.2", "*a: b", "&a x # yes"],
      ...["|\n# no", ">\n# no"],
      ...["\n", "\n", "\n", "\r\n", " ", "  ", "\t", "é", "!!str "],
    );
    const marks = fc.constantFrom("", "", "\u{feff}", "\u{feff}\u{feff}");
    let found = 0;
    fc.assert(
      fc.property(marks, fc.array(pieces, { maxLength: 25 }), (mark, all) => {
        const text = mark + all.join("");
        const tokens = [...tokensOf(text)];
        // From invalid YAML, the package may drop tokens.
        const kept = tokens.map((token) =>
          "source" in token && token.type === "error" ? token.source : CST.stringify(token),
        );
        if (kept.join("").length < text.length) return;
        const expected = tokens.flatMap(inTokens).toSorted((a, b) => a.offset - b.offset);
        assert.deepEqual(yamlComments(text), expected, JSON.stringify(text));
        found += expected.length;
      }),
      { numRuns: 3000, examples: [["\u{feff}\u{feff}", ["# word"]]] },
    );
    assert.ok(found > 1000, `only ${found} comments`);
  });

  it("shares what it parses with an earlier state, file by file, if the text is the same", () => {
    const [before, after] = ["before", "after"].map((name) => {
      const root = temporaryDirectory("edgefirst-earlier-");
      writeFileSync(join(root, "same.yaml"), "a: 1\n");
      writeFileSync(join(root, "other.yaml"), `b: ${name}\n`);
      return root;
    }) as [string, string];
    const earlier = new Repository(before);
    const now = new Repository(after, { earlier });
    const parsed = ["same.yaml", "other.yaml"].map((file) => [earlier.parse(file), now.parse(file)]);
    assert.equal(parsed[0]?.[0], parsed[0]?.[1]);
    assert.deepEqual(
      parsed[1]?.map(({ documents }) => ({ ...(documents[0]?.value as object) })),
      [{ b: "before" }, { b: "after" }],
    );
  });

  it("do not leave the repository through a link or a parent path, and are limited in size", () => {
    const outside = temporaryDirectory("outside-");
    const root = temporaryDirectory("repository-");
    writeFileSync(join(outside, "secret.yaml"), "a: 1\n");
    symlinkSync(join(outside, "secret.yaml"), join(root, "link.yaml"));
    symlinkSync(outside, join(root, "directory"));
    writeFileSync(join(root, "large.yaml"), `a: "${"x".repeat(9 << 20)}"\n`);
    const repository = new Repository(root);
    assert.deepEqual(repository.yamlFiles("."), ["large.yaml"]);
    assert.equal(repository.isFile("link.yaml"), false);
    assert.equal(repository.isFile("directory/secret.yaml"), false);
    assert.equal(repository.resolve("a", "../../b"), undefined);
    assert.match(repository.parse("large.yaml").errors[0]!.message, /larger than 8 MiB/);
  });
});

const nowhere = startOf("nowhere");

const plain = (value: Value): unknown => JSON.parse(JSON.stringify(value)) as unknown;

/** Compares both parsers; false if the block parser leaves the text to the full one. */
function compare(text: string): boolean {
  const source = new SourceFile("a.yaml", text);
  try {
    const block = parseBlockStyle(source).map(({ value }) => described(value));
    const full = parseFully(source);
    assert.deepEqual(full.errors, [], text);
    assert.deepEqual(
      block,
      full.documents.map(({ value }) => described(value)),
      text,
    );
    return true;
  } catch (error) {
    if (error instanceof BeyondBlockStyle) return false;
    throw error;
  }
}

/** A value with the offsets of everything in it. */
function described(value: Value): unknown {
  if (Array.isArray(value)) {
    return [
      originOf(value).offset,
      value.map((element, index) => [entryOrigin(value, index).offset, described(element)]),
    ];
  }
  if (!isMapping(value)) return value;
  const entries = Object.keys(value).map((key) => {
    const { offset, valueOffset, blank } = entryOrigin(value, key);
    return [key, offset, value[key] === null ? undefined : valueOffset, blank, described(value[key]!)];
  });
  return [originOf(value).offset, entries];
}

/** Random data as YAML in many styles, sometimes corrupted. */
function anyYaml(): fc.Arbitrary<string> {
  const word = fc.constantFrom(
    "a",
    "b c",
    "x: y",
    "# no",
    "- z",
    "1",
    "0644",
    "true",
    "null",
    "~",
    "",
    " ",
    "é",
    "a#b",
    "a: ",
    "'",
    '"',
    "*a",
    "{",
    "line\nbreak",
    "line\n\nend\n",
    "two words\n",
    "more words than fit into a line of forty columns",
    "2024-01-02",
    "${X:-y}",
    "%",
    "@",
    "a\\b",
  );
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      word,
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie("value"), { maxLength: 4 }),
      fc.dictionary(word, tie("value"), { maxKeys: 4 }),
    ),
  }));
  const style = fc.record({
    indent: fc.constantFrom(2, 4),
    indentSeq: fc.boolean(),
    defaultStringType: fc.constantFrom("PLAIN" as const, "QUOTE_DOUBLE" as const, "QUOTE_SINGLE" as const),
    collectionStyle: fc.constantFrom("any" as const, "block" as const, "flow" as const),
    lineWidth: fc.constantFrom(0, 40),
    blockQuote: fc.constantFrom(true, "folded" as const, "literal" as const),
  });
  const text = fc.tuple(value, style).map(([data, options]) => stringify(data, options));
  const scribbled = fc
    .tuple(
      text,
      fc.nat(),
      fc.constantFrom("#", " ", "\n", ":", "- ", "  ", "'", "&a ", "*a", "|", ">", "---\n", "["),
    )
    .map(([written, at, inserted]) => {
      const place = at % (written.length + 1);
      return written.slice(0, place) + inserted + written.slice(place);
    });
  return fc.oneof(text, scribbled);
}

/** Plain and quoted scalars of several lines as tools write them, and almost so. */
function anyScalar(): fc.Arbitrary<string> {
  const line = fc.oneof(
    fc.constantFrom("one", "two words", "it\\'s", "\\n", "\\ ", "''", "\\u2019", "a#b", "12", "é "),
    fc.constantFrom("# no", "k: v", "- item", "end:", "'", '"', "\\", "x # no", "[", "---", "*m", "\\ud83d"),
  );
  const lines = fc.array(fc.tuple(fc.constantFrom("\n", "\n", "\n\n", "\n  \n"), fc.nat(4), line), {
    maxLength: 3,
  });
  return fc
    .tuple(
      fc.constantFrom(
        "a: ",
        "- ",
        "a:\n  - ",
        "a:\n- k: ",
        "a: &x ",
        "b: &m\n  k: v\nc: *m\nd: [1]\ne: ",
        "- &m [1]\n- *m\n- ",
      ),
      fc.constantFrom("", "'", '"'),
      line,
      lines,
      fc.constantFrom("\n", "\n", "", " # comment\n", "\nz: 1\n", "\n- z\n", "\n   deeper\n", " tail\n"),
    )
    .map(([before, quote, first, more, after]) => {
      const others = more.map(([breaks, indent, text]) => `${breaks}${" ".repeat(indent)}${text}`);
      return [before, quote, first, ...others, quote, after].join("");
    });
}

/** Block scalars as people write them, and almost so. */
function anyBlock(): fc.Arbitrary<string> {
  const line = fc.constantFrom(
    "  a",
    "  b c",
    "  # d",
    "  e: f",
    "   g",
    "  h ",
    "",
    "  ",
    "   ",
    " i",
    "# j",
    "k: l",
  );
  return fc
    .tuple(
      fc.constantFrom(">", ">-", ">+", "> # comment", ">2", ">\n", "|", "|-"),
      fc.oneof(
        fc.array(fc.constantFrom("  a", "  b c", "  d"), { maxLength: 3 }),
        fc.array(line, { maxLength: 5 }),
      ),
      fc.constantFrom("", "\n", "\n\n", "\nz: 1\n"),
    )
    .map(([header, lines, end]) => `a: ${header}\n${lines.join("\n")}${end}`);
}
