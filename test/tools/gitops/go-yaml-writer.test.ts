import assert from "node:assert/strict";
import process from "node:process";
import { writeGoYaml } from "../../../tools/gitops/yaml/go-yaml-writer.ts";

const panel = (id: number): Record<string, string | number> => ({
  id,
  title: `Panel ${id}`,
  expr: 'rate(requests_total{job="$job"}[5m]) and a text that is so long that go-yaml breaks its line at a space',
  description: "first line\nsecond line\n",
});

describe("an object as go-yaml writes it", () => {
  it("has the lines of its text, its lists and its mappings", () => {
    assert.equal(
      writeGoYaml({ panels: [panel(1)], note: "a\nb" }),
      [
        "panels:",
        "- id: 1",
        "  title: Panel 1",
        '  expr: rate(requests_total{job="$job"}[5m]) and a text that is so long that go-yaml',
        "    breaks its line at a space",
        "  description: |",
        "    first line",
        "    second line",
        "note: |-",
        "  a",
        "  b",
        "",
      ].join("\n"),
    );
  });

  it("takes time in proportion to its size: a ConfigMap with dashboards, or a CRD, has a megabyte", () => {
    const before = process.cpuUsage();
    const text = writeGoYaml({ panels: Array.from({ length: 5000 }, (_, id) => panel(id)) });
    const { user, system } = process.cpuUsage(before);
    assert.ok(text.length > 900_000);
    assert.ok((user + system) / 1e6 < 5, `${(user + system) / 1e6} s`);
  });
});
