import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join, posix } from "node:path";
import { anchorsOf, relativeLinks } from "./markdown.ts";
import { readTree, ROOT, treeFiles } from "./tree.ts";

const DECISIONS = "docs/decisions/";
const TEXT = /\.(?:md|[cm]?[jt]s|ya?ml|json)$/;

describe("links of the documentation", () => {
  const files = treeFiles().filter((file) => !file.startsWith("test/fixtures/"));
  const pages = files.filter((file) => file.endsWith(".md"));

  it("relative links of every Markdown page lead to a file and to a heading in it", () => {
    const broken = pages.flatMap((page) =>
      relativeLinks(readTree(page))
        .filter(({ target, anchor }) => !resolves(page, target, anchor))
        .map(
          ({ target, anchor, line }) =>
            `${page}:${line}: ${target}${anchor === undefined ? "" : `#${anchor}`}`,
        ),
    );
    assert.deepEqual(broken, []);
  });

  it("every page of docs/decisions that code names exists", () => {
    const missing = files
      .filter((file) => TEXT.test(file) && !file.startsWith("test/docs/"))
      .flatMap((file) =>
        decisionsIn(readTree(file))
          .filter((page) => !existsSync(join(ROOT, page)))
          .map((page) => `${file}: ${page}`),
      );
    assert.deepEqual(missing, []);
  });

  it("every decision is in the index, and the index lists nothing else", () => {
    const linked = relativeLinks(readTree(`${DECISIONS}README.md`)).map(({ target }) => DECISIONS + target);
    const present = pages.filter((page) => page.startsWith(DECISIONS) && page !== `${DECISIONS}README.md`);
    assert.deepEqual(linked.sort(), present.sort());
  });

  it("every decision names its context, the decision, the consequences and a source", () => {
    for (const page of pages.filter((page) => page.startsWith(DECISIONS) && !page.endsWith("/README.md")))
      for (const part of ["Context", "Decision", "Consequences", "Source"])
        assert.ok(readTree(page).includes(`**${part}.**`), `${page} has no ${part}`);
  });

  function resolves(page: string, target: string, anchor: string | undefined): boolean {
    const file = target === "" ? page : posix.join(posix.dirname(page), target);
    if (!existsSync(join(ROOT, file))) return false;
    return anchor === undefined || !file.endsWith(".md") || anchorsOf(readTree(file)).has(anchor);
  }
});

/** The pages of docs/decisions that a text names. */
function decisionsIn(text: string): string[] {
  return text.match(/docs\/decisions\/[\w-]+\.md/g) ?? [];
}
