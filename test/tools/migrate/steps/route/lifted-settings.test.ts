import assert from "node:assert/strict";
import { route } from "../../../../../tools/migrate/steps/route/step.ts";
import { gatewayWith, helmRelease, ingressWith, messages, resultOf } from "../../planning.ts";

/** Why an Ingress with its own value stays, behind a Gateway that does the same as the controller. */
function refusals(setting: string, value: string, own: string, annotation = setting): string {
  const result = resultOf(
    route,
    {
      "apps/web.yaml": ingressWith({
        ingressClassName: "wan",
        annotations: { [`nginx.ingress.kubernetes.io/${annotation}`]: own },
      }),
      "apps/all.yaml": [
        gatewayWith({ name: "front", namespace: "doors" }, "doors"),
        helmRelease("nginx", "network", "ingress-nginx", {
          controller: {
            ingressClassResource: { name: "wan" },
            config: { hsts: "false", "proxy-body-size": "0", [setting]: value },
          },
        }),
      ],
    },
    {
      acceptLoss: ["annotation", "setting"],
      route: {
        gateways: {
          wan: { name: "front", namespace: "doors", middlewares: true, provides: [setting] },
        },
      },
    },
  );
  return messages(result, "refused").join("\n");
}

describe("migrate route: an Ingress that lifts what its controller does for all", () => {
  for (const [setting, value, own, annotation] of [
    ["whitelist-source-range", "10.0.0.0/8", "0.0.0.0/0"],
    ["whitelist-source-range", "10.0.0.0/8", "10.1.0.0/16, 192.0.2.1", "allowlist-source-range"],
    ["denylist-source-range", "192.0.2.0/24", "192.0.2.1"],
    ["proxy-body-size", "8m", "1g"],
    ["proxy-body-size", "8m", "0"],
  ] as const)
    it(`stays if the Gateway does the same: ${setting} ${value}, and ${own}`, () => {
      assert.match(
        refusals(setting, value, own, annotation),
        new RegExp(`its Gateway does what ${setting} does for every Ingress .*replaces that by`),
      );
    });

  for (const [setting, value, own] of [
    ["whitelist-source-range", "10.0.0.0/8, 192.0.2.1", "10.1.0.0/16,192.0.2.1"],
    ["whitelist-source-range", "2001:db8::/32", "2001:db8::/32"],
    ["denylist-source-range", "192.0.2.1", "192.0.2.0/24"],
    ["proxy-body-size", "8m", "512k"],
  ] as const)
    it(`moves if its own value is no weaker: ${setting} ${value}, and ${own}`, () => {
      assert.doesNotMatch(refusals(setting, value, own), /replaces that by/);
    });
});
