import assert from "node:assert/strict";
import type { Step } from "../../../tools/migrate/step.ts";
import { pushover } from "../../../tools/migrate/steps/pushover/step.ts";
import { resultOf, written } from "./planning.ts";

const BEFORE = [
  "# About the map.",
  "apiVersion: v1",
  "kind: ConfigMap",
  "metadata:",
  "  name: a",
  "data:",
  "#  off: one",
  "#near: two",
  "# Said of the entry.",
  "  # Said twice.",
  "  on: three",
  "# Said twice.",
  "  script: |",
  "    # in the script",
  "    true",
  "",
].join("\n");

/** A step whose editor gives each comment the indentation of its entry. */
const indenting: Step = {
  ...pushover,
  plan: () => ({
    changes: [
      {
        path: "map.yaml",
        text: BEFORE.replaceAll(/^#(?! About)/gm, "  #").replace("three", "four"),
      },
    ],
    notes: [],
  }),
  whyForbidden: () => undefined,
};

describe("comments in the first column", () => {
  it("stay there in every step, so that they fit once their # is gone", () => {
    const after = written(resultOf(indenting, { "map.yaml": BEFORE }), "map.yaml");
    assert.equal(after, BEFORE.replace("three", "four").replace("\n# Said twice", "\n  # Said twice"));
  });
});
