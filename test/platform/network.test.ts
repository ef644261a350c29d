import assert from "node:assert/strict";
import { loadPins } from "../../config/pins.ts";
import { planPlatform } from "../../platform/plan.ts";
import { clusterHolding } from "../support/cluster.ts";
import { GATEWAY } from "../support/configuration.ts";
import { gatewayApiDirectory } from "../support/engine.ts";
import { stackConfig } from "../support/stack-config.ts";

/** The objects in the state of a stack without one. */
const NONE = () => Promise.resolve([]);

async function errorsOf(...gateways: object[]): Promise<string[]> {
  const values = {
    cluster: { context: "test" },
    gatewayApi: { source: await gatewayApiDirectory() },
    gateways,
  };
  const cluster = clusterHolding();
  const { findings } = await planPlatform({
    stack: "edge",
    config: stackConfig(values),
    pins: loadPins(),
    cluster,
    recorded: NONE,
  });
  return findings
    .filter(({ severity, message }) => severity === "error" && /^Gateways? /.test(message))
    .map(({ message }) => message);
}

describe("platform: Gateways", function () {
  // The first test loads every policy rule and the CRDs.
  this.timeout(20_000);
  it("pass if they have separate classes and ports", async () => {
    const internal = { ...GATEWAY, name: "internal", className: "traefik-internal" };
    assert.deepEqual(await errorsOf(GATEWAY, internal), []);
  });

  it("report each conflict once", async () => {
    const internal = { ...GATEWAY, name: "internal" };
    const samePort = { ...GATEWAY, name: "other", className: "other", http: { port: 443 } };
    const errors = await errorsOf(GATEWAY, internal, samePort);
    assert.equal(errors.length, 2, errors.join("\n"));
    assert.match(errors[0]!, /external and network\/internal share GatewayClass traefik/);
    assert.match(errors[1]!, /network\/other uses port 443 for both HTTP and HTTPS/);
  });
});
