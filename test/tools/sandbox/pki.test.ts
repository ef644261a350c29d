import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { createPki } from "../../../tools/sandbox/pki.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

describe("sandbox: keys and certificates", () => {
  const dirs = ["one", "other"].map((name) => temporaryDirectory(`edgefirst-pki-${name}-`));

  it("differ between clusters and are readable only by their user", async () => {
    for (const dir of dirs)
      await createPki(join(dir, "pki"), { node: "edge-node", apiserverAddress: "10.96.0.1" });
    const [one, other] = dirs.map((dir) => join(dir, "pki")) as [string, string];
    const files = readdirSync(one);
    assert.ok(files.includes("ca.key") && files.includes("service-account.key") && files.includes("ca.crt"));
    for (const file of files) {
      assert.equal(statSync(join(one, file)).mode & 0o777, 0o600, file);
      assert.notEqual(readFileSync(join(one, file), "utf8"), readFileSync(join(other, file), "utf8"), file);
    }
  });
});
