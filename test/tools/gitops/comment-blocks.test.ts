import assert from "node:assert/strict";
import { commentBlocks } from "../../../tools/gitops/edit/comment-blocks.ts";
import { YamlEdit } from "../../../tools/gitops/edit/yaml-edit.ts";

const blocks = (text: string): readonly (readonly string[])[] =>
  commentBlocks(text).map(({ lines }) => lines);

describe("comments in a YAML text", () => {
  it("form a block if they are on consecutive lines; one behind an entry is a block of its own", () => {
    const text = "# one\n# two\na: 1 # three\n# four\n\n# five\nb: 2\n";
    assert.deepEqual(blocks(text), [["# one", "# two"], ["# three"], ["# four"], ["# five"]]);
  });

  it("that are switched off belong together with all their lines, also below a blank one", () => {
    const text = `a:
  # Off:
  # example.com/login: |-
  #   https://login.example.com
  #   and more words

  #   after a blank line
  # "quoted": [1, 2]
  # - an item with words
  # Now about b.
  b: 1
`;
    assert.deepEqual(blocks(text), [
      [
        "# Off:",
        "# example.com/login: |-",
        "#   https://login.example.com",
        "#   and more words",
        "#   after a blank line",
        '# "quoted": [1, 2]',
        "# - an item with words",
      ],
      ["# Now about b."],
    ]);
    assert.deepEqual(
      commentBlocks(text).map((block) => block.isSwitchedOff),
      [true, false],
    );
  });

  it("keep the indentation of their own", () => {
    assert.deepEqual(blocks("a:\n  # b:\n    # c: 1\n  # d: 1\n# e\n"), [
      ["# b:", "  # c: 1", "# d: 1"],
      ["# e"],
    ]);
  });

  it("are not what only looks like one", () => {
    assert.deepEqual(blocks('a: |\n  # no\nb: "# no"\nc: "x" # yes\n'), [["# yes"]]);
  });
});

describe("the owner of a comment", () => {
  const owners = (text: string): Readonly<Record<string, string>> =>
    Object.fromEntries(
      new YamlEdit(text)
        .ownedCommentsOfDocument(0, 0, true)
        .map(({ lines, owner, place, line }) => [lines[0] ?? "", `${place} ${owner.join(".")} ${line}`]),
    );

  it("is the entry below it or on its line", () => {
    const text = "a:\n  # b\n  b: 1 # b1\n  # c\n  c: # c1\n    # d0\n    - d: 1 # d\n";
    assert.deepEqual(owners(text), {
      "# b": "above a.b 2",
      "# b1": "at a.b 3",
      "# c": "above a.c 4",
      "# c1": "at a.c 5",
      "# d0": "above a.c.0 6",
      "# d": "at a.c.0.d 7",
    });
  });

  it("is what contains it, if it is below the last entry or a blank line follows", () => {
    const text = "a:\n  b: 1\n\n  # section\n\n  c:\n    - d\n    # item\n  # end\ne:\n  f: 1\n";
    assert.deepEqual(owners(text), { "# section": "in a 4", "# item": "in a.c 8", "# end": "in a 9" });
  });

  it("is an entry that contains nothing else", () => {
    assert.deepEqual(owners("a:\n  b:\n    # off: 1\n  c: 1\n"), { "# off: 1": "in a.b 3" });
  });
});
