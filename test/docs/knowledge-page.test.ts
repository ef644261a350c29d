import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseRows } from "../../policy/knowledge/rows.ts";
import { TABLE_NAMES } from "../../policy/knowledge/tables.ts";

const PAGE = readFileSync(join(import.meta.dirname, "../../docs/reference/knowledge.md"), "utf8");

describe("docs/reference/knowledge.md", () => {
  for (const table of TABLE_NAMES)
    it(`has a section on ${table}.yaml with a valid example`, () => {
      assert.match(PAGE, new RegExp(`^## ${table}\\.yaml$`, "m"));
      const [, example = ""] = new RegExp(`^\`\`\`yaml ${table}\\n(.*?)^\`\`\``, "ms").exec(PAGE) ?? [];
      const parsed = parseRows(table, example, "knowledge.md");
      assert.ok("rows" in parsed && parsed.rows.length > 0, JSON.stringify(parsed));
    });
});
