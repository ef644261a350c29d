import assert from "node:assert/strict";
import { loadPins } from "../../config/pins.ts";
import type { Finding } from "../../kube/client.ts";
import { STACK_LABEL, type KubeObject } from "../../kube/objects.ts";
import { planPlatform } from "../../platform/plan.ts";
import { clusterHolding } from "../support/cluster.ts";
import { GATEWAY } from "../support/configuration.ts";
import { stackConfig } from "../support/stack-config.ts";

const STACK = "edge";
const namespace = (name: string, labels: Record<string, string> = {}): KubeObject => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name, labels: { "kubernetes.io/metadata.name": name, ...labels } },
});

/** The errors about Gatus's page in `monitoring`, on a Gateway that admits routes by these labels. */
async function found(matchLabels: Record<string, string>, ...objects: KubeObject[]): Promise<Finding[]> {
  const values = {
    cluster: { context: "test" },
    gatewayApi: { install: false },
    gateways: [{ ...GATEWAY, allowedNamespaces: { matchLabels } }],
    gatus: { install: true, namespace: "monitoring", hostname: "status.example.com" },
  };
  const { findings } = await planPlatform({
    stack: STACK,
    config: stackConfig(values),
    pins: loadPins(),
    recorded: () => Promise.resolve([]),
    cluster: { ...clusterHolding(...objects), serves: () => Promise.resolve(true) },
  });
  return findings.filter(({ severity, message }) => severity === "error" && message.includes("monitoring"));
}

describe("platform: a Gateway that admits routes by the labels of their namespace", function () {
  // The first test loads every policy rule.
  this.timeout(20_000);
  const exposed = { exposed: "yes" };

  for (const [state, objects] of Object.entries({
    "exists without the label": [namespace("monitoring", { tier: "one" })],
    "has another value": [namespace("monitoring", { exposed: "no" })],
    "does not exist yet": [],
    "is the stack's own": [namespace("monitoring", { [STACK_LABEL]: STACK })],
  }))
    it(`reports Gatus's page, and how to label the namespace, if that ${state}`, async () => {
      const [error, ...more] = await found(exposed, ...objects);
      assert.deepEqual(more, []);
      assert.match(
        error?.message ?? "",
        /HTTPRoute monitoring\/gatus, .*: No listener of Gateway network\/external admits routes from namespace monitoring\.$/,
      );
      assert.match(
        error?.hint ?? "",
        /: kubectl label namespace monitoring exposed=yes\..* kubectl create namespace/,
      );
    });

  it("names only the labels that are missing", async () => {
    const live = namespace("monitoring", { tier: "one" });
    const [error] = await found({ ...exposed, tier: "one", team: "ops" }, live);
    assert.match(error?.hint ?? "", /the labels exposed=yes, team=ops: .* monitoring exposed=yes team=ops\./);
  });

  it("accepts a namespace with the label, whoever owns it and has set the label", async () => {
    assert.deepEqual(await found(exposed, namespace("monitoring", exposed)), []);
    const own = namespace("monitoring", { ...exposed, [STACK_LABEL]: STACK });
    assert.deepEqual(await found(exposed, own), []);
  });

  it("applies no rule to namespaces of other owners", async () => {
    const live = namespace("monitoring", exposed);
    const exempt = { ...live.metadata, annotations: { "edgefirst.dev/exempt.no-such-rule": "nonsense" } };
    assert.deepEqual(await found(exposed, { ...live, metadata: exempt }), []);
  });
});
