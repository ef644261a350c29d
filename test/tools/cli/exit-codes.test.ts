import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { stringify } from "yaml";
import { outputsOf, verification } from "../../support/evidence.ts";
import { eachWithFakeCli, errorEvent, outputEvent, type FakeCli } from "../rollout/fake-cli.ts";

const MAIN = join(import.meta.dirname, "../../../tools/cli/main.ts");
/** Nothing listens on the port `discard` of this machine. */
const UNREACHABLE = {
  apiVersion: "v1",
  kind: "Config",
  clusters: [{ name: "c", cluster: { server: "https://127.0.0.1:9" } }],
  users: [{ name: "u", user: { token: "t" } }],
  contexts: [{ name: "edge", context: { cluster: "c", user: "u" } }],
};

describe("exit codes of commands that talk to clusters, with a fake Pulumi CLI", function () {
  this.timeout(60_000);
  let cli: FakeCli;
  eachWithFakeCli((fresh) => {
    cli = fresh;
    const kubeconfig = join(cli.root, "kubeconfig");
    writeFileSync(kubeconfig, JSON.stringify(UNREACHABLE));
    const config = { "edgefirst:cluster": { context: "edge", kubeconfig } };
    writeFileSync(join(cli.project, "Pulumi.edge.yaml"), stringify({ config }));
  });

  async function edgefirst(...args: string[]): Promise<{ code: number | null; output: string }> {
    const child = spawn(process.execPath, [MAIN, ...args], {
      cwd: cli.project,
      env: { ...process.env, PATH: [join(cli.root, "bin"), process.env.PATH].join(delimiter) },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => (output += text));
    const [code] = (await once(child, "close")) as [number | null];
    return { code, output };
  }

  it("verify: 4 if the cluster does not respond, and 1 if the stack has not verified what it runs", async () => {
    const verified = outputsOf("r1", [verification("r1")]);
    cli.answer({ "stack output": { stdout: JSON.stringify(verified) } });
    const unknown = await edgefirst("verify", "edge");
    assert.equal(unknown.code, 4, unknown.output);
    assert.match(unknown.output, /Inconclusive: cannot check stack edge: The cluster of context edge cannot/);
    cli.answer({ "stack output": { stdout: JSON.stringify({ ...verified, release: "r2" }) } });
    const unproven = await edgefirst("verify", "edge");
    assert.equal(unproven.code, 1, unproven.output);
  });

  for (const [message, expected] of [
    ["Inconclusive: verification of release r1 has no result: the cluster stopped responding", 4],
    ["Nothing was changed because of an error:\n- Inconclusive: cannot check from here", 4],
    ["Nothing was changed because of 2 errors:\n- Inconclusive: cannot check\n- Stack lab is on hold", 1],
    ["Verification of release r1 failed.", 1],
  ] as const)
    it(`rollout: ${expected} if the update ends with ${JSON.stringify(message)}`, async () => {
      cli.answer({
        preview: { events: [outputEvent({ release: "r1" })] },
        up: { code: 1, events: [errorEvent(message)] },
      });
      const { code, output } = await edgefirst("rollout", "--yes");
      assert.equal(code, expected, output);
      assert.ok(output.includes(message.split("\n").at(-1) ?? ""), output);
    });
});
