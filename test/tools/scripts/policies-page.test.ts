import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { policiesPage } from "../../../tools/scripts/policies-page.ts";
import { RULES } from "../../../policy/engine/registry.ts";

const PAGE = join(import.meta.dirname, "../../../docs/reference/policies.md");

describe("docs/reference/policies.md", () => {
  it("is what the rules say about themselves (npm run docs)", () => {
    assert.equal(readFileSync(PAGE, "utf8"), policiesPage());
  });

  it("has a section for each rule, and no other", () => {
    const sections = [...policiesPage().matchAll(/^## (\S+)$/gm)].map(([, name]) => name);
    assert.deepEqual(
      sections,
      RULES.map(({ id }) => id),
    );
  });
});
