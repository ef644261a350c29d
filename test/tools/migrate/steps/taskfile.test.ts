import assert from "node:assert/strict";
import { callsIn, mayMean } from "../../../../tools/migrate/steps/taskfile/calls.ts";

const names = (command: string): readonly string[] => callsIn(command).map(({ name }) => name);

describe("the calls of a Taskfile", () => {
  it("include every name in one shell command", () => {
    assert.deepEqual(names("task flux:lint flux:test && go-task other; echo task"), [
      "flux:lint",
      "flux:test",
      "other",
    ]);
  });

  it("exclude options and their values, variables, and everything after --", () => {
    assert.deepEqual(names("task --silent -d some/dir build FORCE=1 -- not:this"), ["build"]);
    assert.deepEqual(names("task -l"), []);
  });

  it("match any task if the name is a variable", () => {
    assert.deepEqual(names('task "$NAME"'), ["{{}}"]);
    assert.ok(mayMean("{{}}", "flux:sync"));
  });

  it("match templates in the call and wildcards in the name", () => {
    assert.ok(mayMean("flux:{{.X}}", "flux:sync"));
    assert.ok(!mayMean("flux:{{.X}}", "talos:sync"));
    assert.ok(mayMean("wait:apps", "wait:*"));
    assert.ok(!mayMean("wait", "wait:*"));
    assert.ok(mayMean("wait:{{.X}}", "wait:*"));
    assert.ok(!mayMean("stop:{{.X}}", "wait:*"));
    assert.ok(!mayMean("a.b", "aXb"));
  });
});
