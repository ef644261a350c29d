import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PROJECT = join(import.meta.dirname, "../..");
/** Postpones the packages that main.js postpones, and loads the program's SDKs. */
const START = `
  ${/^require\("\.\/lib\/lazy-packages.*$/m.exec(readFileSync(join(PROJECT, "main.js"), "utf8"))?.[0] ?? ""}
  const pulumi = require("@pulumi/pulumi");
  require("@pulumi/kubernetes");
  const loaded = () =>
    ["typescript", "@npmcli/arborist", "pacote"].filter((name) =>
      Object.values(require.cache).some(
        ({ filename, exports }) => filename.includes("/node_modules/" + name + "/") && Object.keys(exports).length > 0,
      ),
    );`;

/** What a script in the project prints as JSON. */
function run(script: string): unknown {
  const text = `${START} (async () => { ${script} })().then((result) => console.log(JSON.stringify(result)));`;
  const args = ["--input-type=commonjs", "--eval", text];
  return JSON.parse(execFileSync(process.execPath, args, { cwd: PROJECT, encoding: "utf8" }));
}

describe("packages that the Pulumi SDK needs for serializing functions", () => {
  it("are not loaded by the program's SDKs", () => {
    assert.deepEqual(run("return loaded();"), []);
  });

  it("may be missing", () => {
    const script = `require("./lib/lazy-packages.cjs").postpone("@pulumi/pulumi", ["not-installed"]); return 1;`;
    assert.equal(run(script), 1);
  });

  it("are loaded once the SDK uses them", () => {
    const directory = mkdtempSync(join(tmpdir(), "edgefirst-lazy-"));
    for (const [folder, name] of [
      [".", "whole"],
      ["node_modules/one", "one"],
    ] as const) {
      mkdirSync(join(directory, folder), { recursive: true });
      writeFileSync(join(directory, folder, "package.json"), JSON.stringify({ name, version: "1.0.0" }));
    }
    const result = run(`
      const serialized = await pulumi.runtime.serializeFunction((a) => a + 1);
      const compiler = loaded();
      process.chdir(${JSON.stringify(directory)});
      const paths = await pulumi.runtime.computeCodePaths({ extraIncludePackages: ["one"] });
      return { text: serialized.text, compiler, all: loaded(), hasPackage: paths.has("node_modules/one") };
    `) as { text: string; compiler: string[]; all: string[]; hasPackage: boolean };
    assert.match(result.text, /a \+ 1/);
    assert.deepEqual(result.compiler, ["typescript"]);
    assert.deepEqual(result.all, ["typescript", "@npmcli/arborist", "pacote"]);
    assert.equal(result.hasPackage, true);
    rmSync(directory, { recursive: true });
  });
});
