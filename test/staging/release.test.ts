import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, normalize } from "node:path";
import { releaseHash } from "../../staging/release.ts";
import { PROJECT } from "../support/engine.ts";

describe("release hash", () => {
  let project: string;
  const write = (path: string, content: string): void => {
    mkdirSync(join(project, path, ".."), { recursive: true });
    writeFileSync(join(project, path), content);
  };
  const lock = (packages: Record<string, unknown>): void => {
    write("package-lock.json", JSON.stringify({ packages: { "": { name: "edgefirst" }, ...packages } }));
  };

  beforeEach(() => {
    project = mkdtempSync(join(tmpdir(), "edgefirst-release-"));
    for (const file of [
      "release.yaml",
      "Pulumi.yaml",
      "package.json",
      "index.ts",
      "config/load.ts",
      "config/flux.ts",
      "components/gateway/gateway.ts",
      "staging/gate.ts",
      "policy/rules/a.ts",
    ])
      write(file, `content of ${file}\n`);
    lock({
      "node_modules/zod": { version: "4.0.0", integrity: "sha512-a" },
      "node_modules/mocha": { version: "12.0.0", integrity: "sha512-b", dev: true },
    });
  });
  afterEach(() => {
    rmSync(project, { recursive: true, force: true });
  });

  it("is the same elsewhere, with other line endings, and from another working directory", () => {
    const before = releaseHash(project);
    const elsewhere = mkdtempSync(join(tmpdir(), "edgefirst-elsewhere-"));
    cpSync(project, elsewhere, { recursive: true });
    writeFileSync(
      join(elsewhere, "index.ts"),
      readFileSync(join(project, "index.ts"), "utf8").replaceAll("\n", "\r\n"),
    );
    const cwd = process.cwd();
    process.chdir(elsewhere);
    try {
      assert.equal(releaseHash(elsewhere), before);
    } finally {
      process.chdir(cwd);
      rmSync(elsewhere, { recursive: true, force: true });
    }
  });

  for (const file of [
    "release.yaml",
    "Pulumi.yaml",
    "package.json",
    "index.ts",
    "config/load.ts",
    "config/flux.ts",
    "components/gateway/gateway.ts",
    "staging/gate.ts",
    "policy/rules/a.ts",
    "components/new.ts",
  ])
    it(`changes with ${file}`, () => {
      const before = releaseHash(project);
      write(file, "other\n");
      assert.notEqual(releaseHash(project), before);
    });

  it("changes with a package", () => {
    const before = releaseHash(project);
    lock({ "node_modules/zod": { version: "4.0.0", integrity: "sha512-other" } });
    assert.notEqual(releaseHash(project), before);
  });

  it("does not change with cluster configuration, development packages, tests or dot files", () => {
    const before = releaseHash(project);
    write("Pulumi.edge.yaml", "config: {}\n");
    write("test/a.test.ts", "x\n");
    write("components/.swp", "x\n");
    lock({
      "node_modules/zod": { version: "4.0.0", integrity: "sha512-a" },
      "node_modules/mocha": { version: "13.0.0", integrity: "sha512-c", dev: true },
    });
    assert.equal(releaseHash(project), before);
  });

  it("changes with every file that the program itself imports", () => {
    const files = importedBy("index.ts");
    assert.ok(files.size > 50);
    for (const file of files) cpSync(join(PROJECT, file), join(project, file));
    const before = releaseHash(project);
    for (const file of files) {
      const content = readFileSync(join(project, file), "utf8");
      write(file, `${content}// other\n`);
      assert.notEqual(releaseHash(project), before, file);
      write(file, content);
    }
  });
});

/** A file of this project and all that it imports from it, directly or not. */
function importedBy(entry: string): Set<string> {
  const files = new Set([entry]);
  // A set's iteration also visits what is added during it.
  for (const file of files)
    for (const [, path = ""] of readFileSync(join(PROJECT, file), "utf8").matchAll(
      /(?: from |\bimport[ (])"(\.[^"]+)"/g,
    ))
      files.add(normalize(join(dirname(file), path)));
  return files;
}
