import assert from "node:assert/strict";
import { spawnSync, type SpawnSyncReturns } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { CHARTS, SAMPLE_SOURCE, sampleRelease } from "../../support/rendering.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

const MAIN = join(import.meta.dirname, "../../../tools/cli/main.ts");
const FLEET = join(import.meta.dirname, "../../fixtures/repositories/fleet");

function edgefirst(...args: string[]): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, [MAIN, "lint", ...args], { encoding: "utf8" });
}

describe("edgefirst lint", () => {
  let root: string;
  beforeEach(() => {
    root = temporaryDirectory("lint-cli-");
  });

  it("exits with 1 and names file, line and column; with a baseline of those findings, exits with 0", () => {
    cpSync(FLEET, root, { recursive: true });
    const { status, stdout } = edgefirst(root);
    assert.equal(status, 1);
    assert.match(stdout, /^Could not be checked\n {2}kubernetes\/edge\/apps\/broken\.yaml:6:1 {2}/m);
    assert.ok(!stdout.includes("\u001b["), "coloured without a terminal");
    const baseline = join(root, "baseline.json");
    assert.equal(edgefirst(root, "--write-baseline", baseline).status, 0);
    const after = edgefirst(root, "--baseline", baseline, "--fail-on", "advisory");
    assert.equal(after.status, 0, after.stdout);
  });

  it("replaces a link with the baseline, and does not change the link's target", () => {
    cpSync(FLEET, join(root, "fleet"), { recursive: true });
    const [outside, link] = [join(root, "outside.json"), join(root, "fleet/baseline.json")];
    writeFileSync(outside, "theirs\n");
    symlinkSync(outside, link);
    assert.equal(edgefirst(join(root, "fleet"), "--write-baseline", link).status, 0);
    assert.equal(readFileSync(outside, "utf8"), "theirs\n");
    assert.match(readFileSync(link, "utf8"), /"findings"/);
  });

  it("exits with 0 if no finding reaches --fail-on, and with 3 if something could not be checked", () => {
    writeFileSync(join(root, "map.yaml"), "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\n");
    assert.equal(edgefirst(root).status, 0);
    writeFileSync(join(root, "broken.yaml"), "a: [\n");
    assert.equal(edgefirst(root).status, 3);
    assert.equal(edgefirst(root, "--fail-on", "none").status, 0);
  });

  it("renders if a flag or the repository asks for it, and exits with 2 if it cannot", () => {
    writeFileSync(join(root, "release.yaml"), sampleRelease());
    writeFileSync(join(root, "source.yaml"), SAMPLE_SOURCE);
    const rendered = /^Rendered 1 of 1 HelmRelease\.$/m;
    assert.doesNotMatch(edgefirst(root).stdout, /^Rendered/m);
    assert.match(edgefirst(root, "--charts", CHARTS).stdout, rendered);
    mkdirSync(join(root, ".edgefirst"));
    writeFileSync(join(root, ".edgefirst/render.yaml"), `charts: ${relative(realpathSync(root), CHARTS)}\n`);
    assert.match(edgefirst(root).stdout, rendered);
    assert.doesNotMatch(edgefirst(root, "--no-render").stdout, /^Rendered/m);
    const { status, stderr } = edgefirst(root, "--charts", join(root, "absent"));
    assert.equal(status, 2);
    assert.match(stderr, /There is no directory of charts .*absent\./);
  });

  it("starts at the repository above the given path", () => {
    cpSync(FLEET, root, { recursive: true });
    writeFileSync(join(root, ".git"), "gitdir: elsewhere\n");
    const { stdout } = edgefirst(join(root, "kubernetes/shared"), "--format", "json");
    const { findings } = JSON.parse(stdout) as { findings: { file: string }[] };
    assert.ok(findings.length > 0);
    assert.ok(findings.every(({ file }) => file.startsWith("kubernetes/shared/")));
  });

  it("with --before, finds objects that a change separates from their data", () => {
    const [before, after] = ["before", "after"].map((name) => join(root, name)) as [string, string];
    const claim = (namespace: string): string =>
      `apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: { name: data, namespace: ${namespace} }\n`;
    for (const [checkout, namespace] of [
      [before, "media"],
      [after, "apps"],
    ] as const) {
      cpSync(FLEET, checkout, { recursive: true });
      writeFileSync(
        join(checkout, "kubernetes/edge/apps/media/kustomization.yaml"),
        "resources: [./namespace.yaml, ./player/ks.yaml, ./claim.yaml]\n",
      );
      writeFileSync(join(checkout, "kubernetes/edge/apps/media/claim.yaml"), claim(namespace));
    }
    assert.doesNotMatch(edgefirst(after).stdout, /prune-guard/);
    assert.match(
      edgefirst(after, "--before", before).stdout,
      /claim\.yaml\n.*This object used to be PersistentVolumeClaim media\/data\. Flux deletes that one, along with its data\. {2}prune-guard/,
    );
  });

  it("exits with 2 if it could not run, and says why", () => {
    for (const [args, message] of [
      [[join(root, "absent")], /absent does not exist/],
      [[root, "--baseline", join(root, "absent.json")], /absent\.json cannot be read/],
      [[root, "--before", join(root, "absent")], /absent does not exist/],
      [[root, "--format", "xml"], /Allowed choices are text, json, sarif, github/],
      [[], /lint needs <path>: a repository/],
    ] as const) {
      const { status, stderr } = edgefirst(...args);
      assert.equal(status, 2, stderr);
      assert.match(stderr, message);
    }
  });

  it("shows examples in its help", () => {
    const { status, stdout } = edgefirst("--help");
    assert.equal(status, 0);
    assert.match(stdout, /Exit code: 0 .* 1 findings, 2 could not run[\s\S]*edgefirst lint \. --fix/);
  });
});
