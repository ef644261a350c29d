import assert from "node:assert/strict";
import { type shippedText } from "../../../policy/knowledge/load.ts";
import { checkKnowledge } from "../../../tools/scripts/check-knowledge.ts";

const ROWS = `# Charts
- chart: old
  source: https://example.com/old
  date: 2025-01-31

- chart: new
  source: https://example.com/new
  date: 2025-02-01
`;

const withVersionLabels =
  (text: string) =>
  (table: Parameters<typeof shippedText>[0]): string =>
    table === "version-labels" ? text : "[]";

describe("the check of shipped knowledge", () => {
  it("reports a row that is older than a year, with its file and line", () => {
    const { outdated, malformed } = checkKnowledge(new Date("2026-02-01T23:00:00Z"), withVersionLabels(ROWS));
    assert.deepEqual(malformed, []);
    assert.deepEqual(outdated, [
      "policy/knowledge/version-labels.yaml:2: warning: https://example.com/old was last read on 2025-01-31, more than a year ago. Read it again and update the row.",
    ]);
  });

  it("reports rows that cannot be used", () => {
    const text = ROWS.replace("2025-01-31", "January");
    const { malformed } = checkKnowledge(new Date("2026-02-01"), withVersionLabels(text));
    assert.deepEqual(malformed, [
      "policy/knowledge/version-labels.yaml:4:9: date: write a date as YYYY-MM-DD",
    ]);
  });

  it("finds every shipped table valid", () => {
    assert.deepEqual(checkKnowledge(new Date()).malformed, []);
  });
});
