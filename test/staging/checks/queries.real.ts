import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { QueryCheck } from "../../../config/own-checks.ts";
import { queriesCheck } from "../../../staging/checks/queries.ts";
import { waitUntil } from "../../../tools/sandbox/processes.ts";
import { resolveProgram } from "../../../tools/toolchain/resolve.ts";
import { freePort } from "../../../tools/sandbox/ports.ts";
import { scriptedCluster } from "../../support/scripted-cluster.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

describe("check queries, on a real Prometheus that scrapes itself every second", function () {
  this.timeout(120_000);
  const dir = temporaryDirectory("edgefirst-prometheus-");
  let prometheus: ChildProcess;
  let url: string;

  before(async () => {
    const { path } = await resolveProgram("prometheus", { progress: () => undefined });
    const address = `127.0.0.1:${await freePort()}`;
    url = `http://${address}`;
    const config = {
      global: { scrape_interval: "1s" },
      scrape_configs: [{ job_name: "prometheus", static_configs: [{ targets: [address] }] }],
    };
    writeFileSync(join(dir, "prometheus.yml"), JSON.stringify(config));
    prometheus = spawn(
      path,
      [
        `--config.file=${join(dir, "prometheus.yml")}`,
        `--storage.tsdb.path=${join(dir, "data")}`,
        `--web.listen-address=${address}`,
      ],
      { stdio: "ignore" },
    );
    await waitUntil(
      "scrapes at two steps of five seconds",
      async () => (await stateOf({ query: "count_over_time(up[1m:5s])", min: 2 })) === "held",
      { timeoutMs: 60_000 },
    );
  });
  after(async () => {
    const ended = new Promise((resolve) => prometheus.once("exit", resolve));
    prometheus.kill();
    await ended;
  });

  async function verdict(settings: Partial<QueryCheck> & { query: string }): Promise<string> {
    const check = queriesCheck({
      cluster: scriptedCluster(() => []),
      prometheus: { url },
      queries: { own: { empty: "wait", ...settings } },
      window: "1m",
    });
    const [found] = (await check.run()).verdicts;
    return `${found?.state ?? ""}: ${found?.message ?? ""}`;
  }
  const stateOf = async (settings: Partial<QueryCheck> & { query: string }): Promise<string> =>
    (await verdict(settings)).split(":")[0] ?? "";

  it("holds and fails by the threshold, for a vector and for a scalar", async () => {
    assert.equal(await verdict({ query: "up", min: 1 }), "held: ");
    assert.match(
      await verdict({ query: "up", max: 0 }),
      /^failed: is 1 for \{__name__="up",instance="127\.0\.0\.1:\d+",job="prometheus"\}; expected at most 0$/,
    );
    assert.equal(await verdict({ query: "scalar(sum(up))", min: 1, max: 1 }), "held: ");
  });

  it("fills in the window", async () => {
    assert.equal(
      await verdict({ query: "sum(rate(prometheus_http_requests_total[$window]))", min: 0 }),
      "held: ",
    );
    assert.equal(await verdict({ query: "max_over_time(up[$window:5s])", min: 1, window: "30s" }), "held: ");
  });

  it("waits for data where there is none, or divides by zero", async () => {
    assert.equal(await verdict({ query: "up == 7", min: 1 }), "pending: has no data");
    assert.equal(await verdict({ query: "vector(0) / 0", min: 1 }), "pending: has no data");
    assert.equal(await verdict({ query: "up == 7", max: 0, empty: "holds" }), "held: ");
    assert.equal(await stateOf({ query: "vector(1) / 0", max: 1 }), "failed");
  });

  it("fails for a query that cannot be parsed, or yields a range", async () => {
    assert.match(
      await verdict({ query: "rate(", min: 1 }),
      /^failed: Prometheus rejects the query: .*parse error/,
    );
    assert.match(await verdict({ query: "up[1m]", min: 1 }), /^failed: .*not a result of an instant query/);
  });
});
