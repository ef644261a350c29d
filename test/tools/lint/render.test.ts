import assert from "node:assert/strict";
import { formatText } from "../../../tools/lint/formats/text.ts";
import { lintRendered } from "../../../tools/lint/lint-rendered.ts";
import { Renderer } from "../../../tools/render/renderer.ts";
import { renderSettings } from "../../../tools/render/settings.ts";
import { CHARTS, helm, repositoryOf, SAMPLE_SOURCE, sampleRelease } from "../../support/rendering.ts";
import type { Repository } from "../../../tools/gitops/yaml/repository.ts";
import type { LintedReport } from "../../../tools/lint/lint.ts";

async function linted(repository: Repository): Promise<LintedReport> {
  const renderer = await Renderer.open({
    helm: await helm(),
    settings: renderSettings.parse({ charts: CHARTS }),
  });
  try {
    return await lintRendered(repository, renderer);
  } finally {
    renderer.close();
  }
}

const FILES = {
  "release.yaml": sampleRelease({ values: { image: { tag: "latest" } } }),
  "source.yaml": SAMPLE_SOURCE,
  "unknown.yaml": sampleRelease({}, "unknown").replace('"hello"', '"lost"'),
};

describe("lint --render", () => {
  let report: LintedReport;
  before(async () => {
    report = await linted(repositoryOf(FILES));
  });

  it("runs the rules on what charts install", () => {
    const probes = report.findings.filter(({ rule }) => rule === "workload-probes");
    assert.deepEqual(
      probes.map(({ object, position: { file, line } }) => `${object} ${file}:${line}`),
      ["Deployment apps/hello (HelmRelease apps/hello) release.yaml:1"],
    );
  });

  it("does not guess from the values of a release that it has rendered", () => {
    const tags = report.findings.filter(({ rule }) => rule === "image-pinned");
    assert.deepEqual(tags.map(({ object }) => object.replace(/ \(.*/, "")).sort(), [
      "Deployment apps/hello",
      "Job apps/hello-prepare",
    ]);
  });

  it("reports what the owner's values cause as an error, although another project wrote the chart", () => {
    const tags = report.findings.filter(({ rule }) => rule === "image-pinned");
    assert.deepEqual(
      tags.map(({ level }) => level),
      ["mandatory", "mandatory"],
    );
  });

  it("uses the tables for a release that cannot be rendered", () => {
    const probes = report.findings.filter(({ rule }) => rule === "helmrelease-probes");
    assert.deepEqual(
      probes.map(({ object }) => object),
      ["HelmRelease apps/lost"],
    );
  });

  it("reports how many releases were rendered, and why the others were not", () => {
    const lines = formatText(report, false).split("\n");
    assert.ok(lines.some((line) => line.startsWith("Rendered 1 of 2 HelmReleases;")));
    assert.ok(
      lines.includes("Not rendered: HelmRelease apps/lost: no directory of charts has chart unknown."),
    );
  });

  it("leaves out what the release's owner has exempted", async () => {
    const release = JSON.parse(FILES["release.yaml"]) as { metadata: Record<string, unknown> };
    release.metadata.annotations = {
      "edgefirst.dev/exempt.workload-probes": "the chart has none; owner=ops; until=never",
    };
    const exempted = await linted(repositoryOf({ ...FILES, "release.yaml": JSON.stringify(release) }));
    assert.equal(exempted.findings.filter(({ rule }) => rule === "workload-probes").length, 0);
    assert.equal(exempted.exempted, 1);
  });

  it("points to the value that causes a finding", async () => {
    const { findings } = await linted(
      repositoryOf({
        "source.yaml": SAMPLE_SOURCE,
        "release.yaml": `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: { name: hello, namespace: apps }
spec:
  chart:
    spec: { chart: sample, sourceRef: { kind: HelmRepository, name: charts } }
  values:
    image:
      repository: registry.example.com/latest-app
      tag: latest
    replicas: 2
    probe: false
`,
      }),
    );
    const lines = (id: string): readonly (readonly [string, number])[] =>
      findings
        .filter(({ rule }) => rule === id)
        .map(({ object, position }) => [object.split(" ")[0] ?? "", position.line]);
    assert.deepEqual(lines("image-pinned"), [
      ["Deployment", 10],
      ["Job", 10],
    ]);
    assert.deepEqual(lines("workload-probes"), [["Deployment", 12]], "the switch of the probe");
    assert.deepEqual(
      lines("resources"),
      [
        ["Deployment", 1],
        ["Job", 1],
      ],
      "no value in the release changes the resources",
    );
  });
});
