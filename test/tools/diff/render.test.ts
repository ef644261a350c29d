import assert from "node:assert/strict";
import { formatMarkdown } from "../../../tools/diff/formats/markdown.ts";
import { formatText } from "../../../tools/diff/formats/text.ts";
import { withRendered } from "../../../tools/diff/rendered.ts";
import { report, type DiffReport } from "../../../tools/diff/report.ts";
import { renderRepository, type RepositoryRendering } from "../../../tools/render/render-repository.ts";
import { Renderer } from "../../../tools/render/renderer.ts";
import { renderSettings } from "../../../tools/render/settings.ts";
import { CHARTS, helm, repositoryOf, SAMPLE_SOURCE, sampleRelease } from "../../support/rendering.ts";

type Files = Readonly<Record<string, string>>;

async function rendered(files: Files): Promise<RepositoryRendering> {
  const renderer = await Renderer.open({
    helm: await helm(),
    settings: renderSettings.parse({ charts: CHARTS }),
  });
  try {
    return await renderRepository(repositoryOf(files), renderer);
  } finally {
    renderer.close();
  }
}

async function diff(before: Files, after: Files): Promise<DiffReport> {
  const sides = withRendered(await rendered(before), await rendered(after));
  return report({ before: "before", after: "after" }, sides.before, sides.after, sides);
}

const release = (values: object, chart?: string): Files => ({
  "source.yaml": SAMPLE_SOURCE,
  "release.yaml": sampleRelease({ values: { ...values } }, chart),
});

const changes = ({ entries }: DiffReport): readonly string[] =>
  entries.map(({ kind, object, release: by }) => [kind, object, by].filter(Boolean).join(" "));

describe("diff --render", function () {
  this.timeout(120_000);

  it("shows what a value changes in the objects of its chart", async () => {
    const found = await diff(release({}), release({ replicas: 3 }));
    assert.deepEqual(changes(found), [
      "changed HelmRelease apps/hello",
      "changed Deployment apps/hello HelmRelease apps/hello",
    ]);
    assert.deepEqual(found.entries[1]?.fields, ["spec.replicas"]);
    assert.match(formatText(found, false), /Rendered 1 of 1 HelmRelease\./);
    assert.match(formatMarkdown(found), /Rendered 1 of 1 HelmRelease/);
  });

  it("lists a release that can be rendered on one side only, and compares nothing of it", async () => {
    const found = await diff(release({}), release({}, "unknown"));
    assert.deepEqual(changes(found), ["changed HelmRelease apps/hello"]);
    assert.match(
      found.uncertain.join("\n"),
      /^\d+ objects of HelmRelease apps\/hello not compared, because it cannot be rendered after the change: no directory of charts has chart unknown$/,
    );
    assert.match(formatText(found, false), /Before: Rendered 1 of 1 HelmRelease\.\nAfter: Rendered 0 of 1/);
  });

  it("reports the deletion of a release once, and what Helm deletes with it as notes", async () => {
    const found = await diff(release({}), { "source.yaml": SAMPLE_SOURCE });
    const [first, ...others] = found.entries.filter(({ kind }) => kind === "removed");
    assert.equal(first?.object, "HelmRelease apps/hello");
    assert.ok(others.length > 0);
    for (const { dangers, notes } of others)
      assert.ok(
        dangers.length === 0 &&
          /^(Helm deletes it with HelmRelease apps\/hello|It stays)/.test(notes[0] ?? ""),
        notes.join(),
      );
  });

  it("reports an object that the chart no longer renders as a deletion by Helm", async () => {
    const found = await diff(release({}), release({}, "note"));
    const removed = found.entries.filter(({ kind }) => kind === "removed");
    assert.ok(removed.some(({ object }) => object === "Service apps/hello"));
    for (const { dangers } of removed)
      assert.match(
        dangers[0]?.message ?? "",
        /^Helm deletes it, because the chart of HelmRelease apps\/hello no longer/,
      );
  });
});
