import assert from "node:assert/strict";
import type { FileChange, Note, Step } from "../../../tools/migrate/step.ts";
import { messages, resultOf, written, type Files } from "./planning.ts";

const ABOVE = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\n";
const FILES: Files = {
  "web.yaml": `${ABOVE}data:\n  # never a public host\n  host: inside.example.com\n`,
  "other.yaml": ABOVE.replace("web", "other"),
};

/** A step that makes these changes, with no word about comments but these notes. */
const stepOf = (
  changes: Readonly<Record<string, string | undefined>>,
  notes: readonly Note[] = [],
): Step => ({
  id: "careless",
  title: "Change files",
  risk: { level: "low", phrase: "none" },
  live: [],
  ownComments: ["# by the step"],
  plan: ({ selected }) => ({
    notes,
    changes: Object.entries(changes)
      .map(([path, text]): FileChange => ({ path, text }))
      .filter(({ path }) => selected(path)),
  }),
  whyForbidden: () => undefined,
});

describe("migrate: a comment that a step deletes without naming it", () => {
  const bare = `${ABOVE}data:\n  host: inside.example.com\n`;

  it("keeps its file as it is, and no other", () => {
    const other = ABOVE.replace("web", "changed");
    const result = resultOf(stepOf({ "web.yaml": bare, "other.yaml": other }), FILES);
    assert.deepEqual(result.plan.changes, [{ path: "other.yaml", text: other }]);
    assert.match(
      messages(result, "refused").join("\n"),
      /^unchanged, because the change would lose this: the comment in web\.yaml: # never a public host \(to accept this, add --accept-loss comment\)$/,
    );
    assert.deepEqual(resultOf(stepOf({ "web.yaml": undefined }), FILES).plan.changes, []);
  });

  it("is listed if the owner accepts the loss", () => {
    const result = resultOf(stepOf({ "web.yaml": bare }), FILES, { acceptLoss: ["comment"] });
    assert.equal(written(result, "web.yaml"), bare);
    assert.deepEqual(messages(result, "lost"), ["the comment in web.yaml: # never a public host"]);
  });

  it("may move, within its file or to another, have another path in it, and be named", () => {
    const moved = `# never a public host\n${bare}`;
    const named: Note = {
      kind: "removed",
      message: "the host is removed with its comment: never a public host",
    };
    const path = { "web.yaml": `${ABOVE}# see docs/old.md\n` };
    for (const [step, files] of [
      [stepOf({ "web.yaml": moved }), FILES],
      [stepOf({ "web.yaml": bare, "other.yaml": `${ABOVE}data:\n  a: b # never a public host\n` }), FILES],
      [stepOf({ "web.yaml": bare }, [named]), FILES],
      [stepOf({ "web.yaml": `${ABOVE}# see docs/new.md\n` }), path],
      [stepOf({ "web.yaml": ABOVE }), { "web.yaml": `${ABOVE}# by the step\n` }],
    ] as const)
      assert.ok(resultOf(step, files).plan.changes.length > 0);
  });

  it("is looked for in its own file first, and an address is no path that a step may have rewritten", () => {
    const source = (name: string): string => `${ABOVE}# https://${name}.example.com/values\n`;
    const files = { "other.yaml": source("one"), "third.yaml": source("two"), "web.yaml": source("three") };
    const edited = (text: string): string => text.replace("name: web", "name: changed");
    const changes = {
      "other.yaml": edited(source("one")),
      "third.yaml": edited(ABOVE),
      "web.yaml": edited(source("three")),
    };
    const result = resultOf(stepOf(changes), files, { acceptLoss: ["comment"] });
    assert.deepEqual(messages(result, "lost"), [
      "the comment in third.yaml: # https://two.example.com/values",
    ]);
    const replaced = resultOf(stepOf({ "web.yaml": source("four") }), files);
    assert.deepEqual(replaced.plan.changes, []);
  });

  it("is no line of a script, and no part of a text in quotes", () => {
    for (const data of ["  run: |\n    # stop first\n    stop\n", '  text: "a # b"\n'])
      assert.equal(
        resultOf(stepOf({ "web.yaml": ABOVE }), { "web.yaml": `${ABOVE}data:\n${data}` }).plan.changes.length,
        1,
      );
  });
});
