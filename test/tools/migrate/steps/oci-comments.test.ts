import assert from "node:assert/strict";
import { oci } from "../../../../tools/migrate/steps/oci/step.ts";
import { messages, resultOf, written, type Files } from "../planning.ts";

const source = {
  apiVersion: "source.toolkit.fluxcd.io/v1",
  kind: "HelmRepository",
  metadata: { name: "charts", namespace: "shop" },
  spec: { type: "oci", url: "oci://registry.example.com/charts" },
};
const MARKER = '# {"$imagepolicy": "shop:web:tag"}';
const CHART = `  chart:
    spec:
      chart: web
      version: 1.2.3
      sourceRef:
        kind: HelmRepository
        name: charts
`;
const release = (chart: string): string => `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: web
  namespace: shop
spec:
  interval: 1h
${chart}`;
const LIST = "resources:\n  - ./release.yaml\n  - ./charts.yaml\n";
const files = (chart: string, list = LIST, more: Files = {}): Files => ({
  "app/release.yaml": release(chart),
  "app/charts.yaml": source,
  "app/kustomization.yaml": list,
  ...more,
});
const refusals = (given: Files, options: object = {}): string => {
  const result = resultOf(oci, given, options);
  assert.deepEqual(result.plan.changes, []);
  return messages(result, "refused").join();
};

describe("migrate oci and comments that update a chart's version", () => {
  it("moves the marker on the line of the version", () => {
    const result = resultOf(oci, files(CHART.replace("1.2.3", `1.2.3 ${MARKER}`)));
    assert.ok(written(result, "app/ocirepository.yaml").includes(`tag: 1.2.3 ${MARKER}\n`));
  });

  for (const [where, chart] of [
    ["above it", CHART.replace("      version", `      ${MARKER}\n      version`)],
    ["below it", CHART.replace("      sourceRef", `      ${MARKER}\n      sourceRef`)],
    ["at another field", CHART.replace("chart: web", `chart: web ${MARKER}`)],
    ["at a mapping", CHART.replace("    spec:", `    spec: ${MARKER}`)],
  ] as const)
    it(`leaves a release with a marker ${where}, which does nothing there and would begin to at the tag`, () => {
      assert.match(refusals(files(chart)), /does not update its chart version by .* not on the line/);
    });

  const REF = "sourceRef: { kind: HelmRepository, name: charts }";
  for (const [what, chart, line] of [
    [
      "an alias of the version",
      CHART.replace("  chart:\n", `  x: &v 1.2.3 ${MARKER}\n  chart:\n`).replace(
        "version: 1.2.3",
        "version: *v",
      ),
      8,
    ],
    [
      "an alias of all",
      `  x: &c\n    chart: web\n    version: 1.2.3 ${MARKER}\n    ${REF}\n  chart:\n    spec: *c\n`,
      10,
    ],
    [
      "a merge key",
      `  x: &c\n    # renovate: depName=web\n    version: 1.2.3\n    ${REF}\n  chart:\n    spec:\n      <<: *c\n      chart: web\n`,
      9,
    ],
  ] as const)
    it(`leaves a release whose version is updated elsewhere: ${what}`, () => {
      assert.match(
        refusals(files(chart)),
        new RegExp(`takes values from &\\w, where a comment .*\\(app/release\\.yaml:${line}\\)`),
      );
      const plain = chart.replace(MARKER, "# pinned").replace("renovate:", "see");
      assert.match(written(resultOf(oci, files(plain)), "app/release.yaml"), /# (?:pinned|see)/);
    });
});

describe("migrate oci and files that are there already", () => {
  it("leaves a release if its kustomization cannot list the new file, and says why", () => {
    const given = files(CHART, '{ "bases": ["./release.yaml", "./charts.yaml"] }\n');
    assert.match(refusals(given), /app\/kustomization\.yaml:1: the document is written in flow style/);
  });

  for (const [what, draft] of [
    ["a draft", "kind: OCIRepository\nmetadata:\n  name: draft\n"],
    ["only comments", "# later\n"],
  ] as const)
    it(`leaves a release if the file is not listed, and has ${what}`, () => {
      const message =
        /belongs into app\/ocirepository\.yaml, which exists but is not listed in app\/kustomization\.yaml/;
      assert.match(refusals(files(CHART, LIST, { "app/ocirepository.yaml": draft })), message);
      const home = {
        "home/kustomization.yaml": "resources: [./helmrepository.yaml]\n",
        "home/helmrepository.yaml": source,
        "home/ocirepository.yaml": draft,
        "app/kustomization.yaml": "resources: [./release.yaml, ../home]\n",
        "app/release.yaml": release(CHART),
      };
      assert.match(refusals(home, { oci: { shared: true } }), /belongs into home\/ocirepository\.yaml/);
    });

  it("adds to a file that is listed", () => {
    const list = `${LIST}  - ./ocirepository.yaml\n`;
    const other = { ...source, kind: "OCIRepository", spec: { url: "oci://registry.example.com/other" } };
    const result = resultOf(oci, files(CHART, list, { "app/ocirepository.yaml": other }));
    assert.match(written(result, "app/ocirepository.yaml"), /other[^]*\n---\n[^]*tag: 1\.2\.3\n/);
  });
});
