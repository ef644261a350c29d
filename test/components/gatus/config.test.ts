import assert from "node:assert/strict";
import { parse } from "yaml";
import { endpointKey } from "../../../kube/gatus-endpoints.ts";
import { gatusConfig, pushoverConfig, SELF_ENDPOINT } from "../../../components/gatus/config.ts";

const endpoint = {
  name: "dns",
  group: "internal",
  url: "1.1.1.1",
  interval: "1m",
  conditions: ["len([BODY]) == 0"],
};
const base = (...args: Parameters<typeof gatusConfig>) =>
  parse(gatusConfig(...args)) as Record<string, unknown>;

describe("Gatus's base configuration", () => {
  it("adds an endpoint if none is configured, since Gatus does not run without any", () => {
    assert.deepEqual(base([], { type: "memory" }).endpoints, [SELF_ENDPOINT]);
    assert.deepEqual(base([endpoint], { type: "memory" }).endpoints, [endpoint]);
  });

  it("serves pages and metrics on an unprivileged port, and survives an invalid file", () => {
    const config = base([], { type: "memory" });
    assert.deepEqual(config.web, { port: 8080 });
    assert.equal(config.metrics, true);
    assert.equal(config["skip-invalid-config-update"], true);
  });

  it("passes on unknown fields of an endpoint", () => {
    const withMore = { ...endpoint, alerts: [{ type: "pushover" }], dns: { "query-type": "A" } };
    assert.deepEqual(base([withMore], { type: "memory" }).endpoints, [withMore]);
  });

  it("sets no path for memory, a file for SQLite, and no URL for Postgres, which is in another file", () => {
    assert.deepEqual(base([], { type: "memory" }).storage, { type: "memory" });
    assert.deepEqual(base([], { type: "sqlite", size: "1Gi" }).storage, {
      type: "sqlite",
      path: "/data/gatus.db",
      caching: true,
    });
    assert.deepEqual(base([], { type: "postgres", secret: "db", key: "url" }).storage, {
      type: "postgres",
      caching: true,
    });
  });

  it("escapes dollar signs in a token, so that they are not expanded", () => {
    const { alerting } = parse(pushoverConfig("a$HOME", "user")) as {
      alerting: { pushover: Record<string, unknown> };
    };
    assert.equal(alerting.pushover["application-token"], "a$$HOME");
    assert.equal(alerting.pushover["user-key"], "user");
  });

  it("builds an endpoint's key the way Gatus does", () => {
    // Cases from Gatus's test for config/key, plus the dot, which gives a.b and a-b the same key.
    assert.equal(endpointKey("Core", "Front End"), "core_front-end");
    assert.equal(endpointKey("a/b test", "a"), "a-b-test_a");
    assert.equal(endpointKey(undefined, "name"), "_name");
    assert.equal(endpointKey("", "a.b"), endpointKey("", "a-b"));
  });
});
