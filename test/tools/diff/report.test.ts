import assert from "node:assert/strict";
import { formatJson } from "../../../tools/diff/formats/json.ts";
import { formatMarkdown, MARKER, MAX_LENGTH } from "../../../tools/diff/formats/markdown.ts";
import { formatText } from "../../../tools/diff/formats/text.ts";
import type { DiffReport } from "../../../tools/diff/report.ts";
import { diffOf, fluxKustomization, ROOT, type Files } from "../../support/diff.ts";

const map = (name: string, data: Readonly<Record<string, string>>): string =>
  JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "media" }, data });
const formats = (report: DiffReport): readonly string[] => [
  formatText(report, false),
  formatMarkdown(report),
  formatJson(report),
];

describe("diff: secrets", () => {
  const secret = (password: string): Files => ({
    ...ROOT,
    ...fluxKustomization("media", { postBuild: { substituteFrom: [{ kind: "Secret", name: "vars" }] } }),
    "flux/vars.yaml": JSON.stringify({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "vars", namespace: "flux-system" },
      stringData: { SECRET_PIN: "ab1", SECRET_LONG: password },
      data: { encoded: Buffer.from(`${password}-encoded`).toString("base64") },
    }),
    "apps/media/a.yaml": map("a", {
      url: "http://x/?pin=${SECRET_PIN}",
      long: "${SECRET_LONG}",
      copy: `see ${password}-encoded`,
      "app.yaml": `name: visible\ndb_password: ${password}-line\nexistingSecret: my-secret\n`,
      address: `postgres://user:${password}-url@db/x`,
      key: `-----BEGIN PRIVATE KEY-----\n${password}-pem\n-----END PRIVATE KEY-----\n`,
    }),
    "apps/media/release.yaml": JSON.stringify({
      apiVersion: "helm.toolkit.fluxcd.io/v2",
      kind: "HelmRelease",
      metadata: { name: "plex", namespace: "media" },
      spec: {
        values: {
          auth: {
            adminPassword: `${password}-value`,
            existingSecret: `ref-${password.length}`,
            apiKey: 12345678,
          },
          env: [{ name: "API_TOKEN", value: `${password}-env` }],
        },
      },
    }),
    "apps/media/encrypted.yaml": JSON.stringify({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "sealed", namespace: "media" },
      stringData: { a: `ENC[AES256_GCM,data:${password},type:str]` },
      sops: { mac: `ENC[AES256_GCM,data:${password}mac,type:str]` },
    }),
  });

  it("no format shows the value of a Secret, what Flux substitutes from it, or a value with a secret name", () => {
    const [old, next] = ["correct-horse", "battery-staple!"];
    const report = diffOf(secret(old), secret(next));
    for (const text of formats(report)) {
      for (const leak of [old, next, "ab1", "12345678", "c3RhcGxl", "ENC[", '"sops"'])
        assert.ok(!text.includes(leak), `${leak} in ${text}`);
      assert.match(text, /\*\*\* \(before\)/);
      assert.match(text, /\*\*\* \(after\)/);
    }
    const text = formatText(report, false);
    for (const visible of ["name: visible", "existingSecret: my-secret", "existingSecret: ref-13", "pin=***"])
      assert.ok(text.includes(visible), visible);
  });

  it("a Secret with the same values on both sides does not look changed where another field changes", () => {
    const labelled = { ...secret("correct-horse") };
    labelled["flux/vars.yaml"] =
      labelled["flux/vars.yaml"]?.replace('"name":"vars"', '"name":"vars","labels":{"a":"b"}') ?? "";
    const text = formatText(diffOf(secret("correct-horse"), labelled), false);
    assert.match(text, /\+ {4}a: b/);
    assert.doesNotMatch(text, /\*\*\* \(/);
  });
});

describe("diff: Markdown", function () {
  // The largest takes seconds on a busy machine.
  this.timeout(60_000);
  const many = (value: string, count: number, lines: number): Files =>
    Object.fromEntries(
      Array.from({ length: count }, (_unused, index) => [
        `maps/${index}.yaml`,
        map(`map-${index}`, {
          text: Array.from({ length: lines }, (_, line) => `${value} ${line}`).join("\n"),
        }),
      ]),
    );
  const claim = (storageClassName: string): Files => ({
    "maps/zz.yaml": JSON.stringify({
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: "data", namespace: "media" },
      spec: { storageClassName },
    }),
  });

  for (const [count, lines] of [
    [3, 5],
    [400, 20],
    [5_000, 1],
    [2, 20_000],
  ] as const)
    it(`${count} objects with ${lines} lines each fit into a comment, the dangerous first, and what is cut is counted`, () => {
      const report = diffOf(
        { ...many("a", count, lines), ...claim("slow") },
        { ...many("b", count, lines), ...claim("fast") },
      );
      const text = formatMarkdown(report);
      assert.ok(text.length <= MAX_LENGTH, String(text.length));
      assert.ok(text.startsWith(`${MARKER}\n`));
      assert.match(text, /\*\*Dangerous: 1 change that the API server refuses\.\*\*/);
      const [first = ""] = /<details><summary>.*/.exec(text) ?? [];
      assert.match(first, /PersistentVolumeClaim media\/data/);
      const named = new Set(
        [...text.matchAll(/<code>ConfigMap media\/map-\d+<\/code>/g)].map(([name]) => name),
      ).size;
      const [, lost = "0"] = /and (\d+) objects? altogether/.exec(text) ?? [];
      assert.equal(named + Number(lost), count);
      assert.equal(text.includes("Cut to fit"), count > 100);
      assert.equal(text.match(/^`{3,}diff$/gm)?.length, text.match(/^`{3,}$/gm)?.length);
      assert.equal(text.match(/<details>/g)?.length, text.match(/<\/details>/g)?.length);
    });

  it("contents cannot leave their fence, and names mention no one", () => {
    const hostile = {
      "maps/a.yaml": map("a", { text: "x\n```\n</details> @admin\n````\n" }),
      "maps/b@c.yaml": "a: [\n",
    };
    const text = formatMarkdown(diffOf({}, hostile));
    assert.match(text, /^`{5}diff$/m);
    const outside = text.replace(/^(`{3,})diff$[\s\S]*?^\1$/gm, "");
    assert.doesNotMatch(outside, /@\w/);
    assert.doesNotMatch(outside, /<\/details> @/);
  });

  it("says so if nothing changes", () => {
    const text = formatMarkdown(diffOf(many("a", 2, 1), many("a", 2, 1)));
    assert.match(text, /^Nothing changes in the repository\.$/m);
  });
});
