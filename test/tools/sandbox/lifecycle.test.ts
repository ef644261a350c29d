import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, readdirSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { clusterDir, readClusters } from "../../../tools/sandbox/cluster-state.ts";
import { findProcess, listProcesses, waitUntil } from "../../../tools/sandbox/processes.ts";
import { type Sandbox, sandboxDown, sandboxUp } from "../../../tools/sandbox/sandbox.ts";
import { sandboxStatus } from "../../../tools/sandbox/status.ts";
import { runningWith } from "../../support/running.ts";
import { START_TIMEOUT_MS, apiOf, discard, temporarySandboxDir } from "../../support/sandbox.ts";

const progress = (): void => undefined;
const WAIT = { timeoutMs: 30_000 };
const clusters = ["edge"];

describe("sandbox: life cycle", function () {
  this.timeout(START_TIMEOUT_MS);
  const dir = temporarySandboxDir();
  const edge = clusterDir(dir, "edge");
  let sandbox: Sandbox;
  const up = (): Promise<Sandbox> => sandboxUp({ dir, clusters, progress });
  const pids = (): Record<string, number> =>
    Object.fromEntries(listProcesses(edge).map(({ name, pid }) => [name, pid]));
  const configMaps = "/api/v1/namespaces/default/configmaps";

  before(async () => {
    sandbox = await up();
    await apiOf(sandbox).call("POST", configMaps, { body: { metadata: { name: "kept" } } });
  });
  after(() => discard(dir));

  it("is private to its user and listens on loopback only", function () {
    if (process.platform !== "linux") return this.skip();
    for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      assert.equal(statSync(path).mode & 0o077, 0, `${path} is accessible to others`);
    }
    const addresses = listProcesses(edge).flatMap(({ pid }) => listeningAddresses(pid));
    assert.deepEqual(new Set(addresses), new Set(["127.0.0.1"]));
    return undefined;
  });

  it("does not change on another up, even on two at once", async () => {
    const before = pids();
    assert.deepEqual(await Promise.all([up(), up()]), [sandbox, sandbox]);
    assert.deepEqual(pids(), before);
    assert.equal((await sandboxStatus({ dir })).clusters[0]?.state, "ready");
  });

  it("reports a killed API server and restarts it with its data", async () => {
    const before = pids();
    process.kill(before["kube-apiserver"]!, "SIGKILL");
    const apiserver = async () => {
      const [cluster] = (await sandboxStatus({ dir })).clusters;
      return {
        cluster: cluster?.state,
        process: cluster?.processes.find(({ name }) => name === "kube-apiserver")?.state,
      };
    };
    await waitUntil("its end", async () => (await apiserver()).process === "ended", WAIT);
    assert.equal((await apiserver()).cluster, "degraded");
    await up();
    const after = pids();
    assert.notEqual(after["kube-apiserver"], before["kube-apiserver"]);
    assert.deepEqual({ ...after, "kube-apiserver": 0 }, { ...before, "kube-apiserver": 0 });
    const api = apiOf(sandbox);
    assert.ok(await api.find(`${configMaps}/kept`));

    // Controllers, scheduler and agent have recovered as well.
    const pods = "/api/v1/namespaces/default/pods";
    await api.call("POST", pods, {
      body: { metadata: { name: "late" }, spec: { containers: [{ name: "late", image: "late:1" }] } },
    });
    const running = async (): Promise<boolean> =>
      (await api.find<{ status: { phase: string } }>(`${pods}/late`))?.status.phase === "Running";
    await waitUntil("the pod", running, WAIT);
  });

  it("reports a port that another program took while the sandbox was down, with a remedy", async () => {
    await sandboxDown({ dir, progress });
    assert.deepEqual(runningWith(dir), []);
    assert.equal((await sandboxStatus({ dir })).clusters[0]?.state, "stopped");
    const port = readClusters(dir)[0]!.ports.apiserver;
    const squatter = createServer().listen(port, "127.0.0.1");
    await once(squatter, "listening");
    try {
      await assert.rejects(
        up(),
        new RegExp(`port ${port} .* apiserver port of the sandbox cluster edge.*--new-ports`, "s"),
      );
      assert.deepEqual(runningWith(dir), [], "a failed up leaves nothing running");
      sandbox = await sandboxUp({ dir, clusters, progress, newPorts: true });
    } finally {
      squatter.close();
    }
    assert.notEqual(readClusters(dir)[0]!.ports.apiserver, port);
    assert.ok(await apiOf(sandbox).find(`${configMaps}/kept`), "the data is kept");
  });

  describe("next to a second cluster", () => {
    const other = temporarySandboxDir();
    after(() => discard(other));

    it("down finds everything that a killed launcher left behind", async () => {
      const before = pids();
      const script = `import { sandboxUp } from ${JSON.stringify(join(import.meta.dirname, "../../../tools/sandbox/sandbox.ts"))};
        await sandboxUp({ dir: ${JSON.stringify(other)}, clusters: ["edge", "main"], progress: () => undefined });`;
      const launcher = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: "ignore" });
      const started = (): boolean => findProcess(clusterDir(other, "main"), "kube-apiserver") !== undefined;
      await waitUntil("the API server's start", started, WAIT);
      launcher.kill("SIGKILL");
      await once(launcher, "exit");
      assert.notDeepEqual(runningWith(join(other, "clusters")), []);
      const stopped = await sandboxDown({ dir: other, progress });
      assert.ok(stopped.length >= 2);
      assert.deepEqual(runningWith(join(other, "clusters")), []);
      assert.deepEqual(pids(), before, "the first sandbox is left alone");
    });

    it("an interrupted up stops what it has started", async () => {
      const interrupt = new AbortController();
      const result = sandboxUp({ dir: other, clusters, progress, signal: interrupt.signal });
      const started = (): boolean => runningWith(join(other, "clusters", "edge")).length >= 2;
      await waitUntil("the first processes", started, WAIT);
      interrupt.abort(new Error("enough"));
      await assert.rejects(result, /enough/);
      assert.deepEqual(runningWith(other), []);
    });
  });

  it("refuses a folder that is not a sandbox, and an invalid cluster name", async () => {
    await assert.rejects(
      sandboxUp({ dir: import.meta.dirname, clusters, progress }),
      /is neither a sandbox nor empty/,
    );
    await assert.rejects(sandboxUp({ dir, clusters: ["../x"], progress }), /is not a valid cluster name/);
  });

  describe("with damaged data", () => {
    it("shows the program's message with a remedy, and deletes only on request", async () => {
      await sandboxDown({ dir, progress });
      writeFileSync(join(edge, "etcd/member/snap/db"), "no database");
      await assert.rejects(
        up(),
        /etcd exited while waiting for .* of edge\..*invalid database.*down --delete-data/s,
      );
      await sandboxDown({ dir, progress, deleteData: true });
      assert.deepEqual((await sandboxStatus({ dir })).clusters, []);
      assert.equal(existsSync(dir), false);
    });
  });
});

/** The local addresses on which a process listens, from /proc. */
function listeningAddresses(pid: number): string[] {
  const sockets = new Set(
    readdirSync(`/proc/${pid}/fd`).map(
      (fd) => /^socket:\[(\d+)\]$/.exec(readlinkOrEmpty(`/proc/${pid}/fd/${fd}`))?.[1],
    ),
  );
  const LISTEN = "0A";
  return ["tcp", "tcp6"].flatMap((protocol) =>
    readFileSync(`/proc/${pid}/net/${protocol}`, "utf8")
      .split("\n")
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[3] === LISTEN && sockets.has(fields[9]))
      .map(([, local = ""]) => (local.startsWith("0100007F:") ? "127.0.0.1" : local)),
  );
}

function readlinkOrEmpty(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}
