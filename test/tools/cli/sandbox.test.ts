import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { render } from "../../../tools/cli/sandbox.ts";
import { clusterDir } from "../../../tools/sandbox/cluster-state.ts";
import { findProcess, waitUntil } from "../../../tools/sandbox/processes.ts";
import { SIMULATED } from "../../../tools/sandbox/simulation-summary.ts";
import { type SandboxStatus } from "../../../tools/sandbox/status.ts";
import { runningWith } from "../../support/running.ts";
import { START_TIMEOUT_MS, discard, temporarySandboxDir } from "../../support/sandbox.ts";

const MAIN = join(import.meta.dirname, "../../../tools/cli/main.ts");

function launch(...args: string[]) {
  const child = spawn(process.execPath, [MAIN, "sandbox", ...args]);
  const output = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].setEncoding("utf8").on("data", (text: string) => (output[stream] += text));
  }
  const ended = once(child, "close").then(([code]) => ({ code: code as number | null, ...output }));
  return { child, ended };
}

const edgefirst = (...args: string[]) => launch(...args).ended;

describe("edgefirst sandbox", function () {
  this.timeout(START_TIMEOUT_MS);
  const dir = temporarySandboxDir();
  after(() => discard(dir));

  it("status without a sandbox explains how to create one, and creates nothing", async () => {
    const { code, stdout } = await edgefirst("status", "--dir", dir);
    assert.equal(code, 0);
    assert.equal(stdout, `no sandbox in ${dir}; start one: edgefirst sandbox up --dir ${dir}\n`);
    const down = await edgefirst("down", "--dir", dir);
    assert.equal(down.code, 0);
    assert.equal(down.stdout, `no sandbox in ${dir}: nothing to stop\n`);
  });

  it("Ctrl-C during up leaves nothing running", async () => {
    const { child, ended } = launch("up", "--clusters", "edge", "--dir", dir);
    await waitUntil("the first process", () => findProcess(clusterDir(dir, "edge"), "etcd") !== undefined, {
      timeoutMs: 30_000,
    });
    child.kill("SIGINT");
    const { code, stderr } = await ended;
    assert.equal(code, 130);
    assert.doesNotMatch(stderr, /^ +at /m);
    assert.match(stderr, /interrupted: stopping what was just started/);
    assert.deepEqual(runningWith(dir), []);
  });

  it("up, status and down print text, and JSON with --json", async () => {
    const up = await edgefirst("up", "--clusters", "edge", "--dir", dir, "--json");
    assert.equal(up.code, 0, up.stderr);
    assert.match(up.stderr, /^edge: starting\nedge: ready after [\d.]+ s/);
    const sandbox = JSON.parse(up.stdout) as { kubeconfig: string; clusters: unknown[] };
    assert.equal(sandbox.clusters.length, 1);

    const status = JSON.parse((await edgefirst("status", "--dir", dir, "--json")).stdout) as SandboxStatus;
    assert.equal(status.clusters[0]?.state, "ready");
    assert.ok(status.memoryBytes > 100 * 2 ** 20, "the memory of real processes");
    const { stdout } = await edgefirst("status", "--dir", dir);
    assert.match(stdout, new RegExp(`^export KUBECONFIG=${sandbox.kubeconfig}$`, "m"));
    assert.equal(stripVTControlCharacters(stdout), stdout, "no colour in a pipe");

    const down = await edgefirst("down", "--dir", dir, "--delete-data");
    assert.equal(down.stdout, "stopped 6 processes; the data is deleted\n");
    assert.deepEqual(runningWith(dir), []);
  });

  it("status shows two clusters within 80 columns, what is simulated, and what to do", () => {
    const names = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "agent"];
    const status: SandboxStatus = {
      dir: "/home/ann/.sandbox",
      kubeconfig: "/home/ann/.sandbox/kubeconfig",
      clusters: ["edge", "main"].map((name) => ({
        name,
        context: name,
        server: "https://127.0.0.1:65535",
        state: "degraded",
        processes: names.map((process) => ({
          name: process,
          state: "running",
          pid: 4194304,
          memoryBytes: 10 * 2 ** 30,
        })),
      })),
      others: [{ name: "kustomize-controller", state: "ended", memoryBytes: 0 }],
      memoryBytes: 100 * 2 ** 30,
      simulated: SIMULATED,
    };
    assert.doesNotMatch(render(status, false), /[│┌─]/, "no lines in a pipe");
    const text = render(status, true);
    for (const line of text.split("\n")) assert.ok(line.length <= 80, `${line.length} columns: ${line}`);
    for (const line of SIMULATED) assert.ok(text.includes(line));
    assert.match(text, /edgefirst sandbox up --clusters edge,main/);
  });
});
