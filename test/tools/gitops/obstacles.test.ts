import assert from "node:assert/strict";
import { YamlEdit } from "../../../tools/gitops/edit/yaml-edit.ts";

/** What cannot be edited, and what the edit says about it. */
const CASES: readonly (readonly [string, string, (edit: YamlEdit) => boolean, number, RegExp])[] = [
  [
    "a flow mapping that would get an entry",
    "a: 1\nb: { c: 1 }\n",
    (edit) => edit.insert(0, ["b"], "d: 2"),
    2,
    /^b is written in flow style, .* block style/,
  ],
  [
    "an entry of a flow list",
    "a:\n  - b: [1, 2]\n",
    (edit) => edit.remove(0, ["a", 0, "b", 1]),
    2,
    /^a\[0\]\.b is written in flow style/,
  ],
  [
    "an entry below a flow mapping",
    "a: { b: { c: 1 } }\n",
    (edit) => edit.replace(0, ["a", "b", "c"], "c: 2"),
    1,
    /^a is written in flow style/,
  ],
  ["an alias", "a: &x\n  b: 1\nc: *x\n", (edit) => edit.insert(0, ["c"], "d: 2"), 3, /^c is the alias \*x: /],
  [
    "an entry below an alias",
    "a: &x\n  b: 1\nc: *x\n",
    (edit) => edit.replace(0, ["c", "b"], "b: 2"),
    3,
    /^c is the alias \*x: /,
  ],
  [
    "an entry of a merge key",
    "a: &x\n  b: 1\nc:\n  <<: *x\n",
    (edit) => edit.setScalar(0, ["c", "b"], 2),
    4,
    /^c\.b comes from a merge key/,
  ],
  [
    "an entry whose key is an alias",
    "a: &x web\nb:\n  *x : 1\n",
    (edit) => edit.replace(0, ["b", "web"], "web: 2"),
    3,
    /^b\.web has the alias \*x as its key/,
  ],
  ["a key without a value", "a:\nb: 1\n", (edit) => edit.insert(0, ["a"], "c: 2"), 1, /^a has no entries/],
  ["an empty flow mapping", "a: {}\n", (edit) => edit.insert(0, ["a"], "c: 2"), 1, /^a has no entries/],
  [
    "a scalar that would get an entry",
    "a: 1\n",
    (edit) => edit.insert(0, ["a"], "c: 2"),
    1,
    /neither a mapping/,
  ],
  [
    "a missing entry",
    "a:\n  b: 1\n",
    (edit) => edit.replace(0, ["a", "c"], "c: 2"),
    2,
    /^a\.c is not in this/,
  ],
  ["a block scalar", "a: |\n  b\n", (edit) => edit.setScalar(0, ["a"], "c"), 1, /^a has an anchor or is not/],
  [
    "an anchor that is used elsewhere",
    "a:\n  b: &x 1\n  c: 2\nd: *x\n",
    (edit) => edit.remove(0, ["a", "b"]),
    2,
    /^a\.b would go, but its anchor &x is used elsewhere/,
  ],
  [
    "an anchor inside an entry that is replaced",
    "a:\n  b: &x 1\nd: *x\n",
    (edit) => edit.replace(0, ["a"], "a: 1"),
    1,
    /^a would go, but an anchor in it is used elsewhere/,
  ],
  ["the only entry of a document", "a: 1\n", (edit) => edit.remove(0, ["a"]), 1, /^nothing would be left/],
  [
    "an entry that shares its line with a dash",
    "a:\n  - b: 1\n    c: 2\n",
    (edit) => edit.replace(0, ["a", 0, "b"], "b: 2"),
    2,
    /^a\[0\]\.b does not start its line/,
  ],
  ["the only document", "a: 1\n", (edit) => edit.removeDocument(0), 1, /^only comments would be left/],
  [
    "a document on the line of its ---",
    "a: 1\n--- {b: 1}\n",
    (edit) => edit.replaceDocument(0, "c: 1\n"),
    1,
    /^the document shares a line/,
  ],
];

describe("an edit that is not possible", () => {
  for (const [name, text, attempt, line, reason] of CASES)
    it(`says where and why: ${name}`, () => {
      const edit = new YamlEdit(text);
      assert.equal(attempt(edit), false);
      assert.equal(edit.obstacle?.line, line);
      assert.match(edit.obstacle.reason, reason);
      assert.equal(edit.text(), text);
    });

  it("finds an anchor after one whose name begins with its name", () => {
    const { line, reason } = new YamlEdit("a: &shared-more 1\nb: &shared\n  c: 1\n").obstacleOf("shared");
    assert.equal(line, 2);
    assert.match(reason, /^anchor &shared marks more than one line/);
  });

  it("says nothing before it fails", () => {
    const edit = new YamlEdit("a: 1\n");
    assert.ok(edit.setScalar(0, ["a"], 2));
    assert.equal(edit.obstacle, undefined);
  });
});
