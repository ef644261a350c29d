import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");
/** What the recipes create in their examples. */
const EXAMPLES = /no-host-path|rename-key|certificates|stern/;

describe("CONTRIBUTING.md", () => {
  const page = readFileSync(join(ROOT, "CONTRIBUTING.md"), "utf8");
  const quoted = [...page.matchAll(/`([^`\n]+)`/g)].map(([, code = ""]) => code);

  it("names test files that exist", () => {
    const patterns = quoted
      .filter((code) => code.startsWith("npm run test:file -- "))
      .flatMap((code) =>
        code
          .replace(/ --grep .*/, "")
          .split(" ")
          .slice(4),
      )
      .map((pattern) => pattern.replaceAll('"', ""));
    assert.ok(patterns.length > 10);
    // Mocha expands braces only next to an asterisk; the shell expands them unless they are quoted.
    assert.doesNotMatch(page, /"[^"*\n]*\{[^"*\n]*"/);
    for (const pattern of patterns.filter((one) => !EXAMPLES.test(one)))
      assert.notDeepEqual(globSync(pattern, { cwd: ROOT }), [], pattern);
  });

  it("names files of the tree that exist", () => {
    const paths = quoted.filter(
      (code) => /^[\w-]+(\/[\w.-]+)+\.(ts|md|yaml)$/.test(code) && !EXAMPLES.test(code),
    );
    assert.ok(paths.length > 10);
    for (const path of paths) assert.notDeepEqual(globSync(path, { cwd: ROOT }), [], path);
  });
});
