import assert from "node:assert/strict";
import { readTree, treeFiles } from "./tree.ts";

/** Words of the last table of docs/guides/style.md. */
const WORDS = /\b(?:nobody|somebody|beside|anew|told|tells|for ever|is to be had|one a file)\b/i;

/** Texts of others, the page that lists the words, and this file. */
const APART = [
  "test/fixtures/",
  "package-lock.json",
  "LICENSE",
  "docs/guides/style.md",
  "test/docs/language.test.ts",
];

describe("the words of docs/guides/style.md", () => {
  const files = treeFiles().filter(
    (file) => !APART.some((room) => file.startsWith(room)) && !/\.(?:png|sum)$/.test(file),
  );

  it("are nowhere in the tree", () => {
    const found = files.flatMap((file) =>
      readTree(file)
        .split("\n")
        .flatMap((line, index) => (WORDS.test(line) ? [`${file}:${index + 1}: ${line.trim()}`] : [])),
    );
    assert.deepEqual(found, []);
  });

  it("are all found by the test", () => {
    const table = readTree("docs/guides/style.md").split("## Words that the test finds")[1] ?? "";
    const listed = [...table.matchAll(/^\| ([a-z, ]+?) +\|/gm)].flatMap(([, cell = ""]) => cell.split(", "));
    assert.ok(listed.length > 5);
    for (const word of listed) assert.match(`x ${word} y`, WORDS);
  });
});
