import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import { ApiError } from "../../../kube/api-error.ts";
import { EdgefirstError } from "../../../lib/errors.ts";
import { readStatus, readStatuses } from "../../../staging/checks/gatus-api.ts";
import { getService, getUrl, networkReason } from "../../../staging/checks/http-get.ts";
import { scriptedCluster, unreachable } from "../../support/scripted-cluster.ts";
import { listening } from "../../support/listening.ts";

const SERVICE = { namespace: "n", service: "app", port: "80" };
const refusing = (error: unknown) =>
  scriptedCluster(
    () => [],
    () => {
      throw error;
    },
  );
const apiError = (status: number, message: string): ApiError =>
  new ApiError({ request: "GET /", context: "edge", status, body: { message } });

describe("requests of the checks", () => {
  let server: Server;
  let url: string;
  let answer: { status: number; body: string };
  before(async () => {
    server = createServer((_, response) => {
      response.writeHead(answer.status, { location: "/elsewhere" });
      response.end(answer.body);
    });
    url = `http://${await listening(server)}`;
  });
  after(() => server.close());

  it("to a URL return the status and the body, also of a redirect", async () => {
    answer = { status: 302, body: "over there" };
    assert.deepEqual(await getUrl(url), { state: "answered", status: 302, body: "over there" });
  });

  it("report why there is no response, without the address", () => {
    const withCause = (cause: unknown) => new TypeError("fetch failed for http://user:pw@x", { cause });
    const timeout = Object.assign(new Error("http://user:pw@x"), { name: "TimeoutError" });
    assert.deepEqual(
      [
        timeout,
        withCause(Object.assign(new Error("x"), { code: "ENOTFOUND" })),
        Object.assign(new Error("x"), { code: "ECONNRESET" }),
        { code: "EPIPE" },
        withCause(Object.assign(new Error("http://user:pw@x"), { code: 7 })),
        withCause(undefined),
        new Error("http://user:pw@x"),
        { cause: { code: "EPIPE" } },
        { name: "TimeoutError", code: "ETIMEDOUT" },
      ].map((error) => networkReason(error, 5_000)),
      [
        "no response within 5 s",
        "ENOTFOUND",
        "ECONNRESET",
        "EPIPE",
        "the request failed",
        "the request failed",
        "the request failed",
        "the request failed",
        "ETIMEDOUT",
      ],
    );
  });

  it("to a Service distinguish its errors from those of the API server", async () => {
    const get = (error: unknown) => getService(refusing(error), SERVICE, "/healthz");
    assert.deepEqual(await get(apiError(503, "no endpoints")), { state: "silent", reason: "no endpoints" });
    assert.deepEqual(await get(apiError(404, "no route")), {
      state: "answered",
      status: 404,
      body: "no route",
    });
    for (const error of [new EdgefirstError("cluster edge cannot be reached"), new TypeError("bug")])
      await assert.rejects(get(error), error);
    await assert.rejects(getService(scriptedCluster(unreachable), SERVICE, "/"), /cannot be reached/);
  });

  it("read the API server before the Service", async () => {
    const paths: string[] = [];
    const cluster = {
      ...scriptedCluster(() => []),
      read: (path: string) => {
        paths.push(path);
        return Promise.resolve(path);
      },
    };
    const path = "/api/v1/namespaces/n/services/http:app:80/proxy/healthz";
    assert.deepEqual(await getService(cluster, SERVICE, "/healthz"), {
      state: "answered",
      status: 200,
      body: path,
    });
    assert.deepEqual(paths, ["/version", path]);
  });

  describe("to Gatus", () => {
    const byUrl = () => ({ address: { url }, cluster: scriptedCluster(unreachable) });
    const byService = (error: unknown) => ({ address: SERVICE, cluster: refusing(error) });

    it("at a URL need no cluster", async () => {
      answer = { status: 200, body: "[]" };
      assert.deepEqual(await readStatuses(byUrl()), []);
    });

    it("fail with the cluster's error if Gatus is reached through a cluster that does not respond", async () => {
      await assert.rejects(
        readStatuses({ address: SERVICE, cluster: scriptedCluster(unreachable) }),
        /cannot be reached/,
      );
    });

    it("report why there are no endpoints", async () => {
      const reason = async (status: number, body = ""): Promise<unknown> => {
        answer = { status, body };
        return readStatuses(byUrl());
      };
      const statuses = `${url}/api/v1/endpoints/statuses`;
      const hint = "; set its credentials in the secret edgefirst:gatusCredentials";
      assert.equal(await reason(401), `${statuses} returned 401${hint}`);
      assert.equal(await reason(403), `${statuses} returned 403${hint}`);
      assert.equal(await reason(500), `${statuses} returned 500`);
      assert.equal(await reason(200, "{}"), "the response is not a list of endpoints");
      assert.equal(await reason(200, '[{"key": 1}]'), "the response is not a list of endpoints");
      assert.match(String(await reason(200, "<html>")), /^cannot read http:\S+statuses: .*JSON/);
      const closed = await readStatuses({ ...byUrl(), address: { url: "http://127.0.0.1:1" } });
      assert.match(
        JSON.stringify(closed),
        /^"cannot read http:\/\/127\.0\.0\.1:1\/api\/v1\/endpoints\/statuses: (connect ECONNREFUSED|bad port)/,
      );
      assert.equal(await readStatuses(byService(new Error("one\ntwo"))), "one");
      // What a proxy's client throws may be no Error.
      assert.equal(await readStatuses(byService("plain text")), "plain text");
    });

    it("read one endpoint, or nothing if Gatus does not have it", async () => {
      answer = { status: 200, body: JSON.stringify({ key: "_app", results: null }) };
      assert.deepEqual(await readStatus(byUrl(), "_app"), { key: "_app", results: null });
      answer = { status: 404, body: "" };
      assert.equal(await readStatus(byUrl(), "_app"), undefined);
      assert.equal(await readStatus(byService(apiError(404, "x")), "_app"), undefined);
    });
  });
});
