import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { hostname } from "node:os";
import { lockHolders, waitForDeadLock } from "../../../tools/rollout/lock.ts";

const refusal = (host: string, pid: number): string =>
  [
    "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock file with `pulumi cancel`.",
    `  file:///state/.pulumi/locks/organization/edgefirst/edge/0a1b.json: created by me@${host} (pid ${pid}) at 2026-01-31T12:00:00Z`,
  ].join("\n");

describe("a stack's lock", () => {
  const lines: string[] = [];
  const wait = (text: string, takeOver = true, signal = new AbortController().signal): Promise<void> =>
    waitForDeadLock({
      stack: "edge",
      refusal: text,
      takeOver,
      report: (line) => lines.push(line),
      signal,
    });
  /** A process that runs until the test stops it. */
  const sleeper = () => spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
  beforeEach(() => {
    lines.length = 0;
  });

  it("is read from the CLI's error", () => {
    assert.deepEqual(lockHolders(refusal("box", 7)), [
      { host: "box", pid: 7, since: "2026-01-31T12:00:00Z" },
    ]);
  });

  it("may be removed once its process has exited", async () => {
    const child = sleeper();
    child.kill("SIGKILL");
    await once(child, "close");
    await wait(refusal(hostname(), child.pid!));
    assert.deepEqual(lines, []);
  });

  it("is awaited while its process runs", async () => {
    const child = sleeper();
    let gone = false;
    const waiting = wait(refusal(hostname(), child.pid!)).then(() => {
      assert.ok(gone);
    });
    child.once("exit", () => (gone = true));
    child.kill("SIGKILL");
    await waiting;
    assert.match(lines.join(), /waiting for process \d+, which has been updating the stack since 2026/);
  });

  it("is no longer awaited after an interrupt", async () => {
    const controller = new AbortController();
    const waiting = wait(refusal(hostname(), process.pid), true, controller.signal);
    controller.abort();
    await assert.rejects(waiting);
  });

  it("is kept unless the user asks to take it over; the error explains how", async () => {
    await assert.rejects(wait(refusal(hostname(), process.pid), false), /--resume takes over the lock/);
  });

  it("is never taken over if another machine or Pulumi Cloud holds it", async () => {
    await assert.rejects(
      wait(refusal("elsewhere", 1)),
      /process 1 on elsewhere.*\n.*pulumi cancel --stack edge/,
    );
    const cloud = "error: [409] Conflict: Another update is currently in progress.";
    await assert.rejects(wait(cloud), /locked by another update\.\n.*pulumi cancel/);
  });
});
