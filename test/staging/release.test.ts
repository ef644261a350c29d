import assert from "node:assert/strict";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { releaseHash, releaseInputs } from "../../staging/release.ts";
import { temporaryDirectory, writeFiles } from "../support/temporary.ts";

describe("release hash of a small project", () => {
  let project: string;
  const write = (path: string, content: string): void => {
    writeFiles(project, { [path]: content });
  };
  const lock = (packages: Record<string, unknown>): void => {
    write("package-lock.json", JSON.stringify({ packages: { "": { name: "example" }, ...packages } }));
  };
  const install = (path: string, version: string): void => {
    write(`node_modules/${path}/package.json`, JSON.stringify({ version }));
  };
  const ZOD = {
    "node_modules/zod": { version: "4.0.0", integrity: "sha512-a", dependencies: { deep: "1" } },
    "node_modules/zod/node_modules/deep": { version: "1.0.0", integrity: "sha512-deep" },
    "node_modules/deep": { version: "2.0.0", integrity: "sha512-other-deep" },
    "node_modules/mocha": { version: "12.0.0", integrity: "sha512-b", dev: true },
    "node_modules/commander": { version: "15.0.0", integrity: "sha512-c" },
  };

  beforeEach(() => {
    project = temporaryDirectory("edgefirst-release-");
    write("index.ts", 'import "./a.ts";\nexport const { x } = await import("./program.ts");\n');
    write(
      "a.ts",
      'import { type B } from "./b.ts";\nimport type { C } from "./c.ts";\nexport type A = B | C;\n',
    );
    write("b.ts", 'import {\n  z,\n} from "zod";\nexport type B = z;\n');
    write("c.ts", "export type C = 1;\n");
    write("program.ts", 'export { y as x } from "./lib/y.ts";\n');
    write(
      "lib/y.ts",
      'import fs from "node:fs";\nexport const y = fs.readFileSync(new URL("../data/y.yaml", import.meta.url));\n',
    );
    write("data/y.yaml", "y: 1\n");
    write("Pulumi.yaml", "name: example\n");
    write("package.json", JSON.stringify({ type: "module", scripts: { test: "mocha" } }));
    lock(ZOD);
    install("zod", "4.0.0");
    install("zod/node_modules/deep", "1.0.0");
  });

  it("covers modules, data files and packages, each found from the entry", () => {
    const { files, packages } = releaseInputs(project);
    assert.deepEqual(files, [
      "Pulumi.yaml",
      "a.ts",
      "b.ts",
      "data/y.yaml",
      "index.ts",
      "lib/y.ts",
      "program.ts",
    ]);
    assert.deepEqual(
      packages.map(({ path }) => path),
      ["node_modules/zod", "node_modules/zod/node_modules/deep"],
    );
  });

  it("is the same in another place, with other line endings, and from another working directory", () => {
    const before = releaseHash(project);
    const elsewhere = temporaryDirectory("edgefirst-elsewhere-");
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
    }
  });

  it("changes with the integrity of a package that the program loads, and with how Node loads modules", () => {
    const before = releaseHash(project);
    lock({ ...ZOD, "node_modules/zod/node_modules/deep": { version: "1.0.0", integrity: "sha512-x" } });
    const other = releaseHash(project);
    assert.notEqual(other, before);
    lock(ZOD);
    write("package.json", JSON.stringify({ type: "commonjs" }));
    assert.notEqual(releaseHash(project), before);
  });

  it("does not change with scripts, development or CLI-only packages, stack files, backups or types", () => {
    const before = releaseHash(project);
    write(
      "package.json",
      JSON.stringify({ type: "module", scripts: { test: "other" }, devDependencies: {} }),
    );
    lock({
      ...ZOD,
      "node_modules/mocha": { version: "13.0.0", integrity: "sha512-d", dev: true },
      "node_modules/commander": { version: "16.0.0", integrity: "sha512-e" },
      "node_modules/deep": { version: "3.0.0", integrity: "sha512-f" },
    });
    for (const file of [
      "Pulumi.edge.yaml",
      "a.ts~",
      "lib/.y.ts.swp",
      "lib/new.ts",
      "data/y.yaml.bak",
      "c.ts",
    ])
      write(file, "other\n");
    assert.equal(releaseHash(project), before);
  });

  it("refuses a node_modules that does not match the lockfile, by name", () => {
    const refused = (pattern: RegExp): void => {
      assert.throws(() => releaseHash(project), pattern);
    };
    install("zod", "4.0.1");
    refused(/node_modules\/zod is 4\.0\.1 \(locked: 4\.0\.0\)[\s\S]*npm ci/);
    rmSync(join(project, "node_modules/zod/package.json"));
    refused(/node_modules\/zod is missing \(locked: 4\.0\.0\)/);
    install("zod", "4.0.0");
    write(
      "node_modules/.package-lock.json",
      JSON.stringify({ packages: { "node_modules/zod": { version: "4.0.0", integrity: "sha512-forged" } } }),
    );
    refused(/node_modules\/zod does not match the locked checksum/);
    rmSync(join(project, "package-lock.json"));
    refused(/Cannot read the lockfile/);
  });

  it("lets npm leave out an optional package", () => {
    lock({
      ...ZOD,
      "node_modules/zod": { ...ZOD["node_modules/zod"], optionalDependencies: { fsevents: "2" } },
      "node_modules/fsevents": { version: "2.0.0", integrity: "sha512-o", optional: true },
    });
    assert.match(releaseHash(project), /^[0-9a-f]{12}$/);
  });
});
