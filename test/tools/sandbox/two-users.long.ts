import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmodSync, chownSync, cpSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { CONTROL_PLANE } from "../../../tools/sandbox/control-plane.ts";
import { environmentVariable } from "../../../tools/toolchain/program.ts";
import { resolvePrograms } from "../../../tools/toolchain/resolve.ts";
import { START_TIMEOUT_MS, useSandbox } from "../../support/sandbox.ts";
import { skip } from "../../support/skip.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

const CLI = join(import.meta.dirname, "../../../tools/cli/main.js");
/** Another user; it need not have a name. */
const OTHER = 65_534;

describe("two users on one machine", function () {
  this.timeout(START_TIMEOUT_MS);
  const mine = useSandbox("edge");
  const folder = temporaryDirectory("edgefirst-users-");
  const theirs = join(folder, "sandbox");
  const programs: NodeJS.ProcessEnv = {};

  /** Runs `edgefirst sandbox` as the other user. */
  const asOther = async (...args: readonly string[]): Promise<string> => {
    const user = ["--reuid", String(OTHER), "--regid", String(OTHER), "--clear-groups"];
    const env = { PATH: process.env.PATH, HOME: folder, TMPDIR: folder, ...programs };
    const command = [...user, process.execPath, CLI, "sandbox", ...args];
    const { stdout, stderr } = await promisify(execFile)("setpriv", command, { env, cwd: "/" }).catch(
      (error: unknown) => error as { readonly stdout: string; readonly stderr: string },
    );
    return stdout + stderr;
  };

  before(async function () {
    chmodSync(folder, 0o755);
    chownSync(folder, OTHER, OTHER);
    if (process.getuid?.() !== 0 || !(await asOther("--help")).startsWith("Usage: "))
      skip(this, "this needs root, setpriv, and a checkout that other users can read");
    const found = await resolvePrograms(CONTROL_PLANE, { progress: () => undefined });
    for (const [name, { path }] of Object.entries(found)) {
      programs[environmentVariable(name)] = join(folder, name);
      cpSync(path, join(folder, name));
    }
  });
  after(async () => {
    await asOther("down", "--dir", theirs);
  });

  it("each have a sandbox, with clusters of the same name", async () => {
    assert.match(await asOther("up", "--dir", theirs, "--clusters", "edge"), /^edge: ready/m);
    const { items } = await mine.api().call<{ items: readonly object[] }>("GET", "/api/v1/nodes");
    assert.equal(items.length, 1);
    assert.match(await asOther("status", "--dir", theirs), /^edge \(ready\)/m);
  });

  for (const command of ["up", "status", "down"])
    it(`cannot use each other's: ${command} names the folder, the reason and a remedy`, async () => {
      // A missing program would be built for minutes, so the folder comes first.
      programs[environmentVariable("etcd")] = "/nowhere";
      assert.match(
        await asOther(command, "--dir", mine.sandbox.dir),
        /^edgefirst: The sandbox in .* cannot be used: EACCES.*\nPermission denied: use another folder, or run as the user who owns it\.\n$/,
      );
      assert.ok(await mine.api().find("/version"));
    });
});
