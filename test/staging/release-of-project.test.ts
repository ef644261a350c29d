import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { releaseHash, releaseInputs } from "../../staging/release.ts";
import { PROJECT } from "../support/engine.ts";
import { recordedFiles, recordingEnv } from "../support/recorded-files.ts";
import { temporaryDirectory } from "../support/temporary.ts";

describe("release hash of this project", () => {
  const copy = temporaryDirectory("edgefirst-release-");
  const { files: inputs, packages } = releaseInputs(PROJECT);
  const tracked = execFileSync("git", ["ls-files", "-z"], {
    cwd: PROJECT,
    encoding: "utf8",
    maxBuffer: 2 ** 26,
  })
    .split("\0")
    .filter((file) => file !== "");
  /** A change to any of these may change how packages are pinned, or has a separate test. */
  const PINS = new Set(["package.json", "package-lock.json"]);

  /**
   * Packages that others load only if they happen to be installed, for features that the program does not use: Pulumi serializes functions with TypeScript,
   * debug colours its output. They come and go with the development dependencies.
   */
  const OPTIONAL_PEERS = new Set(
    ["typescript", "supports-color", "has-flag"].map((name) => `node_modules/${name}`),
  );

  before(function () {
    this.timeout(60_000);
    for (const file of new Set([...tracked, ...inputs]))
      cpSync(join(PROJECT, file), join(copy, file), { recursive: true });
    symlinkSync(join(PROJECT, "node_modules"), join(copy, "node_modules"));
  });
  const append = (file: string): void => {
    writeFileSync(join(copy, file), `${readFileSync(join(PROJECT, file), "utf8")}\n`);
  };

  it("changes with each file of the program", function () {
    this.timeout(120_000);
    const before = releaseHash(copy);
    assert.equal(before, releaseHash(PROJECT));
    assert.ok(inputs.length > 100);
    for (const file of inputs) {
      append(file);
      assert.notEqual(releaseHash(copy), before, file);
      cpSync(join(PROJECT, file), join(copy, file));
    }
  });

  it("changes with no other file", function () {
    this.timeout(60_000);
    const before = releaseHash(copy);
    const others = tracked.filter((file) => !inputs.includes(file) && !PINS.has(file));
    assert.ok(others.some((file) => file.startsWith("tools/")));
    for (const file of others) append(file);
    assert.equal(releaseHash(copy), before);
  });

  it("contains no files from tools/ or the policy pack's adapter", () => {
    assert.deepEqual(
      inputs.filter((file) =>
        /^(tools|test|docs)\/|^policy\/(index\.ts|main\.js|PulumiPolicy\.yaml)$/.test(file),
      ),
      [],
    );
    for (const name of ["@pulumi/policy", "commander", "cli-table3", "mocha", "typescript", "pulumi"])
      assert.ok(!packages.some(({ path }) => path === `node_modules/${name}`), name);
  });

  it("contains every module and package that Node loads for the program, and no other module", function () {
    this.timeout(60_000);
    const record = join(copy, "recorded.txt");
    // Without an engine, the program fails as soon as its modules are loaded.
    const script = 'import("./program.ts").catch(() => undefined);';
    spawnSync(process.execPath, ["--input-type=module", "-e", script], {
      cwd: PROJECT,
      env: { ...process.env, ...recordingEnv(record) },
    });
    const loaded = recordedFiles(record, PROJECT);
    const modules = [...loaded.files].filter((file) => file.endsWith(".ts"));
    // index.ts only starts the program, and was left out above.
    assert.deepEqual(
      modules.sort(),
      inputs.filter((file) => file.endsWith(".ts") && file !== "index.ts"),
    );
    const pinned = new Set(packages.map(({ path }) => path));
    const others = [...loaded.packages].filter((path) => !pinned.has(path) && !OPTIONAL_PEERS.has(path));
    assert.deepEqual(others, []);
    assert.ok(loaded.packages.size > 20);
  });
});
