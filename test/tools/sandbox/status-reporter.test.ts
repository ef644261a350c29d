import assert from "node:assert/strict";
import { type PodStatus } from "../../../tools/sandbox/agent/pod.ts";
import { StatusReporter } from "../../../tools/sandbox/runtime/status-reporter.ts";

function ready(status: "True" | "False"): PodStatus {
  return { conditions: [{ type: "Ready", status }] };
}

describe("sandbox: a pod's status", () => {
  it("is written again if another writer's change is seen before the response to our own write", async () => {
    const writes: PodStatus[] = [];
    const response = Promise.withResolvers<undefined>();
    const reporter = new StatusReporter({
      status: () => ready("True"),
      write: (status) => {
        writes.push(status);
        return writes.length === 1 ? response.promise : Promise.resolve(undefined);
      },
      failed: (error) => {
        throw error;
      },
    });
    reporter.report();
    await Promise.resolve();
    await Promise.resolve();
    assert.equal(writes.length, 1);
    reporter.compare(ready("False"));
    reporter.report();
    response.resolve(undefined);
    await reporter.done();
    assert.deepEqual(writes, [ready("True"), ready("True")]);
  });

  it("is not written again while it stays the same", async () => {
    const writes: PodStatus[] = [];
    const reporter = new StatusReporter({
      status: () => ready("True"),
      write: (status) => {
        writes.push(status);
        return Promise.resolve();
      },
      failed: (error) => {
        throw error;
      },
    });
    reporter.report();
    await reporter.done();
    reporter.compare(ready("True"));
    reporter.report();
    await reporter.done();
    assert.equal(writes.length, 1);
  });
});
