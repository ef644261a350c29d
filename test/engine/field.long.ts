import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { promisify } from "node:util";
import { KubeClient } from "../../kube/kube-client.ts";
import type { Evidence } from "../../staging/evidence.ts";
import type { HistoryEntry } from "../../tools/rollout/history.ts";
import type { StackStatus } from "../../tools/rollout/status.ts";
import { clusterDir } from "../../tools/sandbox/cluster-state.ts";
import { findProcess, waitUntil } from "../../tools/sandbox/processes.ts";
import { expectFailure, PROJECT, expectSuccess, Engine, type TestStack } from "../support/engine.ts";
import { failPods } from "../support/failing-pods.ts";
import { evidenceIn } from "../support/evidence.ts";
import { START_TIMEOUT_MS, useSandbox } from "../support/sandbox.ts";
import { listening } from "../support/listening.ts";

const NO_CONTROLLER = "these clusters have no controller for it";
const VERIFICATION = {
  soak: "2s",
  timeout: "60s",
  interval: "500ms",
  skip: { gateways: NO_CONTROLLER, routes: NO_CONTROLLER, flux: NO_CONTROLLER, gatus: NO_CONTROLLER },
};
const MAIN = join(PROJECT, "tools/cli/main.ts");
/** The days of the week in UTC but today and yesterday, so that no window is open whenever the test runs. */
const OTHER_DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"].filter(
  (_, day) =>
    ![new Date().getUTCDay(), (new Date().getUTCDay() + 6) % 7, (new Date().getUTCDay() + 1) % 7].includes(
      day,
    ),
);

describe("engine: own checks, notifications, holds, revocations, windows and ignored objects, with a local HTTP server", function () {
  this.timeout(180_000);
  const clusters = useSandbox("edge");
  let engine: Engine;
  let edge: TestStack;
  let main: TestStack;
  let cluster: KubeClient;
  let server: Server;
  let url: string;
  let isHealthy = true;
  let received: {
    event: string;
    stack: string;
    release: string;
    message: string;
    startedBy: { who: string };
  }[] = [];
  let edgeConfig: Record<string, unknown>;
  let mainConfig: Record<string, unknown>;
  let http: object;
  let release = "";

  before(async function () {
    this.timeout(START_TIMEOUT_MS);
    server = createServer((request, response) => {
      if (request.method !== "POST") {
        response.writeHead(isHealthy ? 200 : 503).end("ok");
        return;
      }
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        received.push(JSON.parse(body) as (typeof received)[number]);
        response.end();
      });
    });
    url = `http://${await listening(server)}`;
    const { kubeconfig } = clusters.sandbox;
    engine = await Engine.create();
    cluster = new KubeClient({ kubeconfig, context: "edge" });
    http = { home: { url: `${url}/healthz`, contains: "ok" } };
    const jobs = { smoke: { namespace: "default", image: "registry.example.com/smoke:1.2.3" } };
    edgeConfig = {
      cluster: { context: "edge", kubeconfig },
      gatewayApi: { install: false },
      verification: VERIFICATION,
      checks: { http, jobs },
      notify: { webhook: true },
    };
    // Both stacks share the cluster and declare no objects, which makes their updates short.
    mainConfig = {
      ...edgeConfig,
      checks: {},
      after: ["edge"],
      gate: { patience: "1s", requiredChecks: ["http", "jobs"] },
    };
    edge = await engine.stack("edge", edgeConfig);
    main = await engine.stack("main", mainConfig);
    for (const stack of [edge, main]) await stack.setSecret("notifyWebhook", `${url}/hook?token=secret`);
  });
  beforeEach(() => {
    received = [];
  });
  after(() => {
    server.close();
    cluster.close();
  });

  /** Replaces a stack's configuration and keeps its secret. */
  async function configure(stack: TestStack, config: Record<string, unknown>): Promise<void> {
    stack.configure(config);
    await stack.setSecret("notifyWebhook", `${url}/hook?token=secret`);
  }

  async function fails(stack: TestStack, ...expected: RegExp[]): Promise<void> {
    assert.doesNotMatch(await expectFailure(stack.up(), ...expected), /token=secret/);
  }

  /** Runs the command line in the engine's project. */
  async function edgefirst(...args: string[]): Promise<string> {
    const options = { cwd: join(engine.dir, "project"), env: { ...engine.env, GITHUB_ACTOR: "alice" } };
    return (await promisify(execFile)(process.execPath, [MAIN, ...args], options)).stdout;
  }

  const evidence = async (stack: TestStack): Promise<Evidence> => evidenceIn(await stack.outputs());
  const events = (): string[] => received.map(({ event, stack }) => `${event} ${stack}`);

  /** Names of the Jobs that were ever created, by the events of the Job controller. */
  async function createdJobs(): Promise<string[]> {
    const found = await cluster.list("v1", "Event", "default");
    return found
      .filter(({ reason }) => reason === "SuccessfulCreate")
      .map(({ involvedObject }) => (involvedObject as { kind: string; name: string }).name)
      .filter((name) => name.startsWith("edgefirst-smoke-"))
      .sort();
  }

  it("own checks: the Job runs before and after the soak and is deleted, and the evidence records all of them", async () => {
    await expectSuccess(edge.up());
    const { verified, moves = [], ownChecks } = await evidence(edge);
    release = verified[0]!.release;
    const outcomes = verified[0]!.checks.map(({ id, outcome, objects }) => `${id} ${outcome} ${objects}`);
    assert.ok(outcomes.includes("http held 1") && outcomes.includes("jobs held 1"), outcomes.join());
    const jobs = await createdJobs();
    assert.ok(
      jobs.length > 0 && jobs.every((name) => name.startsWith(`edgefirst-smoke-${release}-`)),
      jobs.join(),
    );
    const left = await cluster.list("batch/v1", "Job", "default");
    assert.ok(
      left.every(({ metadata }) => metadata.deletionTimestamp !== undefined),
      JSON.stringify(left),
    );
    assert.deepEqual(Object.keys(ownChecks?.http ?? {}), ["home"]);
    assert.deepEqual([moves.length, moves[0]?.movement, moves[0]?.outcome], [1, "forward", "verified"]);
  });

  it("notifications: the webhook learns of a verification, and the evidence what became of it", async () => {
    await expectSuccess(edge.up());
    assert.deepEqual(events(), ["verified edge"]);
    assert.equal(received[0]?.release, release);
    assert.match(received[0].startedBy.who, /./);
    const [move] = (await evidence(edge)).moves ?? [];
    assert.ok(move !== undefined);
    assert.deepEqual(move.notified, [{ channel: "webhook", outcome: "sent" }]);
    assert.deepEqual([move.movement, move.allowed], ["same", ["the stack already ran this release"]]);
  });

  it("own checks: main's gate repeats the request and creates no Job", async () => {
    const before = await createdJobs();
    isHealthy = false;
    await fails(main, /edge .* not healthy now/s, /HTTP check home: returned 503, expected 200/);
    assert.deepEqual(events(), ["refused main"]);
    isHealthy = true;
    assert.deepEqual(await createdJobs(), before);
  });

  it("own checks: edgefirst verify repeats the request, and reports the recorded result of the Job", async () => {
    const before = await createdJobs();
    const text = await edgefirst("verify", "edge");
    assert.match(text, /^http +HTTP check home +held$/m);
    assert.match(text, /^jobs: they succeeded at .*; only an update runs them again$/m);
    assert.deepEqual(await createdJobs(), before);
  });

  it("a hold of edge refuses main until it is ended, and main's preview warns", async () => {
    const text = await edgefirst("hold", "edge", "--reason", "its disk is being replaced", "--until", "1h");
    assert.match(
      text,
      /^edge is on hold until .*: its disk is being replaced\nThe gates of edge, main refuse a move forward\.$/m,
    );
    await fails(
      main,
      /Stack edge is on hold until .*, set by .*: its disk is being replaced/,
      /edgefirst unhold edge/,
    );
    assert.deepEqual(events(), ["refused main"]);
    const preview = await main.previewText();
    await expectSuccess(preview);
    assert.match(preview.output, /warning: Stack edge is on hold/);
    await expectSuccess(edge.up());
    const [status] = JSON.parse(await edgefirst("status", "--json")) as StackStatus[];
    assert.equal(status?.hold?.reason, "its disk is being replaced");
    assert.match(await edgefirst("unhold", "edge", "--reason", "the disk is replaced"), /no longer on hold/);
    await assert.rejects(edgefirst("unhold", "edge", "--reason", "the disk is replaced"), {
      code: 1,
      stderr: /Stack edge is not on hold/,
    });
  });

  it("a closed window refuses a move forward; an override passes it and is remembered with what it overrode", async () => {
    const windows = [{ days: OTHER_DAYS, zone: "UTC" }];
    const closed = { ...mainConfig, gate: { patience: "1s", windows } };
    await configure(main, closed);
    await fails(
      main,
      /Stack main may move forward only in the windows set in edgefirst:gate\.windows: .* again after 2/s,
    );
    const expires = new Date(Date.now() + 3_600_000).toISOString();
    await configure(main, { ...closed, override: { reason: "main needs the fix tonight", expires } });
    await expectSuccess(main.up());
    const { moves = [] } = await evidence(main);
    const { movement, allowed = [] } = moves[0] ?? {};
    assert.equal(movement, "forward");
    for (const text of [
      /^edge verified it at /,
      /^override until .*: main needs/,
      /^Overridden: Stack main may move forward only/,
    ])
      assert.ok(
        allowed.some((line) => text.test(line)),
        allowed.join("\n"),
      );
    await configure(main, closed);
    await expectSuccess(main.up());
  });

  it("a revocation refuses the release in every direction until it is undone", async () => {
    const revoke = (...flags: string[]): Promise<string> =>
      edgefirst("revoke", "edge", release.slice(0, 6), "--reason", "it leaks memory", ...flags);
    assert.match(await revoke("--json"), new RegExp(`"release": "${release}"`));
    await fails(main, new RegExp(`Release ${release} was revoked on stack edge by .*: it leaks memory`));
    await fails(edge, /was revoked on stack edge/);
    // Main has verified the release, and its evidence names the stack upstream of it.
    const prod = await engine.stack("prod", {});
    await configure(prod, { ...mainConfig, after: ["main"], gate: { patience: "1s" } });
    await fails(prod, new RegExp(`Release ${release} was revoked on stack edge by .*: it leaks memory`));
    assert.match(await revoke("--undo"), /is no longer revoked/);
    await expectSuccess(main.up());
    await expectSuccess(prod.up());
    await assert.rejects(revoke("--undo"), { code: 1, stderr: /is not revoked on stack edge/ });
    await assert.rejects(edgefirst("revoke", "edge", "nonsense", "--reason", "it leaks memory"), {
      code: 1,
      stderr: /edge has no release nonsense/,
    });
  });

  it("an ignored object fails neither edge nor main's live look, and both name it", async () => {
    isHealthy = false;
    // This failure stays: no need to watch it for long.
    await configure(edge, { ...edgeConfig, verification: { ...VERIFICATION, timeout: "4s" } });
    await fails(edge, /http: HTTP check home: returned 503/);
    assert.deepEqual(events(), ["failed edge"]);
    const entry = { reason: "the page is being rebuilt", owner: "alice", until: "2999-12-31" };
    await configure(edge, {
      ...edgeConfig,
      verification: { ...VERIFICATION, ignore: { "HTTP check home": entry } },
    });
    await expectSuccess(edge.up());
    const { verified } = await evidence(edge);
    assert.deepEqual(verified[0]?.ignored, [{ object: "HTTP check home", ...entry }]);
    await configure(main, { ...mainConfig, gate: { patience: "1s" } });
    const named =
      /HTTP check home is ignored until 2999-12-31 \(owner: alice\): the page is being rebuilt; it is failing now/;
    assert.match(await expectSuccess(main.up()), named);
    isHealthy = true;
  });

  it("a Job that fails: the update fails, the evidence names the Job, and main's gate refuses the release", async () => {
    const jobs = { smoke: { namespace: "default", image: "registry.example.com/smoke:1.2.3", attempts: 2 } };
    await configure(edge, { ...edgeConfig, checks: { http, jobs } });
    const before = await createdJobs();
    const jobsFail = await failPods(cluster, {
      namespace: "default",
      prefix: "edgefirst-smoke-",
      exitCode: 3,
    });
    await fails(edge, /jobs: Job check smoke: attempt 2 of 2 failed: exit code 3/);
    await jobsFail.stop();
    assert.deepEqual(events(), ["failed edge"]);
    assert.equal((await createdJobs()).length - before.length, 2);
    const { verified, revoked, moves = [] } = await evidence(edge);
    assert.ok(verified.every((record) => record.release !== release));
    assert.deepEqual(
      revoked
        .find((record) => record.release === release)
        ?.failures.map(({ check, object }) => [check, object]),
      [["jobs", "Job check smoke"]],
    );
    assert.deepEqual(
      [moves[0]?.outcome, moves[0]?.notified],
      ["failed", [{ channel: "webhook", outcome: "sent" }]],
    );
    const late = await engine.stack("late", {});
    await configure(late, mainConfig);
    await fails(late, new RegExp(`Stack edge failed to verify release ${release} .*Job check smoke`, "s"));
    await configure(edge, edgeConfig);
    await expectSuccess(edge.up());
    await expectSuccess(late.up());
  });

  it("a Job that cannot be created fails the verification at once", async () => {
    const jobs = { smoke: { namespace: "nowhere", image: "registry.example.com/smoke:1.2.3" } };
    await configure(edge, { ...edgeConfig, checks: { http, jobs } });
    await fails(edge, /jobs: Job check smoke: cannot be created: namespaces "nowhere" not found/);
    await configure(edge, edgeConfig);
    await expectSuccess(edge.up());
  });

  it("notifications: the webhook learns that a verification is inconclusive, and the evidence stays", async () => {
    const before = await evidence(edge);
    const soaking = { soak: "60s", timeout: "90s", patience: "3s" };
    await configure(edge, { ...edgeConfig, checks: { http }, verification: { ...VERIFICATION, ...soaking } });
    const { ended, output } = edge.startUp();
    await waitUntil("the soak", () => output().includes("the soak has begun"), { timeoutMs: 60_000 });
    const { pid } = findProcess(clusterDir(clusters.sandbox.dir, "edge"), "kube-apiserver")!;
    process.kill(pid, "SIGSTOP");
    try {
      await waitUntil("the notification", () => received.length > 0, { timeoutMs: 60_000 });
    } finally {
      process.kill(pid, "SIGCONT");
    }
    assert.deepEqual(events(), ["inconclusive edge"]);
    assert.match(
      received[0]!.message,
      /^Inconclusive: verification of release \w+ has no result: the cluster stopped/,
    );
    const run = await ended;
    await expectFailure(run);
    assert.deepEqual(await evidence(edge), before);
    await configure(edge, edgeConfig);
    await expectSuccess(edge.up());
    assert.deepEqual(events(), ["inconclusive edge", "verified edge"]);
  });

  it("history and status --graph show what ran and why", async () => {
    const entries = JSON.parse(await edgefirst("history", "main", "--json")) as HistoryEntry[];
    const forward = entries.filter(({ movement }) => movement === "forward");
    assert.equal(forward.length, 1, JSON.stringify(entries, undefined, 1));
    assert.ok(forward[0]?.why.some((line) => line.startsWith("edge verified it at ")));
    assert.ok(
      entries.some(
        ({ what, result, release: ran }) => what === "update" && result === "failed" && ran === undefined,
      ),
    );
    const ofEdge = JSON.parse(await edgefirst("history", "edge", "--json")) as HistoryEntry[];
    assert.deepEqual(
      ofEdge.map(({ what }) => what).filter((what) => what !== "update"),
      ["restore", "revoke", "unhold", "hold"],
    );
    assert.match(await edgefirst("history", "edge"), /hold +- +- +until .*: its disk is being replaced; by /);
    const graph = await edgefirst("status", "--graph");
    assert.match(graph, /^```mermaid\nflowchart LR\n {2}subgraph wave1/);
    assert.match(graph, new RegExp(`stack1\\["edge<br/>release ${release}<br/>verified `));
    assert.match(graph, /stack1 -->\|level\| stack2/);
  });
});
