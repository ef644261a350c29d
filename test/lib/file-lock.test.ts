import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withFileLock } from "../../lib/file-lock.ts";
import { identify } from "../../lib/process-identity.ts";

describe("file-lock", () => {
  let dir: string;
  let path: string;
  const waited: number[] = [];
  const onWait = ({ pid }: { pid: number }): void => {
    waited.push(pid);
  };
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "edgefirst-lock-"));
    path = join(dir, "lock");
    waited.length = 0;
  });
  afterEach(() => {
    rmSync(dir, { recursive: true });
  });

  it("lets one in at a time, tells the others whom they wait for, and leaves nothing", async () => {
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
    ["a holder that is dead", () => JSON.stringify({ pid: deadPid(), startTime: "long ago" })],
    [
      "a later process with the holder's number",
      () => JSON.stringify({ ...identify(process.ppid), startTime: "0" }),
    ],
    ["nobody, after a power cut", () => ""],
  ] as const)
    it(`takes over the lock of ${what}`, async () => {
      writeFileSync(path, content());
      assert.equal(await withFileLock(path, { onWait }, () => Promise.resolve("done")), "done");
      assert.deepEqual(waited, []);
      assert.deepEqual(readdirSync(dir), []);
    });

  it("gives up waiting when it is aborted, and leaves the holder's lock", async () => {
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
