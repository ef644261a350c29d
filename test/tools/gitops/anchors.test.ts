import assert from "node:assert/strict";
import fc from "fast-check";
import { parseDocument } from "yaml";
import { marksIn, settleAnchors } from "../../../tools/gitops/edit/anchors.ts";
import { YamlEdit } from "../../../tools/gitops/edit/yaml-edit.ts";

/** The value of an entry in a random text: a scalar, in one of the usual styles, or the alias of an earlier anchor. */
const entry = fc.record({
  value: fc.constantFrom("one", "two", "three.example.com"),
  quote: fc.constantFrom("", '"', "'"),
  anchor: fc.boolean(),
  alias: fc.boolean(),
  pick: fc.nat({ max: 20 }),
  nested: fc.boolean(),
});

/** A mapping with keys `k0`, `k1`, …, some of them one level deeper. */
const text = fc.array(entry, { minLength: 2, maxLength: 10 }).map((entries) => {
  const anchors: string[] = [];
  return entries
    .map(({ value, quote, anchor, alias, pick, nested }, index) => {
      const name = anchors[pick % Math.max(anchors.length, 1)];
      const scalar = `${quote}${value}${quote}`;
      if (!(alias && name !== undefined) && anchor) anchors.push(`a${index}`);
      const written = alias && name !== undefined ? `*${name}` : anchor ? `&a${index} ${scalar}` : scalar;
      return nested ? `k${index}:\n  - in: ${written}\n` : `k${index}: ${written}\n`;
    })
    .join("");
});

function valueOf(yaml: string): Record<string, unknown> {
  const document = parseDocument(yaml);
  assert.deepEqual(document.errors, [], yaml);
  return document.toJS() as Record<string, unknown>;
}

describe("anchors in YAML that is edited", () => {
  it("move to the first alias if the entry that defines them is removed", () => {
    fc.assert(
      fc.property(text, fc.nat(), (before, choice) => {
        const value = valueOf(before);
        const key = Object.keys(value)[choice % Object.keys(value).length] ?? "";
        const edit = new YamlEdit(before);
        assert.ok(edit.removeAll(0, [[key]], ""));
        const rest = Object.fromEntries(Object.entries(value).filter(([name]) => name !== key));
        assert.deepEqual(valueOf(edit.text()), rest, `${before}without ${key}:\n${edit.text()}`);
        const quotes = (yaml: string): number => yaml.match(/["']/g)?.length ?? 0;
        const own = new YamlEdit(before).linesOf(0, [key]) ?? "";
        assert.ok(quotes(edit.text()) >= quotes(before) - quotes(own));
      }),
    );
  });

  it("stay where they are if nothing is said about the lines that take their place", () => {
    const edit = new YamlEdit("a: &x 1\nb: *x\n");
    assert.equal(edit.remove(0, ["a"]), false);
    assert.equal(edit.replace(0, ["a"], "c: 1\n"), false);
    assert.equal(edit.text(), "a: &x 1\nb: *x\n");
  });

  it("do not move if they mark a collection, or if the name is used twice", () => {
    for (const before of [
      "a: &x { b: 1 }\nc: *x\n",
      "a: &x 1\nb: *x\nc: &x 2\nd: *x\n",
      "a: &x |\n  1\nb: *x\n",
    ]) {
      const edit = new YamlEdit(before);
      assert.equal(edit.removeAll(0, [["a"]], ""), false, before);
      assert.equal(edit.text(), before);
    }
  });

  it("of one document do not count in the next", () => {
    const edit = new YamlEdit("a: &x 1\nb: 2\n---\na: &x 3\nb: *x\n");
    assert.ok(edit.remove(0, ["a"]));
    assert.equal(edit.text(), "b: 2\n---\na: &x 3\nb: *x\n");
  });

  it("are defined by the first of the moved lines, and named by the others", () => {
    const going = new Map([["x", '"v"']]);
    const anchors = { standing: new Set(["s"]), going, all: new Map([...going, ["o", "other"]]) };
    assert.deepEqual(settleAnchors('a: *x\nb: &x "v"\nc: *s\nd: *o\n', anchors), {
      text: 'a: &x "v"\nb: *x\nc: *s\nd: other\n',
    });
    assert.deepEqual(settleAnchors("a: *unknown\n", anchors), { anchor: "unknown" });
  });

  it("are listed as they are written", () => {
    assert.deepEqual(marksIn("a: &x 1\nb: [*x, &y { c: *outside }]\n"), ["&x", "*x", "&y", "*outside"]);
  });
});
