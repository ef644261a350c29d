import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { RULES } from "../../policy/engine/registry.ts";
import { temporaryDirectory } from "../support/temporary.ts";
import { fencesOf } from "./markdown.ts";
import { firstDifference } from "./output.ts";
import { readTree, ROOT, treeFiles } from "./tree.ts";
import { stackConfig } from "../support/stack-config.ts";

const MOST_WORDS = 700;
/** Most lines of the configuration that the README shows, its first comment apart. */
const MOST_LINES = 12;
/** The command by its bare name, which outside a clone would run whatever the registry has under it. */
const BARE = /\bnpx (?:-y |--yes )?edgefirst\b/;
/** What says that the reader is in a clone, or has installed the package. */
const CONTEXT =
  /\b(?:in|inside)\s+(?:a|the)\s+clone\b|\bassume\s+a\s+clone\b|\bafter\s+(?:an|the)\s+install/i;

describe("README.md", function () {
  this.timeout(20_000);
  const readme = readTree("README.md");
  const fences = fencesOf(readme);

  it(`has at most ${MOST_WORDS} words`, () => {
    const words = readme.split(/\s+/).filter((word) => word !== "").length;
    assert.ok(words <= MOST_WORDS, `${words} words`);
  });

  it("keeps the two commands", () => {
    const commands = fences.map(({ text }) => text);
    assert.ok(commands.includes("npm ci && npm start"));
    assert.ok(commands.includes("npm ci && npm test"));
  });

  it("names the packed command by the version of package.json", () => {
    const { version } = JSON.parse(readTree("package.json")) as { version: string };
    assert.ok(readme.includes(`npx --yes --package ./dist/edgefirst-${version}.tgz edgefirst lint`));
  });

  it("counts the rules", () => {
    assert.match(readme, new RegExp(`\\b${RULES.length} \\[rules\\]`));
  });

  it("shows what lint says of a repository", () => {
    const dir = temporaryDirectory("readme-");
    cpSync(join(ROOT, "test/fixtures/docs/home"), dir, { recursive: true });
    execFileSync("git", ["init", "--quiet"], { cwd: dir });
    const run = spawnSync(process.execPath, [join(ROOT, "tools/cli/main.ts"), "lint", "."], {
      cwd: dir,
      encoding: "utf8",
    });
    assert.equal(run.status, 1, run.stderr);
    const block = fences.find(({ text }) => text.includes(" edgefirst lint "));
    const shown = (block?.text ?? "").split("\n").filter((line) => !line.startsWith("$ "));
    assert.equal(firstDifference(shown.join("\n"), run.stdout), undefined);
  });

  it("shows a stack file that the program accepts", () => {
    const [file] = fences.filter(({ text }) => text.startsWith("# Pulumi.edge.yaml"));
    assert.ok(file !== undefined && file.text.split("\n").length - 1 <= MOST_LINES);
    const { config } = parse(file.text) as { config: Record<string, unknown> };
    assert.equal(stackConfig(config).cluster.context, "edge");
  });
});

describe("the bare `npx edgefirst`", () => {
  it("is on a page only where the page says that the reader is in a clone or has installed it", () => {
    const pages = treeFiles().filter((file) => file.endsWith(".md") && !file.startsWith("test/fixtures/"));
    const wrong = pages.filter((page) => {
      const text = readTree(page);
      const first = text.search(BARE);
      return first !== -1 && !CONTEXT.test(text.slice(0, first));
    });
    assert.deepEqual(wrong, []);
  });
});
