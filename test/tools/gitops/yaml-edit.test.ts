import assert from "node:assert/strict";
import { YamlEdit } from "../../../tools/gitops/edit/yaml-edit.ts";
import type { PathStep } from "../../../tools/gitops/yaml/values.ts";

describe("the YAML editor", () => {
  const text = `# head
metadata:
  name:   a # keep
  annotations:
    one: "1"   # trailing

    # before two
    two: 'no' # why
spec: {inline: true}
`;
  const edited = (source: string, work: (edit: YamlEdit) => boolean): string | undefined => {
    const edit = new YamlEdit(source);
    return work(edit) ? edit.text() : undefined;
  };
  const annotation = (name: string): readonly PathStep[] => ["metadata", "annotations", name];

  it("changes a scalar and nothing else; the quotes stay", () => {
    assert.equal(
      edited(text, (edit) => edit.setScalar(0, annotation("two"), "true")),
      text.replace("'no'", "'true'"),
    );
  });

  it("adds entries to a block mapping at its indentation, also with Windows line endings", () => {
    const add = (edit: YamlEdit): boolean =>
      edit.insert(0, ["metadata", "annotations"], "three:\n  a:\n    - x\n");
    const expected = text.replace("# why\n", "# why\n    three:\n      a:\n        - x\n");
    assert.equal(edited(text, add), expected);
    const windows = (lines: string): string => lines.replaceAll("\n", "\r\n");
    assert.equal(edited(windows(text), add), windows(expected));
  });

  it("adds an entry below the items that are commented out in a list in the column of its key", () => {
    const add = (list: string): string | undefined =>
      edited(`a:\n  b:\n${list}`, (edit) => edit.insert(0, ["a"], "c: 1\n"));
    for (const list of [
      "  - x\n  # - y\n",
      "  - x\n\n  # - y: 1\n  #   z: 2\n",
      "  - x\n  #- y: {z: 1, w: 2}\n  # - {y: 1, z: 2} # why\n  # - 'a b'\n  # - y: \"a b\"\n",
    ])
      assert.equal(add(`${list}  # after\n`), `a:\n  b:\n${list}  c: 1\n  # after\n`);
    assert.equal(add("    - x\n  # - y\n"), "a:\n  b:\n    - x\n  c: 1\n  # - y\n");
    assert.equal(add("  - x\n  # - see there\n"), "a:\n  b:\n  - x\n  c: 1\n  # - see there\n");
  });

  it("adds an entry directly above one that it removes", () => {
    const text = "a:\n  b:\n    c: 1\n  d: 2\n";
    const change = (edit: YamlEdit): boolean =>
      edit.insert(0, ["a", "b"], "e: 3\n") && edit.remove(0, ["a", "d"]);
    assert.equal(edited(text, change), "a:\n  b:\n    c: 1\n    e: 3\n");
  });

  it("refuses changes that would affect other lines", () => {
    const edit = new YamlEdit(text);
    assert.equal(edit.setScalar(0, ["metadata", "annotations"], "x"), false);
    assert.equal(edit.insert(0, ["spec"], "x: 1\n"), false);
    assert.equal(edit.remove(0, ["spec", "inline"]), false);
    assert.equal(edit.text(), text);
  });

  it("leaves a list item that is commented out with all its lines", () => {
    const list = "a:\n  # - b: 1\n  #   c: 2\n  # about d\n  - d: 3\n  - e: 4\n";
    assert.equal(
      edited(list, (edit) => edit.remove(0, ["a", 0])),
      "a:\n  # - b: 1\n  #   c: 2\n  - e: 4\n",
    );
  });

  it("finds an entry by the offset and the name of its key, and a collection by its offset", () => {
    const edit = new YamlEdit(`---\na: 1\n---\n${text}`);
    const offset = (found: string): number => `---\na: 1\n---\n${text}`.indexOf(found);
    const two = { document: 1, path: annotation("two") };
    assert.deepEqual(edit.entryAt(offset("two: 'no'"), "two"), two);
    assert.equal(edit.entryAt(offset("two: 'no'"), "one"), undefined);
    const annotations = { document: 1, path: ["metadata", "annotations"] };
    assert.deepEqual(edit.collectionAt(offset('one: "1"')), annotations);
    assert.equal(edit.collectionAt(offset("trailing")), undefined);
  });

  it("replaces, adds and removes documents, and keeps the comments around them", () => {
    const file = "# of a\n---\na: 1 # one\n# below\n---\nb: 2\n";
    const [a, b] = [file.indexOf("a: 1"), file.indexOf("b: 2")];
    assert.equal(
      edited(file, (edit) => edit.replaceDocument(a, "c: 3\n")),
      file.replace("a: 1 # one", "c: 3"),
    );
    assert.equal(
      edited(file, (edit) => edit.insertAfterDocument(b, "c: 3\n")),
      `${file}---\nc: 3\n`,
    );
    assert.equal(
      edited(file, (edit) => edit.removeDocument(b)),
      "# of a\n---\na: 1 # one\n# below\n",
    );
    assert.equal(
      edited(file, (edit) => edit.removeDocuments([a, b])),
      undefined,
    );
    assert.deepEqual(new YamlEdit(file).commentsOfDocument(a, true), ["# one"]);
    assert.deepEqual(new YamlEdit(file).commentsOfDocument(a, false), ["# one", "# below"]);
  });
});
