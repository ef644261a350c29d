import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, realpathSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { pulumiEnvironment, type PulumiEnvironment } from "../../../tools/sandbox/pulumi.ts";
import { programNamed } from "../../../tools/toolchain/program.ts";
import { PROGRAMS } from "../../../tools/toolchain/programs.ts";
import { pinnedVersion } from "../../../tools/toolchain/version.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

/** Enough to build the CLI, its language host and the provider. */
const BUILD_MS = 30 * 60_000;

const unexpected = (line: string): void => {
  throw new Error(`unexpected progress: ${line}`);
};

describe("sandbox: Pulumi's environment", () => {
  const users = {
    PULUMI_ACCESS_TOKEN: "pul-0",
    PULUMI_BACKEND_URL: "https://pulumi.example",
    PULUMI_CONFIG_PASSPHRASE_FILE: "/nowhere",
  };
  const dir = temporaryDirectory("edgefirst-pulumi-");
  let environments: PulumiEnvironment[];
  const saved = { ...process.env };

  before(async function () {
    this.timeout(BUILD_MS);
    Object.assign(process.env, users);
    const progress = (): void => undefined;
    // Concurrent callers with a new directory are the hard case.
    environments = await Promise.all([1, 2, 3].map(() => pulumiEnvironment({ dir, progress })));
  });
  after(() => {
    for (const name of Object.keys(users)) {
      if (saved[name] === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = saved[name];
    }
  });

  const pulumi = (...args: string[]): string => {
    const { command, env } = environments[0]!;
    return execFileSync(command, args, { env, cwd: dir, encoding: "utf8", stdio: "pipe" });
  };

  it("has the same backend, home and passphrase for concurrent callers", () => {
    const { env } = environments[0]!;
    for (const other of environments) assert.deepEqual(other, environments[0]);
    assert.equal(env.PULUMI_CONFIG_PASSPHRASE, readFileSync(join(dir, "passphrase"), "utf8"));
    assert.match(env.PULUMI_CONFIG_PASSPHRASE, /^[0-9a-f-]{36}$/);
    assert.equal(statSync(join(dir, "passphrase")).mode & 0o777, 0o600);
    assert.equal(env.PULUMI_HOME, join(dir, "pulumi"));
  });

  it("ignores the user's own Pulumi settings", () => {
    const { env } = environments[0]!;
    assert.equal(env.PULUMI_BACKEND_URL, `file://${join(dir, "state")}`);
    assert(!("PULUMI_ACCESS_TOKEN" in env) && !("PULUMI_CONFIG_PASSPHRASE_FILE" in env));
    assert.match(pulumi("whoami", "--verbose"), new RegExp(`file://${dir}/state`));
  });

  it("has the program's provider and the language host, without warnings", async () => {
    const { version } = await pinnedVersion(programNamed("pulumi-resource-kubernetes", PROGRAMS));
    const plugins = JSON.parse(pulumi("plugin", "ls", "--json")) as { name: string; version: string }[];
    assert.deepEqual(
      plugins.map(({ name, version }) => [name, version]),
      [["kubernetes", version]],
    );
    const [cli, host] = ["pulumi", "pulumi-language-nodejs"].map((name) =>
      realpathSync(join(dir, "pulumi/bin", name)),
    );
    assert.equal(host, `${cli!}-language-nodejs`, "next to the CLI");
  });

  it("keeps no logs, not even earlier ones", async () => {
    const logs = join(dir, "pulumi/logs");
    assert.ok(statSync(logs).isFile());
    rmSync(logs);
    pulumi("whoami");
    assert.ok(statSync(logs).isDirectory(), "the CLI would");
    await pulumiEnvironment({ dir, progress: unexpected });
    assert.ok(statSync(logs).isFile());
  });

  it("has its CLI and the project's Node first on PATH", () => {
    const { env } = environments[0]!;
    const node = join(import.meta.dirname, "../../../node_modules/.bin/node");
    const found = execFileSync("/bin/sh", ["-c", "command -v pulumi; command -v node"], {
      env,
      encoding: "utf8",
    });
    // Not the npm package's pulumi, which is on the PATH of npm scripts and would start a download.
    assert.deepEqual(found.trim().split("\n"), [environments[0]!.command, node]);
  });

  it("does not change if it is prepared again", async () => {
    const start = performance.now();
    const again = await pulumiEnvironment({ dir, progress: unexpected });
    assert(performance.now() - start < 2_000);
    assert.deepEqual(again, environments[0]);
  });
});
