import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import {
  pushoverChannel,
  sendNotification,
  webhookChannel,
  type Notification,
} from "../../staging/notify.ts";
import { describeStart, startedBy } from "../../staging/started-by.ts";
import { listening } from "../support/listening.ts";

const NOTIFICATION: Notification = {
  event: "failed",
  project: "edgefirst",
  stack: "edge",
  release: "r2",
  time: "2026-01-31T12:00:00.000Z",
  startedBy: { who: "alice", run: "https://ci.example.com/1" },
  message: `The verification failed.\n${"x".repeat(2_000)}`,
};

describe("notifications, to a local server", () => {
  let server: Server;
  let url: string;
  let received: { path: string; type: string; body: string }[];
  let statuses: number[];
  before(async () => {
    server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        received.push({ path: request.url ?? "", type: request.headers["content-type"] ?? "", body });
        response.writeHead(statuses.shift() ?? 200).end("ok");
      });
    });
    url = `http://${await listening(server)}`;
  });
  beforeEach(() => {
    received = [];
    statuses = [];
  });
  after(() => server.close());

  it("reach a webhook as JSON with every field, and a text for chat programs", async () => {
    const results = await sendNotification([webhookChannel(`${url}/hook?token=t`)], NOTIFICATION);
    assert.deepEqual(results, [{ channel: "webhook", outcome: "sent" }]);
    assert.deepEqual(
      [received.length, received[0]?.path, received[0]?.type],
      [1, "/hook?token=t", "application/json"],
    );
    const { text, ...fields } = JSON.parse(received[0]?.body ?? "") as Notification & { text: string };
    assert.deepEqual(fields, NOTIFICATION);
    assert.match(text, /^Release r2 failed on edge\nThe verification failed\.\n/);
  });

  it("reach Pushover as its API documents it, within its length", async () => {
    const results = await sendNotification([pushoverChannel("token", "user", url)], NOTIFICATION);
    assert.deepEqual(results, [{ channel: "pushover", outcome: "sent" }]);
    const { message = "", ...form } = Object.fromEntries(new URLSearchParams(received[0]?.body));
    assert.deepEqual(form, {
      token: "token",
      user: "user",
      title: "Release r2 failed on edge",
      priority: "1",
      url: "https://ci.example.com/1",
    });
    assert.equal(message.length, 1_024);
    assert.equal(received[0]?.type, "application/x-www-form-urlencoded");
  });

  it("are sent again once", async () => {
    statuses = [500];
    assert.deepEqual(await sendNotification([webhookChannel(url)], NOTIFICATION, 1), [
      { channel: "webhook", outcome: "sent" },
    ]);
    assert.equal(received.length, 2);
    statuses = [500, 429, 200];
    assert.deepEqual(await sendNotification([webhookChannel(url)], NOTIFICATION, 1), [
      { channel: "webhook", outcome: "failed", message: "returned 429" },
    ]);
    assert.equal(received.length, 4);
  });

  it("that nothing receives report why, without the URL and its token", async () => {
    const channels = [webhookChannel("http://127.0.0.1:1/?token=secret"), webhookChannel(url)];
    const [lost, sent] = await sendNotification(channels, NOTIFICATION, 1);
    assert.equal(lost?.outcome, "failed");
    assert.match(lost.message ?? "", /^(ECONNREFUSED|the request failed)$/);
    assert.deepEqual(sent, { channel: "webhook", outcome: "sent" });
  });
});

describe("who started an update", () => {
  it("is the account and the run of a CI system, where there is one", () => {
    const github = {
      GITHUB_RUN_ID: "42",
      GITHUB_RUN_ATTEMPT: "2",
      GITHUB_SERVER_URL: "https://github.com",
      GITHUB_REPOSITORY: "alice/fleet",
      GITHUB_ACTOR: "alice",
    };
    assert.deepEqual(startedBy(github), {
      who: "alice",
      run: "https://github.com/alice/fleet/actions/runs/42/attempts/2",
    });
    const gitlab = { CI_JOB_URL: "https://gitlab.example.com/jobs/1", GITLAB_USER_LOGIN: "bob" };
    assert.deepEqual(startedBy(gitlab), { who: "bob", run: "https://gitlab.example.com/jobs/1" });
    assert.equal(describeStart(startedBy(gitlab)), "bob (https://gitlab.example.com/jobs/1)");
  });

  it("is the user and the host elsewhere", () => {
    const { who, run } = startedBy({});
    assert.match(who, /^[^@]+@.+$/);
    assert.equal(run, undefined);
    assert.equal(describeStart({ who }), who);
  });
});
