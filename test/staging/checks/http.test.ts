import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { HttpCheck } from "../../../config/own-checks.ts";
import { ApiError } from "../../../kube/api-error.ts";
import { httpCheck } from "../../../staging/checks/http.ts";
import { scriptedCluster, unreachable } from "../../support/scripted-cluster.ts";
import { listening } from "../../support/listening.ts";

describe("check http, on a local server", () => {
  let server: Server;
  let url: string;
  const cluster = scriptedCluster(
    () => [],
    (path) => {
      if (path.endsWith("/services/http:app:80/proxy/healthz?full=1")) return { status: "up" };
      const status = Number(/proxy\/(\d+)$/.exec(path)?.[1]);
      throw new ApiError({
        request: `GET ${path}`,
        context: "edge",
        status,
        body: { message: "no endpoints" },
      });
    },
  );
  before(async () => {
    server = createServer(({ url: path = "" }, response) => {
      if (path === "/login") response.writeHead(302, { location: "/ok" });
      else if (path === "/broken") response.writeHead(500);
      response.end("all is well");
    });
    url = `http://${await listening(server)}`;
  });
  after(() => server.close());

  async function verdict(request: HttpCheck): Promise<string> {
    const { verdicts } = await httpCheck(cluster, { home: request }).run();
    assert.deepEqual([verdicts.length, verdicts[0]?.object, verdicts[0]?.own], [1, "HTTP check home", true]);
    return `${verdicts[0]?.state ?? ""}: ${verdicts[0]?.message ?? ""}`;
  }
  const byUrl = (path: string, more: object = {}): Promise<string> =>
    verdict({ url: url + path, status: [200], ...more });

  it("holds for an expected status and text only", async () => {
    assert.equal(await byUrl("/ok"), "held: ");
    assert.equal(await byUrl("/ok", { contains: "is well" }), "held: ");
    assert.equal(
      await byUrl("/ok", { contains: "is down" }),
      "failed: the response does not contain the expected text",
    );
    assert.equal(await byUrl("/broken"), "failed: returned 500, expected 200");
    assert.equal(await byUrl("/broken", { status: [200, 500] }), "held: ");
  });

  it("does not follow a redirect to a login page", async () => {
    assert.equal(await byUrl("/login"), "failed: returned 302, expected 200");
  });

  it("fails if nothing answers, without repeating the URL", async () => {
    const request = { url: "http://127.0.0.1:1/?token=secret", status: [200] };
    assert.match(await verdict(request), /^failed: (ECONNREFUSED|the request failed)$/);
  });

  it("reaches a Service through the API server", async () => {
    const service = { namespace: "apps", service: "app", port: "80" };
    assert.equal(await verdict({ ...service, path: "/healthz?full=1" }), "held: ");
    assert.equal(await verdict({ ...service, path: "/404" }), "failed: returned 404");
    assert.equal(
      await verdict({ ...service, path: "/503" }),
      "failed: cannot be reached through the API server: no endpoints",
    );
  });

  it("does not blame a Service for an outage of the API server", async () => {
    const request = { namespace: "apps", service: "app", port: "80", path: "/" };
    await assert.rejects(
      httpCheck(scriptedCluster(unreachable), { home: request }).run(),
      /cannot be reached/,
    );
  });
});
