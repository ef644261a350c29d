import assert from "node:assert/strict";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EdgefirstError } from "../../../lib/errors.ts";
import { inSandboxDir } from "../../../tools/sandbox/sandbox-dir.ts";
import { sandboxDown } from "../../../tools/sandbox/sandbox.ts";
import { sandboxStatus } from "../../../tools/sandbox/status.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

describe("sandbox: its folder", () => {
  let dir: string;
  const progress = (): void => undefined;
  const MARKER = "edgefirst-sandbox";
  beforeEach(() => (dir = temporaryDirectory("edgefirst-dir-")));
  const work = (folder = dir): Promise<string> =>
    inSandboxDir(folder, { progress }, () => Promise.resolve("done"));

  it("can be new or empty, and is recognised later", async () => {
    assert.equal(await work(join(dir, "new")), "done");
    assert.equal(await work(join(dir, "new")), "done");
    assert.deepEqual(readdirSync(join(dir, "new")), [MARKER]);
  });

  for (const layout of ["", "999"])
    it(`is left alone if another version created it (layout "${layout}"): up, status and down say so`, async () => {
      writeFileSync(join(dir, MARKER), layout);
      const expected = /created by another version of edgefirst .*\n.*sandbox down --delete-data/;
      await assert.rejects(work(), expected);
      await assert.rejects(sandboxStatus({ dir }), expected);
      await assert.rejects(sandboxDown({ dir, progress, deleteData: true }), expected);
      assert.equal(readFileSync(join(dir, MARKER), "utf8"), layout);
    });

  it("is not deleted unless it is a sandbox", async () => {
    writeFileSync(join(dir, "precious"), "");
    await assert.rejects(
      sandboxDown({ dir, progress, deleteData: true }),
      /is neither a sandbox nor empty.*precious/,
    );
    assert.deepEqual(readdirSync(dir), ["precious"]);
  });

  it("is named, with a remedy, if the file system denies access", async () => {
    writeFileSync(join(dir, "file"), "");
    for (const folder of [join(dir, "file"), join(dir, "file/below"), join(dir, "x".repeat(300))])
      await assert.rejects(work(folder), (error) => {
        assert(error instanceof EdgefirstError);
        assert.ok(error.message.startsWith(`The sandbox in ${folder} cannot be used: E`), error.message);
        assert.match(error.hint!, /use another folder/);
        return true;
      });
  });
});
