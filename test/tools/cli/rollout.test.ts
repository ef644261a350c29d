import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { outcomeText, resultText, rolloutDisplay } from "../../../tools/cli/rollout-display.ts";
import { type Outcome, type RolloutEvent } from "../../../tools/rollout/run.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

const MAIN = join(import.meta.dirname, "../../../tools/cli/main.ts");

describe("edgefirst rollout, export", function () {
  this.timeout(30_000);
  const project = temporaryDirectory("edgefirst-cli-");
  before(() => {
    writeFileSync(join(project, "Pulumi.yaml"), "name: platform\nruntime: nodejs\n");
    writeFileSync(join(project, "Pulumi.edge.yaml"), "config: {}\n");
    writeFileSync(join(project, "Pulumi.main.yaml"), "config:\n  edgefirst:after: [edge]\n");
  });

  async function edgefirst(cwd: string, ...args: string[]) {
    const child = spawn(process.execPath, [MAIN, ...args], { cwd, stdio: ["ignore", "pipe", "pipe"] });
    const output = { stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"] as const)
      child[stream].setEncoding("utf8").on("data", (text: string) => (output[stream] += text));
    const [code] = (await once(child, "close")) as [number];
    return { code, ...output };
  }

  it("changes nothing without a terminal and without --yes, and says what to do", async () => {
    const { code, stderr, stdout } = await edgefirst(project, "rollout");
    assert.equal(code, 2);
    assert.match(stderr, /no terminal to ask for approval.*\nReview the changes with --dry-run/);
    assert.equal(stdout, "");
  });

  it("reports each wrong flag and each missing project in a sentence", async () => {
    const runs = await Promise.all([
      edgefirst(project, "rollout", "--yes", "--parallel", "0"),
      edgefirst(project, "rollout", "--yes", "--to", "edge", "--only", "edge"),
      edgefirst(project, "rollout", "--yes", "--to", "nowhere"),
      edgefirst(tmpdir(), "rollout", "--yes"),
      edgefirst(project, "status", "--dir", "nowhere"),
    ]);
    const expected = [
      /whole number above 0/,
      /'--only <stack>' cannot be used with option '--to <stack>'/,
      /No stack nowhere/,
      /No Pulumi project in/,
      /There is no sandbox in/,
    ];
    for (const [index, { code, stderr }] of runs.entries()) {
      assert.equal(code, 2);
      assert.match(stderr, expected[index]!);
      assert.doesNotMatch(stderr, / at .*\.ts:/, "no stack trace");
    }
  });

  it("exports the graph of the project in the current directory", async () => {
    const [operator, github] = await Promise.all([
      edgefirst(project, "export", "operator", "--repo", "https://example.com/p", "--backend", "s3://state"),
      edgefirst(project, "export", "github"),
    ]);
    assert.match(
      operator.stdout,
      /stack: organization\/platform\/main[\s\S]*prerequisites:\n +- name: platform-edge/,
    );
    assert.match(github.stdout, /plan-2:[\s\S]*needs:\n +- wave-1[\s\S]*wave-2:[\s\S]*needs:\n +- plan-2/);
  });
});

describe("the display of a rollout", () => {
  const SUMMARY = { changes: [], unchanged: 3, warnings: [], violations: [], outputs: {} };
  const EVENTS: readonly RolloutEvent[] = [
    { type: "wave", wave: 1, of: 2, stacks: ["edge"] },
    { type: "phase", stack: "edge", phase: "preview" },
    { type: "summary", stack: "edge", summary: SUMMARY },
    { type: "phase", stack: "edge", phase: "approval" },
    { type: "phase", stack: "edge", phase: "update" },
    { type: "progress", stack: "edge", text: "1 done" },
    { type: "progress", stack: "edge", text: "2 done" },
    { type: "note", stack: "edge", text: "an app moved" },
    { type: "outcome", stack: "edge", outcome: { state: "failed", message: "it broke" } },
  ];

  function shown(live: boolean, times: readonly number[] = [], verbose = false): string {
    const stream = new PassThrough();
    let turn = 0;
    const show = rolloutDisplay({ stream, live, verbose, now: () => times[turn++] ?? 0 });
    for (const event of EVENTS) show(event);
    return (stream.read() as Buffer).toString();
  }

  it("prints plain lines without a terminal, and progress only occasionally", () => {
    const lines = [
      "wave 1 of 2: edge",
      "edge: previewing",
      "edge: no change, 3 unchanged",
      "edge: updating",
      "edge: an app moved",
      "edge: failed: it broke",
    ];
    assert.deepEqual(shown(false).trimEnd().split("\n"), lines);
    // The clock is read at the start of both phases, at each progress, and again when one is printed.
    const rarely = shown(false, [0, 0, 5_000, 10_000, 10_000]).trimEnd().split("\n");
    assert.deepEqual(rarely, [...lines.slice(0, 4), "edge: updating: 2 done", ...lines.slice(4)]);
  });

  it("prints all progress if it is verbose", () => {
    for (const live of [false, true])
      assert.match(shown(live, [], true), /edge: updating: 1 done\n[^]*edge: updating: 2 done\n/);
  });

  it("rewrites one line per stack on a terminal, below the events", () => {
    const text = shown(true);
    const over = "\u001b[1A\u001b[0J";
    assert.ok(
      text.includes(`edge: updating \n${over}edge: updating 1 done\n${over}edge: updating 2 done\n`),
      text,
    );
    assert.ok(
      text.endsWith(`${over}edge: an app moved\nedge: updating 2 done\n${over}edge: failed: it broke\n`),
      text,
    );
  });

  it("ends with the number of stacks per outcome", () => {
    const result = new Map<string, Outcome>([
      ["edge", { state: "failed", message: "it broke" }],
      ["lab", { state: "updated", message: "1 created" }],
      ["main", { state: "not-started", message: "edge failed" }],
    ]);
    assert.equal(resultText(result), "3 stacks: 1 failed, 1 updated, 1 not started");
    assert.equal(outcomeText(result.get("main")!), "not started: edge failed");
  });
});
