import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { stopAll } from "../../../tools/sandbox/processes.ts";
import { pushDirectory, startRegistry, type Registry } from "../../../tools/sandbox/registry.ts";
import { tarDirectory } from "../../../tools/sandbox/tar.ts";
import { FIXTURE } from "../../support/flux.ts";
import { discard, temporarySandboxDir } from "../../support/sandbox.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

const progress = (): void => undefined;
const run = promisify(execFile);

describe("the sandbox's registry", function () {
  this.timeout(60_000);
  let dir: string;
  let registry: Registry;
  const copy = temporaryDirectory("edgefirst-copy-");

  before(async () => {
    dir = temporarySandboxDir();
    registry = await startRegistry({ dir, progress });
    cpSync(FIXTURE, copy, { recursive: true });
  });
  after(async () => {
    await discard(dir);
  });

  const digest = async (tag: string): Promise<string> => {
    const { stdout } = await run(registry.crane, ["digest", `${registry.address}/fixture:${tag}`]);
    return stdout.trim();
  };

  it("gives the same files the same digest, and different files a different one", async () => {
    assert.equal(await pushDirectory(registry, "fixture", "a", FIXTURE), `oci://${registry.address}/fixture`);
    utimesSync(join(copy, "kubernetes/test/apps/media/namespace.yaml"), 1, 1);
    await pushDirectory(registry, "fixture", "b", copy);
    assert.equal(await digest("b"), await digest("a"));
    writeFileSync(join(copy, "new.yaml"), "a: 1\n");
    await pushDirectory(registry, "fixture", "b", copy);
    assert.notEqual(await digest("b"), await digest("a"));
  });

  it("is started once, and keeps its port after a restart", async () => {
    assert.deepEqual(await startRegistry({ dir, progress }), registry);
    const before = await digest("a");
    await stopAll(dir);
    assert.deepEqual(await startRegistry({ dir, progress }), registry);
    await pushDirectory(registry, "fixture", "a", FIXTURE);
    assert.equal(await digest("a"), before);
  });

  it("reports a failed push", async () => {
    const gone = { ...registry, address: "127.0.0.1:1" };
    await assert.rejects(
      pushDirectory(gone, "fixture", "a", FIXTURE),
      /could not be pushed to the sandbox's registry/,
    );
  });

  it("packs archives that tar reads", async () => {
    const archive = join(copy, "archive.tar");
    writeFileSync(archive, await tarDirectory(FIXTURE));
    const { stdout } = await run("tar", ["-tf", archive]);
    const files = stdout.trim().split("\n");
    assert.ok(files.includes("kubernetes/test/apps/media/player/ks.yaml"));
    assert.deepEqual([...files].sort(), files);
    const { stdout: content } = await run("tar", [
      "-xOf",
      archive,
      "kubernetes/test/apps/media/namespace.yaml",
    ]);
    assert.match(content, /^kind: Namespace$/m);
  });
});
