import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { RULES } from "../../../policy/engine/registry.ts";
import { generatedPages } from "../../../tools/scripts/generated-pages.ts";

const REFERENCE = join(import.meta.dirname, "../../../docs/reference");
const pages = await generatedPages();

describe("generated pages in docs/reference", () => {
  for (const [page, text] of pages)
    it(`${page} is up to date (npm run docs)`, () => {
      assert.ok(existsSync(join(REFERENCE, page)), "run npm run docs");
      assert.equal(readFileSync(join(REFERENCE, page), "utf8"), text);
    });

  it("are one page per rule, listed in policies.md, and no others", () => {
    const ids = RULES.map(({ id }) => id);
    const listed = [...(pages.get("policies.md") ?? "").matchAll(/^\| \[\S+\]\(rules\/(\S+)\.md\)/gm)];
    assert.deepEqual(
      listed.map(([, id]) => id),
      ids,
    );
    const files = readdirSync(join(REFERENCE, "rules"));
    assert.deepEqual(files.sort(), ids.map((id) => `${id}.md`).sort());
  });

  it("show an error for each rule's invalid example, and none for the valid one", () => {
    for (const { id } of RULES) {
      const [, wrong = "", right = ""] =
        /^## Wrong$(.*)^## Right$(.*)/ms.exec(pages.get(`rules/${id}.md`) ?? "") ?? [];
      assert.match(wrong, /^```yaml$.*^```text\nerror: /ms, id);
      assert.match(right, /^```yaml$/m, id);
      assert.doesNotMatch(right, /^error: /m, id);
    }
  });
});
