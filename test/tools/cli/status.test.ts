import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import type { StackStatus } from "../../../tools/rollout/status.ts";
import { outputsOf, verification } from "../../support/evidence.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

const MAIN = join(import.meta.dirname, "../../../tools/cli/main.ts");
const STACKS = 100;

/** A CLI that counts how many of it run at the same time, and answers with the same outputs and history for every stack. */
const CLI = `#!/bin/sh
dir=$(dirname "$0")/..
: > "$dir/running/$$"
set -- "$@" "$dir"
count=0
for each in "$dir"/running/*; do count=$((count + 1)); done
echo "$count $1 $2" >> "$dir/calls"
sleep 0.02
case "$1 $2" in
"version "*) echo v3.205.0 ;;
"stack output") cat "$dir/outputs" ;;
"stack history") echo '[]' ;;
"stack ls") echo '[]' ;;
*) echo "unexpected call: $*" >&2; code=1 ;;
esac
rm "$dir/running/$$"
exit "\${code:-0}"
`;

describe("edgefirst status", function () {
  this.timeout(120_000);
  let dir: string;
  beforeEach(() => {
    dir = temporaryDirectory("edgefirst-status-");
    for (const name of ["bin", "running", "project"]) mkdirSync(join(dir, name));
    writeFileSync(join(dir, "bin/pulumi"), CLI);
    chmodSync(join(dir, "bin/pulumi"), 0o755);
    writeFileSync(join(dir, "outputs"), JSON.stringify(outputsOf("r1", [verification("r1")])));
    writeFileSync(join(dir, "project/Pulumi.yaml"), "name: edgefirst\nruntime: nodejs\n");
    for (let index = 0; index < STACKS; index++)
      writeFileSync(join(dir, `project/Pulumi.s${index}.yaml`), "config: {}\n");
  });

  it("reads 100 stacks with no more CLIs at a time than there are cores, and at least two", async () => {
    const env = { ...process.env, PATH: [join(dir, "bin"), process.env.PATH].join(delimiter) };
    const args = [MAIN, "status", "--json"];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: join(dir, "project"), env });
    const statuses = JSON.parse(stdout) as StackStatus[];
    assert.equal(new Set(statuses.map(({ stack }) => stack)).size, STACKS);
    for (const { release, verification: standing, notes } of statuses)
      assert.deepEqual([release, standing, notes], ["r1", "verified", []]);
    const calls = readFileSync(join(dir, "calls"), "utf8").trim().split("\n");
    const most = Math.max(...calls.map((call) => Number(call.split(" ")[0])));
    assert.ok(calls.length >= 2 * STACKS, `${calls.length} calls`);
    assert.ok(most <= Math.max(2, availableParallelism()), `${most} at a time`);
    assert.ok(most > 1, "one after the other");
  });
});
