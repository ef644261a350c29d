import assert from "node:assert/strict";
import { route } from "../../../../../tools/migrate/steps/route/step.ts";
import {
  gatewayWith,
  helmRelease,
  ingressWith,
  kustomization,
  messages,
  resultOf,
  written,
  type Files,
} from "../../planning.ts";

const OPTIONS = { route: { gateways: { inside: { name: "lan", namespace: "doors" } } } };
const SERVICE = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "web", namespace: "apps" },
  spec: { ports: [{ port: 80 }] },
};

/** An Ingress with the name of a release of app-template that has this entry below `ingress`. */
const files = (entry: object): Files => ({
  "flux/apps.yaml": kustomization("apps", "./apps"),
  "apps/release.yaml": helmRelease("web", "apps", "app-template", { ingress: { app: entry } }),
  "apps/web.yaml": [ingressWith({ ingressClassName: "inside" }), SERVICE],
  "apps/gateway.yaml": gatewayWith({ name: "lan", namespace: "doors" }, "any"),
});

describe("migrate route: an Ingress with the name of a release", () => {
  it("stays where the chart would render a route with that name", () => {
    const result = resultOf(
      route,
      files({ className: "other", hosts: [{ host: "other.example.com" }] }),
      OPTIONS,
    );
    assert.match(
      messages(result, "refused").join("\n"),
      /renders an HTTPRoute with the same name: rename this one/,
    );
    assert.equal(written(result, "apps/web.yaml"), "");
  });

  it("moves where the release's Ingress is off", () => {
    const result = resultOf(route, files({ enabled: false, className: "other" }), OPTIONS);
    assert.match(written(result, "apps/web.yaml"), /kind: HTTPRoute/);
  });
});
