import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { executablesOnPath } from "../../../../tools/toolchain/executable.ts";
import { buildPackage } from "../../../../tools/scripts/package/build.ts";
import { temporaryDirectory } from "../../../support/temporary.ts";

const ROOT = join(import.meta.dirname, "../../../..");

/** This Node, and any other version from 20 on that is installed on this machine: the package has to run on each. */
const NODES = new Map(
  [...executablesOnPath("node", process.env), process.execPath].map((path) => {
    const version = spawnSync(path, ["--version"], { encoding: "utf8" }).stdout.trim();
    return [version, path] as const;
  }),
);

describe("npm run build: the package, installed without a network", function () {
  this.timeout(120_000); // npm takes seconds on a busy machine
  const folder = temporaryDirectory("edgefirst-packed-");
  const home = join(folder, "installed");
  const fleet = join(folder, "fleet");
  const charts = join(folder, "charts");
  let tarball: string;
  before(async () => {
    tarball = await buildPackage(join(folder, "dist"));
    mkdirSync(home);
    cpSync(join(ROOT, "test/fixtures/repositories/fleet"), fleet, { recursive: true });
    cpSync(join(ROOT, "test/fixtures/migrate/oci/charts/before"), charts, { recursive: true });
    const { status, stderr } = run("npm", ["install", "--offline", "--no-audit", tarball], home);
    assert.equal(status, 0, stderr);
  });

  /** Simulates a missing network with an empty npm cache and an unreachable registry. */
  function run(command: string, args: readonly string[], cwd: string) {
    const npm = { npm_config_cache: join(folder, "npm"), npm_config_registry: "http://127.0.0.1:1" };
    return spawnSync(command, args, { cwd, env: { ...process.env, ...npm }, encoding: "utf8" });
  }
  const installed = (node: string, args: readonly string[], cwd = folder) =>
    run(node, [join(home, "node_modules/edgefirst/edgefirst.js"), ...args], cwd);
  const inTree = (...args: string[]) =>
    run(process.execPath, [join(ROOT, "tools/cli/main.ts"), ...args], folder);

  it("is one package without dependencies, under 5 MB", () => {
    const { packages } = JSON.parse(readFileSync(join(home, "package-lock.json"), "utf8")) as {
      packages: Record<string, { dependencies?: object }>;
    };
    assert.deepEqual(Object.keys(packages), ["", "node_modules/edgefirst"]);
    assert.equal(packages["node_modules/edgefirst"]?.dependencies, undefined);
    assert.ok(statSync(tarball).size < 5_000_000);
  });

  it("runs with npx from any directory", () => {
    const elsewhere = join(folder, "elsewhere");
    mkdirSync(elsewhere);
    for (const [cwd, path] of [
      [join(folder, "dist"), `./${basename(tarball)}`],
      [elsewhere, tarball],
    ] as const) {
      const { status, stdout, stderr } = run(
        "npx",
        ["--yes", "--offline", "--package", path, "edgefirst", "lint", fleet],
        cwd,
      );
      assert.equal(status, 1, stderr);
      assert.match(stdout, /kubernetes\/edge\/apps\/broken\.yaml:6:1 .* syntax$/m);
    }
  });

  for (const [version, node] of NODES)
    describe(`on Node ${version}`, () => {
      it("lints and migrates like the source tree", () => {
        // The second repository has charts, so that the tables in policy/knowledge are read.
        for (const args of [
          ["lint", fleet],
          ["lint", charts],
          ["migrate", "oci", charts],
          ["lint", fleet, "--format", "sarif"],
          ["migrate", fleet],
          ["migrate", "all", fleet, "--only", "kubernetes/edge/**"],
          ["migrate", "--help"],
        ]) {
          const [packed, tree] = [installed(node, args), inTree(...args)];
          assert.equal(packed.stdout, tree.stdout, packed.stderr);
          assert.equal(packed.stderr, tree.stderr);
          assert.equal(packed.status, tree.status);
        }
      });

      it("reports where a command that needs a project has to run, and still shows its help", () => {
        const { status, stderr } = installed(node, ["status"]);
        assert.equal(status, 2);
        assert.match(
          stderr,
          /^edgefirst: status runs in a clone of edgefirst.*no Pulumi\.yaml\.\nClone .* `npm ci`/,
        );
        assert.doesNotMatch(stderr, /^ +at /m);
        assert.match(installed(node, ["status", "--help"]).stdout, /^Usage: edgefirst status/);
      });

      it("runs the code of the project in the current directory, which needs Pulumi", () => {
        const project = join(folder, `project-${version}`);
        mkdirSync(join(project, "tools/cli"), { recursive: true });
        writeFileSync(join(project, "Pulumi.yaml"), "name: platform\n");
        writeFileSync(join(project, "package.json"), '{ "type": "module" }');
        writeFileSync(
          join(project, "tools/cli/main.ts"),
          "const args: string[] = process.argv.slice(2); console.log(args.join()); process.exitCode = 7;",
        );
        const before = installed(node, ["rollout", "--yes"], project);
        assert.equal(before.status, 2);
        assert.match(before.stderr, /needs Pulumi.* has no node_modules\/@pulumi\/pulumi\.\nRun `npm ci`/);
        mkdirSync(join(project, "node_modules/@pulumi/pulumi"), { recursive: true });
        mkdirSync(join(project, "node_modules/.bin"));
        symlinkSync(process.execPath, join(project, "node_modules/.bin/node"));
        const { status, stdout, stderr } = installed(node, ["rollout", "--yes"], project);
        assert.equal(stdout, "rollout,--yes\n", stderr);
        assert.equal(status, 7);
      });
    });
});
