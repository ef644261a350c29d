import assert from "node:assert/strict";
import { join } from "node:path";
import { Repository } from "../../../../tools/gitops/yaml/repository.ts";
import { buildClusters } from "../../../../tools/migrate/build.ts";
import { readOptions } from "../../../../tools/migrate/options.ts";
import { reportOf } from "../../../../tools/migrate/report.ts";
import { runStep } from "../../../../tools/migrate/run.ts";
import { annotate } from "../../../../tools/migrate/steps/annotate/step.ts";

const FIXTURES = join(import.meta.dirname, "../../../fixtures/migrate/annotate");
const BEFORE = join(FIXTURES, "endpoints/before");

describe("migrate annotate, in a cluster without Gatus", () => {
  it("annotates no route", () => {
    const original = new Repository(BEFORE);
    const routes = new Map([
      ["kubernetes/gatus.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: none\n"],
      ...original
        .yamlFiles("kubernetes/apps/wiki")
        .filter((path) => path.endsWith("gatus.yaml"))
        .map((path) => [path, "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: other\n"] as const),
    ]);
    const changesOf = (repository: Repository): number => {
      const clusters = buildClusters(repository);
      const context = { repository, clusters, selected: () => true, options: readOptions(repository) };
      return reportOf(runStep(annotate, context), repository).files.length;
    };
    assert.notEqual(changesOf(original), 0);
    assert.equal(changesOf(original.with(routes)), 0);
  });
});

describe("the advice of migrate annotate for the live cluster", () => {
  const adviceOn = (fixture: string): string => {
    const repository = new Repository(join(FIXTURES, fixture, "before"));
    const clusters = buildClusters(repository);
    const context = { repository, clusters, selected: () => true, options: readOptions(repository) };
    return reportOf(runStep(annotate, context), repository).live.join("\n");
  };

  it("covers the time until a ConfigMap is pruned", () => {
    assert.match(adviceOn("endpoints"), /^after: .*pruned the ConfigMap/m);
  });

  it("says nothing about ConfigMaps if none is removed", () => {
    assert.match(adviceOn("enabled"), /^before: [^\n]*$/);
  });
});
