import assert from "node:assert/strict";
import { gunzipSync } from "node:zlib";
import { KubeClient } from "../../kube/kube-client.ts";
import type { KubeObject } from "../../kube/objects.ts";
import { installNeighbours } from "../../tools/sandbox/neighbours/install.ts";
import type { Neighbour } from "../../tools/sandbox/neighbours/neighbour.ts";
import { prometheus, RULE_LABELS } from "../../tools/sandbox/neighbours/prometheus.ts";
import { waitUntil } from "../../tools/sandbox/processes.ts";
import { Engine, expectSuccess, type TestStack } from "../support/engine.ts";
import { useRealPods } from "../support/real-pods.ts";
import { START_TIMEOUT_MS } from "../support/sandbox.ts";
import { alertmanagerConfiguration } from "./monitoring-api.ts";

const WAIT = { timeoutMs: 120_000 };
const KEYS = { app: "CANARYtoken".padEnd(30, "0"), user: "CANARYuser".padEnd(30, "0") };
/** The Prometheus operator with an Alertmanager, and no Prometheus. */
const OPERATOR: Neighbour = {
  ...prometheus,
  programs: prometheus.programs.filter((program) => program !== "prometheus"),
  resources: async () => (await prometheus.resources()).filter(({ kind }) => kind === "Alertmanager"),
};
const { namespace } = OPERATOR;
const SECRET: KubeObject = {
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "notify", namespace },
};

/** Too slow for `npm test`: `npm run test:real`. */
describe("engine: Pushover's keys in a Secret of another owner, with the real operator and Alertmanager", function () {
  this.timeout(300_000);
  const pods = useRealPods("helm", ...OPERATOR.programs);
  let cluster: KubeClient;
  let stack: TestStack;
  const endings: (() => void)[] = [];

  before(async function () {
    this.timeout(2 * START_TIMEOUT_MS);
    const { kubeconfig } = pods.sandbox;
    const address = { kubeconfig, context: "edge" };
    await installNeighbours({ ...address, neighbours: [OPERATOR], progress: () => undefined });
    cluster = new KubeClient(address);
    endings.push(() => {
      cluster.close();
    });
    const engine = await Engine.create();
    stack = await engine.stack("edge", {
      cluster: address,
      gatewayApi: { install: false },
      alerting: {
        install: true,
        namespace,
        ruleLabels: RULE_LABELS,
        pushover: { secret: "notify", token: "app", userKey: "user" },
      },
    });
  });
  after(() => {
    for (const end of endings) end();
  });

  /** What the operator has written for Alertmanager. */
  async function generated(): Promise<string> {
    const metadata = { name: "alertmanager-sandbox-generated", namespace };
    const secret = await cluster.get({ apiVersion: "v1", kind: "Secret", metadata });
    const { "alertmanager.yaml.gz": data = "" } = (secret?.data ?? {}) as Record<string, string>;
    return data === "" ? "" : gunzipSync(Buffer.from(data, "base64")).toString();
  }

  /** Applies the Secret with these values, and waits until the operator has given them to Alertmanager. */
  async function isRead(values: typeof KEYS): Promise<void> {
    await cluster.apply({ ...SECRET, stringData: values }, { fieldManager: "test" });
    await waitUntil(
      "the operator to read the keys",
      async () => {
        const text = await generated();
        return text.includes(`token: ${values.app}`) && text.includes(`user_key: ${values.user}`);
      },
      WAIT,
    );
  }

  it("are reported as missing before the update, and the operator then rejects the route", async () => {
    assert.match(
      await expectSuccess(stack.previewText()),
      /Secret monitoring\/notify, with the keys for Pushover, does not exist on edge/,
    );
    await expectSuccess(stack.up());
    await waitUntil(
      "the operator to reject the route",
      async () => (await cluster.list("v1", "Event", namespace)).some(isRejection),
      WAIT,
    );
    assert.doesNotMatch(await generated(), /pushover/);
  });

  it("reach Alertmanager through the operator, without another update, and so do new ones", async () => {
    await isRead(KEYS);
    await waitUntil(
      "Alertmanager to load the route",
      async () =>
        (await alertmanagerConfiguration(pods.dir)).includes("receiver: monitoring/edgefirst/pushover"),
      WAIT,
    );
    await isRead({ app: "CANARYsecond".padEnd(30, "0"), user: KEYS.user });
  });

  it("are in no preview, update or state", async () => {
    const preview = await stack.preview();
    assert.deepEqual(preview.changes, []);
    const update = await expectSuccess(stack.up());
    for (const text of [preview.output, update, await stack.exportState()])
      assert.doesNotMatch(text, /CANARY/);
  });
});

/** Whether an event is the operator's rejection of the platform's AlertmanagerConfig (prometheus-operator, pkg/alertmanager/operator.go). */
function isRejection({ involvedObject, reason, message }: KubeObject): boolean {
  const { kind, name } = involvedObject as { kind: string; name: string };
  return (
    kind === "AlertmanagerConfig" &&
    name === "edgefirst" &&
    reason === "InvalidConfiguration" &&
    String(message).includes("notify")
  );
}
