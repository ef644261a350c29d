import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { whyNoNetworks } from "../../../tools/sandbox/network/namespaces.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

const SANDBOX = join(import.meta.dirname, "../../../tools/sandbox");

/** Chooses how pods run, and prints what is said about it. */
const CHOOSE = `
const { choosePodMode } = await import(${JSON.stringify(join(SANDBOX, "pod-mode.ts"))});
console.log(await choosePodMode(process.argv[1], console.log).catch((error) => error.message));
`;
/** Prepares a sandbox's folder and writes a megabyte to it, as a start does before it starts anything. */
const PREPARE = `
const { inSandboxDir } = await import(${JSON.stringify(join(SANDBOX, "sandbox-dir.ts"))});
const { writeFileAtomic } = await import(${JSON.stringify(join(SANDBOX, "../../lib/atomic-file.ts"))});
const [dir] = process.argv.slice(1);
await inSandboxDir(dir, { progress: () => undefined }, async () => writeFileAtomic(dir + "/pki", "k".repeat(1e6))).catch((error) => console.log(error.message));
`;

describe("a machine on which the sandbox cannot do everything", function () {
  this.timeout(60_000);
  const folder = temporaryDirectory("edgefirst-limited-");
  before(async function () {
    const reason = await whyNoNetworks();
    if (reason === undefined) return;
    process.stdout.write(`      skipped, because the limits are set up in namespaces: ${reason}\n`);
    this.skip();
  });

  it("without further user namespaces, as in a container, simulates pods and says why", async () => {
    const none = "echo 0 > /proc/sys/user/max_user_namespaces";
    assert.match(
      await runLimited(none, CHOOSE),
      /^pods are simulated: this machine does not allow unprivileged network namespaces \(the limit in \/proc\/sys\/user\/max_user_namespaces is reached\)\nsimulated\n$/,
    );
    assert.match(
      await runLimited(none, CHOOSE, "real"),
      /^Real pods are not possible: this machine does not allow .*\nUse --pods simulated, or allow/,
    );
  });

  it("with a read-only home or a full disk names the folder, the reason and a remedy", async () => {
    const dir = join(folder, "sandbox");
    assert.match(
      await runLimited(`mount -t tmpfs -o ro tmpfs ${folder}`, PREPARE, dir),
      new RegExp(
        `^The sandbox in ${dir} cannot be used: the folder ${dir} cannot be created.\\nThe file system is read-only: use another folder`,
      ),
    );
    assert.match(
      await runLimited(`mount -t tmpfs -o size=64k tmpfs ${folder}`, PREPARE, dir),
      new RegExp(`^The sandbox in ${dir} cannot be used: ENOSPC.*\\nThe disk is full: free some space`),
    );
  });
});

/** Runs a program as root of a user namespace in which a command has set a limit. @returns its output */
function runLimited(limit: string, program: string, ...args: readonly string[]): Promise<string> {
  const node = [process.execPath, "--input-type=module", "--eval", program, ...args];
  const child = spawn(
    "unshare",
    [
      "--user",
      "--map-root-user",
      "--mount",
      "--propagation",
      "private",
      "sh",
      "-ec",
      `${limit}; exec "$@"`,
      "sh",
      ...node,
    ],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
  return new Promise((resolve, reject) => {
    child.once("error", reject).once("close", () => {
      resolve(output);
    });
  });
}
