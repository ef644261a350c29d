import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { temporaryDirectory } from "../support/temporary.ts";
import { runSteps, stepsOf } from "./page-run.ts";

const PAGE = `
\`\`\`console
$ mkdir inside && cd inside
\`\`\`

Write \`stack.yaml\`:

\`\`\`yaml
a: 1
\`\`\`

\`\`\`console
$ cat stack.yaml; echo to stderr >&2
a: 1
to stderr
$ false
$ echo never
\`\`\`
`;

describe("a page whose commands are run", () => {
  it("is run in order, in one shell, up to the first command that fails", async () => {
    const cwd = temporaryDirectory("page-run-");
    const ran = await runSteps(stepsOf(PAGE), { cwd, env: process.env, timeoutMs: 10_000 });
    assert.deepEqual(
      ran.map(({ output, code }) => [output.trim(), code]),
      [
        ["", 0],
        ["a: 1\nto stderr", 0],
        ["", 1],
        ["", undefined],
      ],
    );
    assert.equal(ran[1]?.expected, "a: 1\nto stderr\n");
    assert.equal(readFileSync(join(cwd, "inside/stack.yaml"), "utf8"), "a: 1\n");
  });

  it("is ended when its time is up, with what has hung", async () => {
    const steps = stepsOf("```console\n$ echo first\n$ sleep 60\n```\n");
    const ran = await runSteps(steps, { cwd: tmpdir(), env: process.env, timeoutMs: 200 });
    assert.deepEqual(
      ran.map(({ code }) => code),
      [0, undefined],
    );
  });
});
