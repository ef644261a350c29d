import assert from "node:assert/strict";
import { COMPARED_SETTINGS } from "../../config/compared-settings.ts";
import { comparedSettings } from "../../platform/compared-settings.ts";
import { FLUX, GATEWAY } from "../support/configuration.ts";
import { stackConfig } from "../support/stack-config.ts";

function settings(values: object): Readonly<Record<string, string>> {
  return comparedSettings(stackConfig({ cluster: { context: "edge" }, ...values }));
}

describe("settings that are compared between stacks", () => {
  it("are the ones that gate.accept knows", () => {
    assert.deepEqual(Object.keys(settings({})), COMPARED_SETTINGS);
  });

  it("name what the stack installs and what it does with Flux's objects", () => {
    assert.deepEqual(settings({ gateways: [GATEWAY], flux: FLUX, gatus: { install: true } }), {
      "gatewayApi.install": "true",
      "traefik.install": "true",
      "flux.install": "false",
      "flux.root.mode": "manage",
      "flux.apps.placement": "namespace",
      "flux.apps.rbac": "controller",
      "gatus.install": "true",
      "alerting.install": "false",
    });
  });

  it("do not depend on the names of Gateways", () => {
    const gateways = [
      GATEWAY,
      { ...GATEWAY, name: "internal", className: "other", traefik: { install: false } },
    ];
    assert.equal(settings({ gateways })["traefik.install"], "false and true");
    assert.equal(settings({})["traefik.install"], "no Gateway");
  });
});
