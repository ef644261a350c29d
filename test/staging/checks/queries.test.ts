import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { QueryCheck, ServiceAddress } from "../../../config/own-checks.ts";
import { ApiError } from "../../../kube/api-error.ts";
import { evaluateQuery } from "../../../staging/checks/prometheus-api.ts";
import { queriesCheck } from "../../../staging/checks/queries.ts";
import { defaultWindow } from "../../../staging/own-check-settings.ts";
import { scriptedCluster } from "../../support/scripted-cluster.ts";
import { listening } from "../../support/listening.ts";

const vector = (...values: (readonly [metric: object, value: string])[]) => ({
  status: "success",
  data: {
    resultType: "vector",
    result: values.map(([metric, value]) => ({ metric, value: [1_700_000_000.5, value] })),
  },
});
const scalar = (value: string) => ({
  status: "success",
  data: { resultType: "scalar", result: [1_700_000_000, value] },
});
const rejected = { status: "error", errorType: "bad_data", error: "parse error: unexpected end of input" };
const query = (fields: Partial<QueryCheck>): QueryCheck => ({ query: "up", empty: "wait", ...fields });

describe("check queries, on a local server that answers like Prometheus' documented HTTP API", () => {
  let server: Server;
  let prometheus: ServiceAddress;
  let answer: { status: number; body: unknown };
  let asked: string[];
  const cluster = scriptedCluster(
    () => [],
    (path) => {
      asked.push(path);
      if (answer.status === 200) return answer.body;
      throw new ApiError({ request: `GET ${path}`, context: "edge", ...answer });
    },
  );
  before(async () => {
    server = createServer(({ url = "" }, response) => {
      asked.push(url);
      response.writeHead(answer.status, { "content-type": "application/json" });
      response.end(JSON.stringify(answer.body));
    });
    prometheus = { url: `http://${await listening(server)}/` };
  });
  beforeEach(() => {
    asked = [];
  });
  after(() => server.close());

  async function verdict(
    settings: QueryCheck,
    body: unknown,
    status = 200,
    address = prometheus,
  ): Promise<string> {
    answer = { status, body };
    const check = queriesCheck({ cluster, prometheus: address, queries: { errors: settings }, window: "5m" });
    const { verdicts } = await check.run();
    assert.deepEqual([verdicts.length, verdicts[0]?.object, verdicts[0]?.own], [1, "Query errors", true]);
    return `${verdicts[0]?.state ?? ""}: ${verdicts[0]?.message ?? ""}${verdicts[0]?.final ? " (final)" : ""}`;
  }

  it("holds if every value is within the threshold, bounds included", async () => {
    assert.equal(await verdict(query({ min: 1, max: 2 }), vector([{}, "1"], [{}, "2"])), "held: ");
    assert.equal(await verdict(query({ max: 0.01 }), scalar("0.01")), "held: ");
    assert.equal(
      await verdict(query({ max: 0.01 }), vector([{ app: "a" }, "0"], [{ app: "b" }, "0.5"])),
      'failed: is 0.5 for {app="b"}; expected at most 0.01',
    );
    assert.equal(
      await verdict(query({ min: 1, max: 2 }), vector([{}, "0"], [{}, "+Inf"], [{}, "-Inf"])),
      "failed: is 0, Infinity and 1 more; expected at least 1 and at most 2",
    );
  });

  it("waits for data, or holds without any if so configured; NaN is no data", async () => {
    for (const body of [vector(), scalar("NaN")]) {
      assert.equal(await verdict(query({ max: 1 }), body), "pending: has no data");
      assert.equal(await verdict(query({ max: 1, empty: "holds" }), body), "held: ");
    }
  });

  it("puts the window into the query: its own, or the default", async () => {
    const rate = "rate(errors_total[$window]) + rate(more[$window])";
    await verdict(query({ query: rate, max: 1 }), vector());
    await verdict(query({ query: rate, max: 1, window: "2m" }), vector());
    const sent = asked.map((path) => new URL(path, "http://p").searchParams.get("query"));
    assert.deepEqual(sent, [
      "rate(errors_total[5m]) + rate(more[5m])",
      "rate(errors_total[2m]) + rate(more[2m])",
    ]);
    assert.match(asked[0] ?? "", /^\/api\/v1\/query\?/);
  });

  it("that Prometheus rejects fails at once; one that it does not answer is waited for", async () => {
    const expected = "failed: Prometheus rejects the query: parse error: unexpected end of input (final)";
    assert.equal(await verdict(query({ max: 1 }), rejected, 400), expected);
    assert.equal(
      await verdict(query({ max: 1 }), "", 503),
      "pending: Prometheus does not respond: returned 503",
    );
    const nowhere = { url: "http://127.0.0.1:1" };
    assert.match(
      await verdict(query({ max: 1 }), "", 200, nowhere),
      /^pending: Prometheus does not respond: /,
    );
    const matrix = { status: "success", data: { resultType: "matrix", result: [] } };
    assert.match(await verdict(query({ max: 1 }), matrix), /^failed: .*not a result of an instant query/);
  });

  it("reaches Prometheus through the API server", async () => {
    const service = { namespace: "observability", service: "prometheus", port: "9090" };
    assert.equal(await verdict(query({ max: 1 }), vector([{}, "1"]), 200, service), "held: ");
    assert.equal(
      asked[0],
      "/api/v1/namespaces/observability/services/http:prometheus:9090/proxy/api/v1/query?query=up",
    );
    assert.match(
      await verdict(query({ max: 1 }), rejected, 400, service),
      /^failed: Prometheus rejects the query: parse error/,
    );
    assert.match(
      await verdict(query({ max: 1 }), { message: "no endpoints" }, 503, service),
      /^pending: Prometheus does not respond: no endpoints/,
    );
  });

  it("reads every documented form of a response, and refuses the others", async () => {
    const evaluate = async (body: unknown, status = 200) => {
      answer = { status, body };
      return evaluateQuery(prometheus, cluster, "up");
    };
    const noNumbers = {
      state: "invalid",
      reason: "the response is not a result of an instant query with numbers",
    };
    assert.deepEqual(await evaluate(vector([{ app: 'a"b', pod: "p" }, "1"], [{}, "-Inf"])), {
      state: "values",
      values: [
        { series: '{app="a\\"b",pod="p"}', value: 1 },
        { series: "", value: -Infinity },
      ],
    });
    assert.deepEqual(await evaluate(scalar("2")), { state: "values", values: [{ series: "", value: 2 }] });
    const histogram = { metric: {}, histogram: [1, {}] };
    const mixed = { status: "success", data: { resultType: "vector", result: [histogram] } };
    assert.deepEqual(await evaluate(mixed), { state: "values", values: [] });
    // Prometheus answers errors with other statuses, a proxy in front of it may not.
    assert.deepEqual(await evaluate(rejected), { state: "invalid", reason: rejected.error });
    assert.deepEqual(await evaluate(rejected, 422), { state: "invalid", reason: rejected.error });
    assert.deepEqual(await evaluate(rejected, 500), { state: "silent", reason: "returned 500" });
    assert.deepEqual(await evaluate(scalar("2"), 400), {
      state: "invalid",
      reason: JSON.stringify(scalar("2")).slice(0, 200),
    });
    const first = "x".repeat(201);
    assert.deepEqual(await evaluate(first, 400), { state: "invalid", reason: `"${first.slice(0, 199)}` });
    for (const body of [
      null,
      "text",
      { status: "success" },
      { status: "other", errorType: "e", error: "e" },
      { status: "error", error: "e" },
      { status: "success", data: { resultType: "string", result: [1, "s"] } },
      { status: "success", data: { resultType: "vector", result: [{ value: [1, "1"] }] } },
      { status: "success", data: { resultType: "vector", result: [{ metric: {}, value: ["1", "1"] }] } },
      { status: "success", data: { resultType: "scalar", result: [1, 1] } },
    ])
      assert.deepEqual(await evaluate(body), noNumbers, JSON.stringify(body));
  });

  it("looks back for the soak, or for a minute without one", () => {
    assert.deepEqual(["5m", "0s", "1h30m"].map(defaultWindow), ["5m", "1m", "1h30m"]);
  });
});
