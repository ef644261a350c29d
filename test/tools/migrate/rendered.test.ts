import assert from "node:assert/strict";
import { buildClusters } from "../../../tools/migrate/build.ts";
import { readOptions } from "../../../tools/migrate/options.ts";
import { explainVerdict, comparisonLines, reportOf, type StepReport } from "../../../tools/migrate/report.ts";
import { runStepRendered } from "../../../tools/migrate/run-rendered.ts";
import type { Step } from "../../../tools/migrate/step.ts";
import { oci } from "../../../tools/migrate/steps/oci/step.ts";
import { route } from "../../../tools/migrate/steps/route/step.ts";
import { Renderer } from "../../../tools/render/renderer.ts";
import { renderSettings } from "../../../tools/render/settings.ts";
import { CHARTS, helm, repositoryOf } from "../../support/rendering.ts";

const release = (
  name: string,
  values = "",
  version = "3.7.3",
): string => `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: ${name}
  namespace: apps
spec:
  chart:
    spec:
      chart: app-template
      version: ${version}
      sourceRef:
        kind: HelmRepository
        name: charts
  values:
    service:
      app:
        controller: app
        ports:
          http:
            port: 8080
    ingress:
      app:
        className: inside
        hosts:
          - host: ${name}.example.com
            paths:
              - path: /
                service: { identifier: app, port: http }
${values}`;

const FILES = {
  ".edgefirst/migrate.yaml": `acceptLoss: [path-prefix, annotation, dns-record]
route:
  gateways:
    inside: { name: internal, namespace: doors, entryPoints: { websecure: 443 } }
`,
  "charts.yaml": `apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmRepository
metadata: { name: charts, namespace: apps }
spec: { url: https://bjw-s-labs.github.io/helm-charts }
`,
};

async function migrated(step: Step, files: Readonly<Record<string, string>>): Promise<StepReport> {
  const repository = repositoryOf({ ...FILES, ...files });
  const renderer = await Renderer.open({
    helm: await helm(),
    settings: renderSettings.parse({ charts: CHARTS }),
  });
  try {
    const context = {
      repository,
      clusters: buildClusters(repository),
      selected: () => true,
      options: readOptions(repository),
    };
    return reportOf(await runStepRendered(step, context, renderer), repository);
  } finally {
    renderer.close();
  }
}

describe("migrate --render", () => {
  it("proves that the routes of a chart serve what its Ingresses did", async () => {
    const report = await migrated(route, { "plain.yaml": release("plain") });
    assert.equal(
      explainVerdict(report),
      "Proven: 1 object changes in a cluster, only in the intended fields.",
    );
    assert.deepEqual(comparisonLines(report), ["Compared what 1 HelmRelease installs before and after."]);
  });

  it("leaves a release unchanged whose chart would send requests to another port", async () => {
    const report = await migrated(route, {
      "plain.yaml": release("plain"),
      "shifted.yaml": release("shifted", "    shift: 1\n"),
    });
    assert.deepEqual(
      report.files.map(({ path }) => path),
      ["plain.yaml"],
    );
    const [note] = report.notes.filter(({ kind }) => kind === "refused");
    assert.match(
      note?.message ?? "",
      /HelmRelease apps\/shifted: the routes that its chart installs do not serve/,
    );
  });

  it("compares a release that cannot be rendered by its values, and says so", async () => {
    const report = await migrated(route, { "other.yaml": release("other", "", "4.2.0") });
    assert.equal(report.proof, "holds");
    assert.deepEqual(comparisonLines(report), [
      "Compared what 0 HelmReleases install before and after.",
      "Compared by its values only: HelmRelease apps/other was not rendered: no directory of charts has chart app-template 4.2.0",
    ]);
  });

  it("proves that a chart from another source installs the same objects", async () => {
    const report = await migrated(oci, { "plain.yaml": release("plain") });
    assert.equal(report.proof, "holds");
    assert.ok(report.files.some(({ path }) => path === "plain.yaml"));
    assert.equal(report.rendered?.compared, 1);
  });

  it("does not let a step change what a chart installs without its permission", async () => {
    const step: Step = {
      ...oci,
      plan: ({ repository }) => ({
        changes: [{ path: "plain.yaml", text: release("plain", "    shift: 2\n") }].filter(() =>
          repository.isFile("plain.yaml"),
        ),
        notes: [],
      }),
      whyForbidden: () => undefined,
    };
    const shifted = await migrated(step, {
      "plain.yaml": release(
        "plain",
        "    route: { app: { parentRefs: [], hostnames: [a.example.com], rules: [{ backendRefs: [{ name: app }] }] } }\n",
      ),
    });
    assert.equal(shifted.files.length, 0);
    assert.match(
      shifted.notes[0]?.message ?? "",
      /its chart would install different objects: HTTPRoute apps\/plain \(removed\)/,
    );
  });
});
