import assert from "node:assert/strict";
import { checkProbes, plainHttpPorts } from "../../platform/probes.ts";
import { routeProbes } from "../../platform/staging.ts";
import { stackConfig } from "../support/stack-config.ts";

/** A configuration with one Gateway and Gatus. */
function configured(gateway: Record<string, unknown>, gatus: Record<string, unknown> = {}) {
  return stackConfig({
    cluster: { context: "test" },
    gateways: [{ name: "external", namespace: "network", className: "traefik", ...gateway }],
    gatus: { install: true, ...gatus },
  });
}

const reported = (...args: Parameters<typeof configured>) =>
  checkProbes(configured(...args)).map(({ severity, message }) => `${severity}: ${message}`);

describe("platform: Gatus's probes", () => {
  it("are reported if no listener can answer them, with a way to green", () => {
    assert.match(
      reported({}).join(),
      /^warning: Gateway network\/external has no HTTPS listener, .* its apps would be reported as down/,
    );
    assert.match(checkProbes(configured({}))[0]?.hint ?? "", /https\.hostnames/);
  });

  for (const [what, gateway, gatus] of [
    [
      "the Gateway has an HTTPS listener",
      { https: { hostnames: [{ hostname: "a.example.com", certificate: { secret: "tls" } }] } },
      {},
    ],
    [
      "its hostnames are listed, so that Gatus probes them over plain HTTP",
      { https: { hostnames: [{ hostname: "*.example.com" }] } },
      {},
    ],
    ["routes inherit other conditions", { gatus: { endpoint: { conditions: ["[CONNECTED] == true"] } } }, {}],
    [
      "a tunnel in front of the Gateway serves HTTPS, as the hint says",
      { gatus: { endpoint: { conditions: ["[STATUS] == 200"] } } },
      {},
    ],
    ["Gatus does not discover routes", {}, { discover: { httpRoutes: false } }],
    ["Gatus has another owner", {}, { install: false }],
  ] as const)
    it(`are not reported if ${what}`, () => {
      assert.deepEqual(reported(gateway, gatus), []);
    });

  it("are reported if a default leaves the probe as it is", () => {
    assert.equal(reported({ gatus: { endpoint: { group: "external" } } }).length, 1);
  });

  it("are known to the verification as far as this stack or annotations decide about them", () => {
    assert.deepEqual(routeProbes(configured({})), { discovered: true });
    assert.deepEqual(routeProbes(configured({}, { install: false })), { discovered: false });
    assert.equal(routeProbes(configured({}, { discover: { httpRoutes: false } })), undefined);
  });

  it("use plain HTTP for hostnames without a certificate on any Gateway", () => {
    const certificate = { secret: "tls" };
    const gateway = (name: string, port: number, hostnames: readonly object[]) => ({
      ...{ name, namespace: "network", className: name },
      ...{ http: { port }, https: { hostnames } },
    });
    const values = {
      cluster: { context: "test" },
      gateways: [
        gateway("external", 80, [
          { hostname: "*.a.com" },
          { hostname: "tls.a.com", certificate },
          { hostname: "b.com" },
        ]),
        gateway("internal", 8080, [{ hostname: "b.com", certificate }, { hostname: "c.com" }]),
      ],
      gatus: { install: true },
    };
    assert.deepEqual(plainHttpPorts(stackConfig(values)), {
      "*.a.com": 80,
      "tls.a.com": 0,
      "b.com": 0,
      "c.com": 8080,
    });
  });
});
