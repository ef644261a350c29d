import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pinDefinitions } from "../../../tools/scripts/pin-definitions.ts";
import { downloadAll, fluxDefinitions } from "../../../tools/sandbox/flux-definitions.ts";
import { pinnedDefinitions, TOOLCHAIN_FILE } from "../../../tools/toolchain/definitions.ts";
import { moduleDirectory } from "../../../tools/toolchain/modules.ts";

describe("sandbox: Flux's CRDs", function () {
  // The first run downloads the modules.
  this.timeout(120_000);
  const folderOf = async (controller: string): Promise<string> =>
    join(await moduleDirectory("flux", `github.com/fluxcd/${controller}`), "config/crd/bases");

  it("are pinned to the tags and checksums of the Go modules", async () => {
    const text = readFileSync(TOOLCHAIN_FILE, "utf8");
    assert.equal(await pinDefinitions(text), text, "run npm run pin");
  });

  for (const controller of ["source-controller", "kustomize-controller", "helm-controller"]) {
    it(`are the same in the pinned files as in the module of ${controller}`, async () => {
      const { files } = pinnedDefinitions(controller);
      const pinned = await downloadAll({ baseUrl: await folderOf(controller), files });
      assert.deepEqual(pinned, await fluxDefinitions(controller));
      assert.ok(pinned.every(({ kind }) => kind === "CustomResourceDefinition"));
    });
  }

  it("are refused if a checksum differs", async () => {
    const [file] = pinnedDefinitions("helm-controller").files;
    const baseUrl = await folderOf("helm-controller");
    await assert.rejects(
      downloadAll({ baseUrl, files: [{ ...file!, sha256: "0".repeat(64) }] }),
      /checksum|SHA-256/i,
    );
  });
});
