import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import { hostname, userInfo } from "node:os";
import { mock } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import type { KubeObject } from "../../kube/objects.ts";
import { EdgefirstError } from "../../lib/errors.ts";
import type { Evidence } from "../../staging/evidence.ts";
import { failUpdate } from "../../staging/fail-update.ts";
import { beginningMove, whyAllowed } from "../../staging/moves.ts";
import { Notifier, type NotifySecrets } from "../../staging/notifier.ts";
import { pushoverChannel, webhookChannel, type Notification } from "../../staging/notify.ts";
import { describeStart, startedBy } from "../../staging/started-by.ts";
import { evidenceLine, inconclusiveSummary, summaryOf } from "../../staging/verification-summary.ts";
import { reportWaiting } from "../../staging/waiting.ts";
import { outputsOf, revocation, verification } from "../support/evidence.ts";
import { scriptedCluster, type ScriptedCluster } from "../support/scripted-cluster.ts";
import { engineDouble, type EngineDouble } from "./engine-double.ts";
import { listening } from "../support/listening.ts";

const NOTIFICATION: Notification = {
  event: "verified",
  project: "edgefirst",
  stack: "edge",
  release: "r2",
  time: "2026-01-31T12:00:00.000Z",
  startedBy: { who: "alice" },
  message: "m",
};

describe("notifier of an update", () => {
  let server: Server;
  let url: string;
  let received: Record<string, unknown>[];
  let status: number;
  let double: EngineDouble;
  before(async () => {
    server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        received.push(JSON.parse(body) as Record<string, unknown>);
        response.writeHead(status).end("ok");
      });
    });
    url = `http://${await listening(server)}`;
  });
  beforeEach(async () => {
    received = [];
    status = 200;
    double = await engineDouble();
  });
  afterEach(() => {
    double.restore();
  });
  after(() => server.close());

  const notifier = (settings: object = {}, secrets: NotifySecrets = {}): Notifier =>
    new Notifier({ webhook: true, pushover: false, on: ["verified"], ...settings }, secrets, "r2");
  const secret = (value: string) => pulumi.secret(value);

  it("sends the configured events to the webhook, with stack, release and who started the update", async () => {
    const sender = notifier({}, { notifyWebhook: secret(url) });
    assert.deepEqual(await sender.send("verified", "it holds"), [{ channel: "webhook", outcome: "sent" }]);
    assert.deepEqual(await sender.send("failed", "not configured"), []);
    const [{ time, ...rest } = {}] = received;
    assert.deepEqual(
      [received.length, rest],
      [
        1,
        {
          event: "verified",
          project: "edgefirst",
          stack: "edge",
          release: "r2",
          startedBy: startedBy(),
          message: "it holds",
          text: "Release r2 is verified on edge\nit holds",
        },
      ],
    );
    assert.ok(Math.abs(Date.parse(String(time)) - Date.now()) < 60_000);
    assert.deepEqual(double.logged, []);
  });

  it("warns about a channel that fails, without failing the update", async () => {
    status = 500;
    const sent = await notifier({}, { notifyWebhook: secret(url) }).send("verified", "m");
    assert.deepEqual(sent, [{ channel: "webhook", outcome: "failed", message: "returned 500" }]);
    assert.deepEqual(double.logged, ["warn: Sending a notification failed (webhook): returned 500."]);
  });

  it("sends to a channel only if it is configured and has all its secrets", async () => {
    const all = { notifyWebhook: secret(url), pushoverToken: secret("t"), pushoverUserKey: secret("u") };
    const fetched: string[] = [];
    const fetch = mock.method(globalThis, "fetch", (to: string) => {
      fetched.push(to);
      return Promise.resolve(new Response("ok"));
    });
    try {
      const channels = async (settings: object, secrets: NotifySecrets) =>
        (await notifier(settings, secrets).send("verified", "m")).map(({ channel }) => channel);
      const both = { webhook: true, pushover: true };
      assert.deepEqual(await channels(both, all), ["webhook", "pushover"]);
      assert.deepEqual(fetched, [url, "https://api.pushover.net/1/messages.json"]);
      assert.deepEqual(await channels({ webhook: false, pushover: false }, all), []);
      assert.deepEqual(await channels({ webhook: false, pushover: true }, all), ["pushover"]);
      assert.deepEqual(await channels(both, {}), []);
      assert.deepEqual(await channels(both, { pushoverToken: secret("t") }), []);
      assert.deepEqual(await channels(both, { pushoverUserKey: secret("u") }), []);
    } finally {
      fetch.mock.restore();
    }
  });

  it("words each event, and raises the priority of a failure only", () => {
    const titles = (["verified", "failed", "refused", "inconclusive"] as const).map((event) => {
      const { text } = JSON.parse(webhookChannel("u").body({ ...NOTIFICATION, event })) as { text: string };
      const form = new URLSearchParams(pushoverChannel("t", "u").body({ ...NOTIFICATION, event }));
      assert.equal(form.has("url"), false);
      return `${text.split("\n")[0] ?? ""}, ${form.get("priority") ?? ""}`;
    });
    assert.deepEqual(titles, [
      "Release r2 is verified on edge, 0",
      "Release r2 failed on edge, 1",
      "Release r2 is refused for edge, 0",
      "Release r2 has no result on edge, 0",
    ]);
  });
});

describe("the account and the CI run that started an update", () => {
  it("are those that each CI system documents", () => {
    for (const [runKey, accountKey] of [
      ["CI_JOB_URL", "GITLAB_USER_LOGIN"],
      ["BUILDKITE_BUILD_URL", "BUILDKITE_BUILD_CREATOR"],
      ["CIRCLE_BUILD_URL", "CIRCLE_USERNAME"],
      ["BUILD_URL", "BUILD_USER_ID"],
    ] as const) {
      assert.deepEqual(startedBy({ [runKey]: "https://ci/1", [accountKey]: "bob" }), {
        who: "bob",
        run: "https://ci/1",
      });
      assert.deepEqual(startedBy({ [runKey]: "https://ci/1" }), { who: "unknown", run: "https://ci/1" });
    }
    const forgejo = { GITHUB_RUN_ID: "7", GITHUB_SERVER_URL: "https://git", GITHUB_REPOSITORY: "a/b" };
    assert.deepEqual(startedBy(forgejo), {
      who: "unknown",
      run: "https://git/a/b/actions/runs/7/attempts/1",
    });
  });

  it("are the user and the host if a variable is missing", () => {
    const all = { GITHUB_RUN_ID: "7", GITHUB_SERVER_URL: "https://git", GITHUB_REPOSITORY: "a/b" };
    for (const missing of Object.keys(all))
      assert.deepEqual(startedBy({ ...all, [missing]: undefined }), {
        who: `${userInfo().username}@${hostname()}`,
      });
    assert.equal(describeStart({ who: "bob", run: "https://ci/1" }), "bob (https://ci/1)");
  });
});

describe("an update in the history", () => {
  const own = outputsOf("r2", [verification("r2"), verification("r1", { time: "2026-01-01T00:00:00Z" })])
    .evidence as Evidence;
  const gate = { findings: [], upstream: [], differences: [] };

  it("begins with the release that ran before, and with who started it", () => {
    const args = { own, current: "r2", manifests: {}, release: "r1" };
    const began = "2026-01-31T12:00:00.000Z";
    assert.deepEqual(beginningMove(args, gate, "r2", began), {
      release: "r1",
      from: "r2",
      movement: "back",
      began,
      allowed: ["a move back: this stack verified it at 2026-01-01T00:00:00Z"],
      startedBy: startedBy(),
    });
    assert.equal("from" in beginningMove(args, gate, undefined, began), false);
  });

  it("quotes only what was overridden", () => {
    const findings = [{ severity: "warning", message: "Not Overridden: x" }] as const;
    const args = { own: undefined, current: undefined, manifests: {}, release: "r1" };
    assert.deepEqual(whyAllowed(args, { ...gate, findings }), []);
  });
});

describe("summary of a verification", () => {
  const check = (fields: object) =>
    ({ id: "flux", outcome: "held", objects: 1, notes: [], unhealthyBefore: [], ...fields }) as never;
  const failure = { check: "flux", object: "Kustomization n/a", message: "boom" };

  it("says for how long the release held, and what was not proven, one point per line", () => {
    assert.equal(summaryOf(verification("r1")), "Release r1 is verified after a soak of 300 s.");
    const [first, ...points] = summaryOf(
      verification("r1", {
        checks: [check({ notes: ["One.", "Two."] }), check({ id: "gatus", notes: ["Three."] })],
      }),
    ).split("\n");
    assert.equal(first, "Release r1 is verified after a soak of 300 s.");
    assert.equal(points.length, 3);
    for (const point of points) assert.match(point, /^ {2}\S.*\.$/);
  });

  it("names each failure, then what was not proven", () => {
    const failed = { ...revocation("r1"), failures: [failure, { ...failure, object: "Kustomization n/b" }] };
    assert.deepEqual(
      summaryOf({ ...failed, checks: [check({ notes: ["One."] })] })
        .split("\n")
        .slice(0, 3),
      [
        "Verification of release r1 failed. The release is revoked, and the gate of each downstream stack refuses it.",
        "- flux: Kustomization n/a: boom",
        "- flux: Kustomization n/b: boom",
      ],
    );
  });

  it("says that there is no result, and what was failing", () => {
    const summary = inconclusiveSummary("r1", { inconclusive: "the token expired", failures: [failure] });
    assert.equal(
      summary,
      "Inconclusive: verification of release r1 has no result: the token expired. The evidence was not changed. Run pulumi up again.\n- flux: Kustomization n/a: boom",
    );
  });

  it("is one line of the evidence", () => {
    const line = (release: string, verified: object[], revoked: object[] = []) =>
      evidenceLine(release, outputsOf("r1", verified as never, revoked as never).evidence);
    assert.equal(line("r2", [verification("r1")]), "release r2 is not verified");
    assert.equal(evidenceLine("r1", { version: 9 }), "release r1 is not verified");
    assert.match(
      line("r1", [verification("r1")]),
      /^release r1 was verified at 2026-01-31T12:00:00Z after a soak of 300 s/,
    );
    const strong = verification("r1", { checks: [check({})] });
    const weaker = verification("r1", { checks: [check({ notes: ["One."] })] });
    assert.doesNotMatch(line("r1", [strong]), /not proven/);
    assert.match(line("r1", [weaker]), /, 1 point not proven$/);
    const failed = { ...revocation("r1"), failures: [failure, failure] };
    assert.equal(
      line("r1", [], [failed]),
      "release r1 failed its verification at 2026-01-31T12:00:00Z: 2 failures, the first of them Kustomization n/a",
    );
  });
});

describe("a failed update", () => {
  it("logs the message, and sets the exit code with which the engine stores outputs", async () => {
    const double = await engineDouble();
    const before = process.listeners("exit");
    const { exitCode } = process;
    try {
      failUpdate("it failed");
      const added = process.listeners("exit").filter((listener) => !before.includes(listener));
      assert.equal(added.length, 1);
      for (const listener of added) {
        process.off("exit", listener);
        listener(0);
      }
      assert.equal(process.exitCode, 32);
      assert.deepEqual(double.logged, ["error: it failed"]);
    } finally {
      process.exitCode = exitCode;
      double.restore();
    }
  });
});

describe("reports while the engine waits for Deployments", () => {
  const deployment = (name: string, message: string | undefined): KubeObject => ({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: {
      name,
      namespace: "n",
      labels: { "edgefirst.dev/stack": "edge" },
      managedFields: [{ manager: "edgefirst", operation: "Apply" }],
    },
    spec: { replicas: 1 },
    status: {
      conditions: message === undefined ? [] : [{ type: "ReplicaFailure", status: "True", message }],
    },
  });
  let objects: KubeObject[];
  let lines: string[];
  beforeEach(() => {
    lines = [];
    mock.timers.enable({ apis: ["setInterval"] });
  });
  afterEach(() => {
    mock.timers.reset();
  });
  const start = (cluster: ScriptedCluster = scriptedCluster(() => objects)) =>
    reportWaiting({
      cluster,
      stack: "edge",
      progress: (line, lasting) => lines.push(`${line}${lasting ? "" : " (passing)"}`),
    });
  async function pass(ms: number): Promise<void> {
    mock.timers.tick(ms);
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  }

  it("name each Deployment that fails, with its reason, once until that changes", async () => {
    objects = [deployment("a", "quota"), deployment("b", "webhook"), deployment("c", undefined)];
    const stop = start();
    await pass(4_999);
    assert.deepEqual(lines, []);
    await pass(1);
    await pass(5_000);
    const both = "still waiting for Deployment n/a: quota; Deployment n/b: webhook";
    assert.deepEqual(lines, [both]);
    objects = [];
    await pass(5_000);
    assert.deepEqual(lines, [both]);
    objects = [deployment("a", "quota")];
    await pass(5_000);
    assert.deepEqual(lines, [both, "still waiting for Deployment n/a: quota"]);
    stop();
    objects = [deployment("a", "other")];
    await pass(10_000);
    assert.equal(lines.length, 2);
  });

  it("are left out while the cluster does not respond, which the engine reports", async () => {
    const rejected: unknown[] = [];
    const listener = (error: unknown): void => void rejected.push(error);
    const others = process.listeners("unhandledRejection");
    process.removeAllListeners("unhandledRejection").on("unhandledRejection", listener);
    try {
      const failing = scriptedCluster(() => []);
      failing.list = () => Promise.reject(new EdgefirstError("unreachable"));
      const stop = start(failing);
      await pass(5_000);
      assert.deepEqual(rejected, []);
      failing.list = () => Promise.reject(new TypeError("bug"));
      await pass(5_000);
      stop();
      assert.equal(rejected.length, 1);
    } finally {
      process.off("unhandledRejection", listener);
      for (const other of others) process.on("unhandledRejection", other);
    }
    assert.deepEqual(lines, []);
  });
});
