import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import semver from "semver";
import { fittingBundles, watchedKinds } from "../../components/gateway-api/support.ts";
import { sidecarFor } from "../../components/gatus/sidecar.ts";
import { imageVersion, loadPins } from "../../config/pins.ts";
import {
  EXPECTED_FAILURES,
  parseReport,
  reportName,
  surprises,
  type Result,
} from "../../tools/conformance/report.ts";

const ROOT = join(import.meta.dirname, "../..");
const read = (file: string): string => readFileSync(join(ROOT, file), "utf8");

/** The version of a module that a folder in tools/toolchain pins, without a leading `v`. */
function pinned(folder: string, module: string): string {
  const go = read(`tools/toolchain/${folder}/go.mod`);
  return new RegExp(`^(?:require)?\\s*${RegExp.escape(module)} v(\\S+)`, "m").exec(go)?.[1] ?? `no ${module}`;
}

describe("pinned versions", () => {
  const { gatewayApi, images } = loadPins();
  const traefik = imageVersion(images.traefik);
  const bundle = gatewayApi.version.replace(/^v/, "");

  it("of Traefik and Gatus are the same in release.yaml and in the programs that the sandbox builds", () => {
    assert.equal(pinned("traefik", "github.com/traefik/traefik/v3"), traefik);
    assert.equal(pinned("gatus", "github.com/TwiN/gatus/v5"), imageVersion(images.gatus));
  });

  it("of the Gateway API are the same in release.yaml, in its CRDs and in the conformance suite", () => {
    assert.equal(pinned("gateway-api", "sigs.k8s.io/gateway-api"), bundle);
    assert.equal(pinned("gateway-api-conformance", "sigs.k8s.io/gateway-api/conformance"), bundle);
    assert.equal(pinned("gateway-api-conformance", "sigs.k8s.io/gateway-api"), bundle);
  });

  it("of Traefik and the Gateway API fit each other, and the support table knows what this Traefik watches", () => {
    const range = fittingBundles(traefik);
    assert.ok(range !== undefined && semver.satisfies(bundle, range), range);
    assert.ok(watchedKinds(traefik) !== undefined);
  });

  it("of gatus-sidecar have a row in the table of flags and permissions", () => {
    assert.ok(sidecarFor(imageVersion(images.gatusSidecar), { httpRoutes: true, services: true }));
  });

  it("of Flux's build are the same in the sandbox's controllers and in the program that tests the offline build", () => {
    for (const module of ["github.com/fluxcd/pkg/kustomize", "github.com/fluxcd/pkg/envsubst"])
      assert.equal(pinned("flux-build", module), pinned("flux", module), module);
  });

  it("of kubectl and of the sandbox's API server are the same", () => {
    const kubernetes = pinned("kubernetes", "k8s.io/kubernetes").replace(/^1\./, "0.");
    for (const module of ["k8s.io/kubectl", "k8s.io/client-go", "k8s.io/component-base"])
      assert.equal(pinned("kubectl", module), kubernetes, module);
  });

  describe("on the page about conformance", () => {
    const page = read("docs/reference/conformance.md");
    const [, shownTraefik = "", shownBundle = "", shownChannel = ""] =
      /^Traefik (\S+), Gateway API (\S+), (\w+) channel;/m.exec(page) ?? [];
    const name = reportName({
      gatewayAPIVersion: `v${shownBundle}`,
      implementation: { version: `v${shownTraefik}` },
    });

    it("are those of the result, or the page says that they were not run through the suite yet", () => {
      const missing = `The pinned pair, Traefik ${traefik} with Gateway API ${bundle}, has not been run through the suite yet.`;
      const isShown =
        shownTraefik === traefik && shownBundle === bundle && shownChannel === gatewayApi.channel;
      assert.equal(
        page.includes(missing),
        !isShown,
        "run npm run conformance, and put its result on the page",
      );
      assert.equal(page.includes("has not been run"), !isShown);
    });

    it("have the results of the suite's own report", () => {
      assert.ok(page.includes(`(conformance/${name})`));
      assert.deepEqual(readdirSync(join(ROOT, "docs/reference/conformance")), [name]);
      const report = parseReport(read(`docs/reference/conformance/${name}`));
      assert.equal(report.implementation.version, `v${shownTraefik}`);
      assert.equal(report.gatewayAPIVersion, `v${shownBundle}`);
      assert.equal(report.gatewayAPIChannel, shownChannel);
      const rows = [...page.matchAll(/^\| (GATEWAY-\w+) +\| (.*?) +\| (.*?) +\|$/gm)].map((row) =>
        row.slice(1),
      );
      const expected = report.profiles.map(({ name: profile, core, extended }) => [
        profile,
        resultOf(core),
        resultOf(extended),
      ]);
      assert.deepEqual(rows.sort(), expected.sort());
    });

    it("have the failures that npm run conformance expects, each with an explanation", () => {
      assert.deepEqual(surprises(parseReport(read(`docs/reference/conformance/${name}`))), []);
      for (const test of EXPECTED_FAILURES) assert.ok(page.includes(`\`${test}\``), test);
    });
  });
});

function resultOf(result: Result | undefined): string {
  if (result === undefined) return "–";
  const { Passed, Failed, Skipped } = result.statistics;
  return `${Passed} of ${Passed + Failed + Skipped}`;
}
