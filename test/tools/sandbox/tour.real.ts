import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { requireRealPods } from "../../support/real-pods.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

const ROOT = join(import.meta.dirname, "../../..");
const TOUR_MS = 900_000;

describe("edgefirst tour", function () {
  this.timeout(TOUR_MS);
  const parent = temporaryDirectory("edgefirst-tour-");

  it("shows main refused while an app on edge is broken, then rolled out, and deletes its sandbox", async function () {
    await requireRealPods(this, ["traefik", "gatus", "source-controller", "kustomize-controller"]);
    const dir = join(parent, "sandbox");
    const { code, output } = await edgefirst("tour", "--yes", "--dir", dir);
    assert.equal(code, 0, output);
    const order = [
      /edge: updated: .* verified/,
      /whoami\.haynesedge\.com\/ answers 503, and Gatus sees it/,
      /main: failed: .*(?:\n.*)*Gatus endpoint _whoami of HTTPRoute demo\/whoami: is down/,
      /whoami\.haynesedge\.com\/ answers 200, and Gatus sees it/,
      /main: updated: .* verified/,
      /legacy\.haynesedge\.com\/ answers 200, and Gatus sees it/,
    ].map((pattern) => output.search(pattern));
    assert(!order.includes(-1), output);
    assert.deepEqual(
      order,
      [...order].sort((one, other) => one - other),
      output,
    );
    assert(!existsSync(dir), "the sandbox is still there");
  });

  it("refuses a directory that exists", async () => {
    const { code, output } = await edgefirst("tour", "--dir", parent);
    assert.equal(code, 2);
    assert.match(output, /exists, and the tour needs a new sandbox/);
  });
});

function edgefirst(...args: string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(ROOT, "tools/cli/main.ts"), ...args], { cwd: ROOT });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.once("error", reject).once("close", (code) => {
      resolve({ code, output });
    });
  });
}
