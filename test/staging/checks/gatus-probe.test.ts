import assert from "node:assert/strict";
import type { RouteProbes } from "../../../config/gatus-address.ts";
import type { KubeObject } from "../../../kube/objects.ts";
import type { EndpointResult } from "../../../staging/checks/gatus-api.ts";
import { gatusCheck } from "../../../staging/checks/gatus.ts";
import { countsFrom, staleProbe } from "../../../staging/checks/gatus-probe.ts";
import { scriptedCluster } from "../../support/scripted-cluster.ts";

const route: KubeObject = {
  apiVersion: "gateway.networking.k8s.io/v1",
  kind: "HTTPRoute",
  metadata: { name: "app", namespace: "apps" },
  spec: { hostnames: ["app.example.com"] },
};
const changed = (created: string, ...entries: object[]): KubeObject => ({
  ...route,
  metadata: { ...route.metadata, creationTimestamp: created, managedFields: entries },
});
const result = (conditions: readonly string[], hostname?: string): EndpointResult => ({
  success: true,
  timestamp: "2026-01-31T12:00:00Z",
  ...(hostname !== undefined && { hostname }),
  conditionResults: conditions.map((condition) => ({ condition, success: true })),
});
const DISCOVERED: RouteProbes = { discovered: true };
const OTHERS: RouteProbes = { discovered: false };
const OK = ["[STATUS] == 200"];
const CONNECTED = ["[CONNECTED] == true"];

describe("a result of an earlier probe", () => {
  const found = (last: EndpointResult, fragment: Record<string, unknown>, probes = DISCOVERED) =>
    staleProbe(last, { route, fragment, probes });

  it("is recognised by its conditions, against the annotations or gatus-sidecar's default", () => {
    assert.match(
      found(result(CONNECTED), {}) ?? "",
      /still probed with the condition \[CONNECTED\] == true instead of \[STATUS\] == 200/,
    );
    assert.match(found(result(OK), { conditions: CONNECTED }) ?? "", /instead of \[CONNECTED\] == true/);
    assert.match(found(result(OK), { conditions: "[STATUS] == 204" }) ?? "", /instead of \[STATUS\] == 204/);
    assert.match(found(result([...OK, ...CONNECTED]), {}) ?? "", /still probed/);
    assert.equal(found(result(OK), {}), undefined);
    assert.equal(found(result(CONNECTED), { conditions: CONNECTED }), undefined);
  });

  it("is recognised by its host", () => {
    assert.match(
      found(result(OK, "old.example.com"), {}) ?? "",
      /with old\.example\.com instead of app\.example\.com/,
    );
    assert.equal(found(result(OK, "app.example.com"), {}), undefined);
    assert.match(
      found(result(OK, "app.example.com"), { url: "http://b.example.com:81/x" }) ?? "",
      /b\.example\.com/,
    );
    assert.equal(found(result(OK, "B.example.com"), { url: "http://b.example.com:81/x" }), undefined);
  });

  it("is not assumed where Gatus or another owner leaves it open", () => {
    assert.equal(found(result([]), {}), undefined, "hidden conditions");
    assert.equal(found(result(["[BODY] == x"]), { conditions: ["[BODY] == ${X}"] }), undefined, "variables");
    assert.equal(
      found(result(["[STATUS] (200) == 200"]), { ui: { "resolve-successful-conditions": true } }),
      undefined,
    );
    assert.equal(found(result(CONNECTED, "1.1.1.1"), { dns: {} }), undefined);
    assert.equal(found({ ...result(CONNECTED), success: false }, {}), undefined);
    assert.equal(found(result(CONNECTED, "internal"), {}, OTHERS), undefined, "endpoints of another owner");
    assert.match(found(result(CONNECTED), { conditions: OK }, OTHERS) ?? "", /still probed/);
  });
});

describe("results of a route that has changed", () => {
  const CREATED = "2026-01-31T10:00:00Z";
  const at = (time: string, subresource?: string) => ({
    time,
    manager: "m",
    ...(subresource && { subresource }),
  });

  it("count from when Gatus has loaded the change", () => {
    const from = countsFrom(changed(CREATED, at(CREATED), at("2026-01-31T11:00:00Z")));
    assert.equal(new Date(from).toISOString(), "2026-01-31T11:00:35.000Z");
  });

  it("count at once if only the status has changed since its creation", () => {
    const status = at("2026-01-31T11:00:00Z", "status");
    assert.equal(countsFrom(changed(CREATED, at("2026-01-31T10:00:01Z"), status)), 0);
    assert.equal(countsFrom(route), 0);
  });

  it("are awaited by a verification, and accepted by a later check of its health", async () => {
    const since = Date.parse("2026-01-31T11:00:05Z");
    const answer = (seconds: string) => [
      { key: "_app", results: [{ ...result(OK), timestamp: `2026-01-31T11:00:${seconds}Z` }] },
    ];
    const states = async (seconds: string, probes?: RouteProbes) => {
      const cluster = scriptedCluster(
        () => [changed(CREATED, at("2026-01-31T11:00:00Z"))],
        (path) => (path.endsWith("/endpoints/statuses") ? answer(seconds) : undefined),
      );
      const gatus = { namespace: "o", service: "gatus", port: "80" };
      const { verdicts } = await gatusCheck({ cluster, stack: "edge", gatus, since, probes }).run();
      return verdicts.map(({ state, message }) => `${state}: ${message}`);
    };
    assert.deepEqual(await states("30", DISCOVERED), ["pending: no result since the route changed"]);
    assert.deepEqual(await states("36", DISCOVERED), ["held: "]);
    assert.deepEqual(await states("05", DISCOVERED), ["pending: no result since the route changed"]);
    assert.deepEqual(await states("30"), ["held: "]);
  });
});
