import assert from "node:assert/strict";
import { parseYaml } from "../../../tools/gitops/yaml/parse.ts";
import { SourceFile } from "../../../tools/gitops/yaml/source.ts";
import { buildClusters } from "../../../tools/migrate/build.ts";
import { readOptions } from "../../../tools/migrate/options.ts";
import { STEPS } from "../../../tools/migrate/registry.ts";
import { formatMarkdown, reportOf, unifiedDiff } from "../../../tools/migrate/report.ts";
import { runSteps } from "../../../tools/migrate/run.ts";
import { checkSpoiled, SPOILED_CASES } from "../../support/spoiled-repository.ts";

describe("a spoiled repository", () => {
  it("may contain bytes and dates, which become text", () => {
    const { documents } = parseYaml(new SourceFile("x", "a: !!binary aGk=\nb: !!timestamp 2026-01-01\n"));
    assert.deepEqual({ ...(documents[0]?.value as object) }, { a: "hi", b: "2026-01-01T00:00:00Z" });
  });

  it(`gets a report from every step (${SPOILED_CASES} repositories)`, function () {
    this.timeout(60_000 + SPOILED_CASES * 1000);
    checkSpoiled(({ original, repository, written }) => {
      const clusters = buildClusters(repository);
      const options = readOptions(original);
      const results = runSteps(STEPS, { repository, clusters, selected: () => true, options });
      let before = repository;
      const reports = results.map((result) => {
        assert.doesNotMatch(result.unseen.join(), /internal error/, written);
        assert.equal(typeof unifiedDiff(result, before), "string");
        const report = reportOf(result, before);
        if (result.proof.status !== "fails") before = result.after;
        return report;
      });
      assert.equal(reports.length, STEPS.length);
      assert.notEqual(formatMarkdown(reports), "");
    });
  });
});
