import assert from "node:assert/strict";
import { route } from "../../../../../tools/migrate/steps/route/step.ts";
import { gatewayWith, helmRelease, messages, resultOf, type Files } from "../../planning.ts";

/** What is said of the name of an entry that cannot move, in a release whose other one can. */
function renaming(
  version: string,
  stays: object,
  more: object = {},
  kind = "refused",
  others: Files = {},
): string {
  const host = (name: string): object => ({
    className: "nginx",
    hosts: [{ host: `${name}.example.com`, paths: [{ path: "/", service: { identifier: "app" } }] }],
  });
  const unknown = { "nginx.ingress.kubernetes.io/unheard-of": "x" };
  const app = helmRelease("tea", "den", "app-template", {
    controllers: { tea: { containers: { app: {} } } },
    service: { app: { controller: "tea", ports: { http: { port: 80 } } } },
    ingress: { code: host("code"), external: { ...host("tea"), annotations: unknown, ...stays }, ...more },
  }) as { spec: { chart: { spec: object } } };
  app.spec.chart.spec = { ...app.spec.chart.spec, version };
  const files = {
    "den/tea.yaml": app,
    "den/door.yaml": gatewayWith({ name: "front", namespace: "doors" }, "any"),
    ...others,
  };
  const result = resultOf(route, files, {
    route: { gateways: { nginx: { name: "front", namespace: "doors" } } },
  });
  const lines = messages(result, kind).filter((line) => line.includes("rename"));
  const isRefused = kind === "refused" && lines.length > 0;
  assert.equal(result.plan.changes.length, isRefused ? 0 : 1, messages(result, "refused").join("\n"));
  return lines.join("\n");
}

describe("migrate route: an Ingress that stays in a release", () => {
  it("keeps the others if the chart would rename it and a webhook would refuse that", () => {
    assert.match(
      renaming("4.3.0", {}),
      /renames the Ingress of ingress\.external, which stays, from tea-external to tea, .* webhook refuses .*, set ingress\.external\.forceRename: tea-external first/,
    );
    assert.match(renaming("3.7.3", {}), /, set ingress\.external\.nameOverride: external first/);
  });

  it("is on the cutover list if its controller is not known to have a webhook", () => {
    const line = /Helm creates it again: to keep its name, set/;
    assert.match(renaming("4.3.0", { className: "other" }, {}, "cutover"), line);
    const values = { controller: { admissionWebhooks: { enabled: false } } };
    const controller = helmRelease("ingress-nginx", "doors", "ingress-nginx", values);
    assert.match(renaming("4.3.0", {}, {}, "cutover", { "doors/nginx.yaml": controller }), line);
  });

  it("keeps its name by a setting, or because a third one stays", () => {
    assert.equal(renaming("4.3.0", { forceRename: "tea-external" }), "");
    assert.equal(renaming("3.7.3", { nameOverride: "external" }), "");
    const third = {
      className: "other",
      hosts: [{ host: "third.example.com", paths: [{ path: "/", service: { identifier: "app" } }] }],
    };
    assert.equal(renaming("4.3.0", {}, { third }), "");
  });
});
