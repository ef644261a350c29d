import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { get } from "node:https";
import type { AddressInfo } from "node:net";
import { resourceMetrics, serveResourceMetrics } from "../../../tools/sandbox/agent/resource-metrics.ts";

/** Holds 100 MB of memory and starts a child that uses half a second of CPU time and exits; then prints a line and waits. */
const PROGRAM = `
const held = Buffer.alloc(100e6, 1);
require("node:child_process").execFileSync(process.execPath, ["-e", "while (process.cpuUsage().user < 5e5);"]);
console.log(held.length);
setInterval(() => {}, 1000);
`;

const value = (text: string, name: string): number =>
  Number(
    text
      .split("\n")
      .find((line) => line.startsWith(name))
      ?.slice(name.length)
      .trim()
      .split(" ")[0],
  );

describe("sandbox agent: resource metrics", function () {
  this.timeout(60_000);

  it("count the CPU time of children that have exited, and the memory that is in use", async function () {
    if (process.platform !== "linux") this.skip();
    const child = spawn(process.execPath, ["-e", PROGRAM], { stdio: ["ignore", "pipe", "inherit"] });
    try {
      await once(child.stdout, "data", { signal: AbortSignal.timeout(50_000) });
      const place = { namespace: "apps", pod: "web-1", container: "web" };
      const startedAt = "2026-11-29T12:00:00Z";
      const text = resourceMetrics([{ ...place, pid: child.pid!, startedAt }], process.pid);
      const labels = '{container="web",namespace="apps",pod="web-1"}';
      const seconds = value(text, `container_cpu_usage_seconds_total${labels}`);
      assert.ok(seconds >= 0.5 && seconds < 10, String(seconds));
      const bytes = value(text, `container_memory_working_set_bytes${labels}`);
      assert.ok(bytes > 100e6 && bytes < 400e6, String(bytes));
      assert.equal(
        value(text, `container_start_time_seconds${labels}`),
        Date.parse("2026-11-29T12:00:00Z") / 1000,
      );
      assert.ok(value(text, "node_cpu_usage_seconds_total") > seconds);
      assert.ok(value(text, "node_memory_working_set_bytes") > bytes);
    } finally {
      child.kill("SIGKILL");
    }
  });

  it("are served over TLS, from the first connection on", async () => {
    const server = await serveResourceMetrics(() => [], { host: "127.0.0.1", port: 0 });
    const { port } = server.address() as AddressInfo;
    const ask = (path: string): Promise<[number | undefined, string]> =>
      new Promise((resolve, reject) => {
        get({ host: "127.0.0.1", port, path, rejectUnauthorized: false, agent: false }, (response) => {
          let body = "";
          response.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
          response.once("end", () => {
            resolve([response.statusCode, body]);
          });
        }).once("error", reject);
      });
    try {
      const [[status, body], [other]] = await Promise.all([ask("/metrics/resource"), ask("/stats")]);
      assert.deepEqual([status, other], [200, 404]);
      assert.match(body, /^node_memory_working_set_bytes \d/m);
    } finally {
      server.close();
    }
  });

  it("are zero for a process that has exited", () => {
    const exited = { namespace: "apps", pod: "web-1", container: "web", pid: 2 ** 22, startedAt: "" };
    const text = resourceMetrics([exited], process.pid);
    assert.match(text, /^container_cpu_usage_seconds_total\{.*\} 0 /m);
  });
});
