import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withFileLock } from "../../lib/file-lock.ts";
import { identify } from "../../lib/process-identity.ts";
import { temporaryDirectory } from "../support/temporary.ts";

describe("file-lock", () => {
  let dir: string;
  let path: string;
  const waited: number[] = [];
  const onWait = ({ pid }: { pid: number }): void => {
    waited.push(pid);
  };
  beforeEach(() => {
    dir = temporaryDirectory("edgefirst-lock-");
    path = join(dir, "lock");
    waited.length = 0;
  });

  it("admits one caller at a time, reports the holder to the others, and leaves no file behind", async () => {
    let inside = 0;
    const work = async (): Promise<void> => {
      inside += 1;
      assert.equal(inside, 1);
      await new Promise(setImmediate);
      inside -= 1;
    };
    await Promise.all([1, 2, 3].map(() => withFileLock(path, { onWait }, work)));
    assert.deepEqual(waited, [process.pid, process.pid]);
    assert.deepEqual(readdirSync(dir), []);
  });

  for (const [what, content] of [
    ["a dead holder", () => JSON.stringify({ pid: deadPid(), startTime: "long ago" })],
    [
      "a later process with the same number as the holder",
      () => JSON.stringify({ ...identify(process.ppid), startTime: "0" }),
    ],
    ["no process, in a file that a power cut left empty", () => ""],
  ] as const)
    it(`takes over a lock held by ${what}`, async () => {
      writeFileSync(path, content());
      assert.equal(await withFileLock(path, { onWait }, () => Promise.resolve("done")), "done");
      assert.deepEqual(waited, []);
      assert.deepEqual(readdirSync(dir), []);
    });

  it("stops waiting when aborted, and leaves the holder's lock in place", async () => {
    writeFileSync(path, JSON.stringify(identify(process.ppid)));
    const signal = AbortSignal.timeout(50);
    await assert.rejects(
      withFileLock(path, { onWait, signal }, () => Promise.resolve()),
      { name: "TimeoutError" },
    );
    assert.deepEqual(waited, [process.ppid]);
    assert.deepEqual(readdirSync(dir), ["lock"]);
  });
});

function deadPid(): number {
  return spawnSync("true").pid;
}
