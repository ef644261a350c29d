import assert from "node:assert/strict";
import { oci } from "../../../../tools/migrate/steps/oci/step.ts";
import { formatNote } from "../../../../tools/migrate/report.ts";
import { helmRelease, kustomization, resultOf, type Files } from "../planning.ts";

const repository = (url: string): object => ({
  apiVersion: "source.toolkit.fluxcd.io/v1",
  kind: "HelmRepository",
  metadata: { name: "a", namespace: "shop" },
  spec: { url },
});
const ADDRESS = "oci://registry.example.com/charts/store";
const files = (url: string): Files => ({
  "apps/store/release.yaml": helmRelease("store", "shop", "store", {}),
  "apps/store/source.yaml": repository(url),
  ".edgefirst/knowledge/chart-addresses.yaml": [
    [
      {
        repository: "https://charts.example.com",
        oci: "oci://registry.example.com/charts",
        source: url,
        date: "2026-11-29",
      },
    ],
  ],
});
const OPTIONS = { oci: { published: { [ADDRESS]: ["4.4.0"] } } };
const notesOf = (more: Files, url = "https://charts.example.com"): readonly string[] => {
  const { plan } = resultOf(oci, { ...files(url), ...more }, OPTIONS);
  assert.ok(plan.changes.length > 0, plan.notes.map(formatNote).join("\n"));
  return plan.notes.filter(({ kind }) => kind === "runbook").map(formatNote);
};
const about = (notes: readonly string[], word: RegExp): readonly string[] =>
  notes.filter((note) => word.test(note)).map((note) => note.split(":", 2).join(":"));

describe("migrate oci and Renovate", () => {
  const config = `{
  // Comments, 'single quotes' and trailing commas.
  extends: ["config:recommended"],
  "packageRules": [
    { matchManagers: ["flux"], automerge: true },
    { matchPackageNames: [
        "mail",
        'store', /* by its name */
      ], automerge: false, },
    { matchDatasources: ['helm'], groupName: "charts" },
    { matchDatasources: ["docker"], matchPackageNames: ["/mail/"] },
    {"matchDatasources":["docker"],"automerge":true},
    { matchPackageNames: ["store", "registry.example.com/charts/store"] },
    { matchPackagePatterns: ["^sto"] },
    { matchPackageNames: ["/store$/"] },
    { matchManagers: ["kustomize"], matchDepNames: ["store"] },
    { matchDepNames: ["!store"] },
  ],
  ignoreDeps: ["mail", "store"],
}
`;

  it("names the rules that stop or begin to apply, with the new name", () => {
    const notes = notesOf({ ".github/renovate.json5": config });
    const file = ".github/renovate.json5";
    assert.deepEqual(
      about(notes, /Renovate no longer/),
      [8, 10, 14, 19].map((line) => `${file}:${line}`),
    );
    assert.deepEqual(
      about(notes, /Renovate begins/),
      [12, 17].map((line) => `${file}:${line}`),
    );
    assert.match(notes.join("\n"), /store becomes registry\.example\.com\/charts\/store/);
  });

  it("reads presets, and what only depends on the name of a chart that comes from an OCI registry already", () => {
    const preset = JSON.stringify({ packageRules: [{ matchDatasources: ["helm"] }] }, undefined, "\t");
    assert.deepEqual(about(notesOf({ ".renovate/groups.json": preset }), /Renovate/), [
      ".renovate/groups.json:5",
    ]);
    const byName = JSON.stringify({ packageRules: [{ matchDepNames: ["store"] }] });
    const url = "oci://registry.example.com/charts";
    assert.deepEqual(about(notesOf({ ".renovate/groups.json": preset }, url), /Renovate/), []);
    assert.deepEqual(about(notesOf({ ".renovaterc": byName }, url), /Renovate/), [".renovaterc:1"]);
  });

  it("says nothing without such rules", () => {
    assert.deepEqual(about(notesOf({ "renovate.json": "{}", "package.json": "[" }), /Renovate/), []);
  });
});

describe("migrate oci and patches of other repositories", () => {
  const patch = "    - op: replace\n      path: /spec/chart/spec/sourceRef/name\n      value: mirror\n";

  it("names JSON patches in any text that no cluster builds", () => {
    const notes = notesOf({ "docs/mirror.md": `# Mirror\n${patch}`, "notes.txt": "docs/spec/chart.md\n" });
    assert.deepEqual(about(notes, /names a path in spec\.chart/), ["docs/mirror.md:3"]);
  });

  it("says so if nothing in the repository makes Flux apply a release that moves", () => {
    assert.equal(
      notesOf({}).filter((note) => note.includes("makes Flux apply apps/store. If other")).length,
      1,
    );
    const sync = kustomization("apps", "./apps");
    assert.deepEqual(
      notesOf({ "flux/sync.yaml": sync }).filter((note) => note.includes("makes Flux apply")),
      [],
    );
  });

  it("says so, too, if only examples for other repositories show how to apply it", () => {
    const from = (name: string): object => ({ sourceRef: { kind: "GitRepository", name } });
    const example = kustomization("store", "./apps/store", from("base"));
    const files = {
      "examples/sources.yaml": kustomization("sources", "./sources", from("flux-system")),
      "examples/store.yaml": example,
    };
    const isNamed = (more: Files): boolean =>
      notesOf(more).some((note) => note.includes("makes Flux apply apps/store. If other"));
    assert.equal(isNamed(files), true);
    const own = kustomization("store", "./apps/store", from("flux-system"));
    assert.equal(isNamed({ ...files, "examples/store.yaml": own }), false);
    assert.equal(isNamed({ "examples/store.yaml": example }), false);
  });
});
