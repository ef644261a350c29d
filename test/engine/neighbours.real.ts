import assert from "node:assert/strict";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { describeObject, FIELD_MANAGER, STACK_LABEL, type KubeObject } from "../../kube/objects.ts";
import { KubeClient } from "../../kube/kube-client.ts";
import { ISSUER } from "../../tools/sandbox/neighbours/cert-manager.ts";
import { installNeighbours, NEIGHBOUR_PROGRAMS } from "../../tools/sandbox/neighbours/install.ts";
import { RULE_LABELS } from "../../tools/sandbox/neighbours/prometheus.ts";
import { waitUntil } from "../../tools/sandbox/processes.ts";
import { type Sandbox, sandboxUp } from "../../tools/sandbox/sandbox.ts";
import { Engine, gatewayApiDirectory, type Run, type TestStack, expectSuccess } from "../support/engine.ts";
import { evidenceIn } from "../support/evidence.ts";
import type { GitRepository } from "../support/git.ts";
import { checkoutProgram, commitRelease } from "../support/program-checkout.ts";
import { ask, printedBy, requireRealPods } from "../support/real-pods.ts";
import { discard, START_TIMEOUT_MS, temporarySandboxDir } from "../support/sandbox.ts";
import { contentOf, everyObject } from "./every-object.ts";
import { COPIES, createCopy } from "./label-copies.ts";
import {
  activeTargets,
  alertmanagerConfiguration,
  hasSamples,
  loadedRules,
  receiversOfAlerts,
} from "./monitoring-api.ts";
import { isGenerated, staysByDesign } from "./neighbour-objects.ts";

const WAIT = { timeoutMs: 90_000 };
const HOST = "status.example.com";
/** Gatus's page, through the Gateway. The certificate is self-signed. */
const PAGE = {
  name: "gatus",
  url: `https://${HOST}/`,
  conditions: ["[STATUS] == 200"],
  interval: "2s",
  client: { insecure: true },
};
interface Manager {
  readonly manager: string;
}

describe("engine: the platform among metrics-server, cert-manager, Prometheus and others", function () {
  this.timeout(300_000);
  let sandbox: Sandbox;
  let cluster: KubeClient;
  let program: GitRepository;
  let engine: Engine;
  let stack: TestStack;
  let config: Record<string, unknown>;
  let theirs: ReadonlyMap<string, KubeObject>;
  const endings: (() => void | Promise<void>)[] = [];

  before(async function () {
    this.timeout(2 * START_TIMEOUT_MS);
    await requireRealPods(this, ["traefik", "gatus", ...NEIGHBOUR_PROGRAMS]);
    const progress = (): undefined => undefined;
    const dir = temporarySandboxDir();
    sandbox = await sandboxUp({ dir, clusters: ["edge"], pods: "real", certificates: "provided", progress });
    const { kubeconfig } = sandbox;
    endings.push(() => discard(dir));
    await installNeighbours({ kubeconfig, context: "edge", progress });
    cluster = new KubeClient({ kubeconfig, context: "edge" });
    endings.push(() => {
      cluster.close();
    });
    program = checkoutProgram();
    engine = await Engine.create(program.dir);
    config = {
      cluster: { context: "edge", kubeconfig },
      gatewayApi: { source: await gatewayApiDirectory() },
      gateways: [
        {
          name: "external",
          namespace: "network",
          className: "traefik",
          https: { hostnames: [{ hostname: "*.example.com", certificate: { issuer: ISSUER } }] },
          traefik: { replicas: 1 },
        },
      ],
      gatus: { install: true, hostname: HOST, discover: { httpRoutes: false }, endpoints: [PAGE] },
      alerting: { install: true },
      verification: {
        soak: "3s",
        timeout: "2m",
        interval: "1s",
        gatus: { namespace: "observability", service: "gatus", port: "http" },
        skip: { flux: "this cluster has no Flux" },
      },
    };
    stack = await engine.stack("edge", config);
    await setCredentials();
    theirs = await everyObject(cluster);
  });
  after(async function () {
    this.timeout(START_TIMEOUT_MS);
    for (const end of endings.reverse()) await end();
  });

  /** Writes the configuration, which removes secrets. */
  async function configure(changes: Record<string, unknown>): Promise<void> {
    config = { ...config, ...changes };
    stack.configure(config);
    await setCredentials();
  }

  async function setCredentials(): Promise<void> {
    await stack.setSecret("pushoverToken", "t".repeat(30));
    await stack.setSecret("pushoverUserKey", "u".repeat(30));
  }

  const managersOf = ({ metadata }: KubeObject): string[] =>
    ((metadata.managedFields ?? []) as Manager[]).map(({ manager }) => manager);

  /**
   * Each object of the neighbours is the same one as before with the same content, and has no field that the program applied. What the Prometheus operator
   * generates is left out, because it contains the platform's rules and monitors.
   */
  async function isUntouched(): Promise<Map<string, KubeObject>> {
    const live = await everyObject(cluster);
    for (const [name, before] of theirs) {
      if (isGenerated(before)) continue;
      const now = live.get(name);
      assert.equal(now?.metadata.uid, before.metadata.uid, `${name} was deleted or created again`);
      assert.deepEqual(contentOf(now!), contentOf(before), `${name} was changed`);
      assert.ok(!managersOf(now!).includes(FIELD_MANAGER), `the program changed ${name}`);
      assert.ok(!(STACK_LABEL in (now!.metadata.labels ?? {})), `the program labelled ${name}`);
    }
    return live;
  }

  /** The update passed its verification, which names no object of the neighbours. */
  async function isVerified(run: Run): Promise<void> {
    await expectSuccess(run);
    const outputs = await stack.outputs();
    const { verified, revoked } = evidenceIn(outputs);
    assert.equal(verified[0]?.release, outputs.release, run.output);
    assert.deepEqual(revoked, []);
    for (const object of theirs.values())
      assert.ok(!run.output.includes(describeObject(object)), `${describeObject(object)}: ${run.output}`);
  }

  it("reports before the update that Prometheus selects rules by labels, and which ones", async () => {
    const { code, output } = await stack.previewText();
    assert.equal(code, 0, output);
    assert.match(output, /No Prometheus on the cluster reads the PrometheusRule in observability/);
    assert.ok(output.includes(`set alerting.ruleLabels to ${JSON.stringify(RULE_LABELS)}`), output);
    await configure({ alerting: { install: true, ruleLabels: RULE_LABELS } });
  });

  it("is installed and verified, and cert-manager issues the certificate of its listener", async () => {
    await isVerified(await stack.up());
    await isUntouched();
    const secret = await cluster.get({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: await certificateName(), namespace: "network" },
    });
    assert.equal(secret?.metadata.annotations?.["cert-manager.io/issuer-name"], ISSUER);
    const dir = clusterDir();
    const answer = await waitUntil(
      "Gatus's page through the Gateway",
      async () => {
        const { status } = await ask(dir, HOST, "/", { port: 443, tls: true });
        return status === 200 && status;
      },
      WAIT,
    );
    assert.equal(answer, 200);
  });

  it("is read by Prometheus and Alertmanager: its rules, its metrics, and its route to Pushover", async () => {
    const dir = clusterDir();
    const [rules] = await cluster.list("monitoring.coreos.com/v1", "PrometheusRule", "observability");
    const { groups } = rules!.spec as { groups: { name: string; rules: { alert: string }[] }[] };
    const declared = groups.flatMap((group) => group.rules.map(({ alert }) => `${group.name} ${alert} ok`));
    await waitUntil(
      "Prometheus to evaluate the platform's rules",
      async () => {
        const loaded = await loadedRules(dir);
        return declared.every((rule) => loaded.includes(rule));
      },
      WAIT,
    );
    // A PodMonitor is read once a minute.
    const wanted = [
      "podMonitor/network/traefik-gateway-external/0 up",
      "podMonitor/observability/gatus/0 up",
    ];
    await waitUntil(
      "Prometheus to read the metrics of Traefik and Gatus",
      async () => {
        const targets = await activeTargets(dir);
        return wanted.every((target) => targets.includes(target));
      },
      WAIT,
    );
    const metrics = ["gatus_results_endpoint_success", "traefik_service_requests_total"];
    for (const metric of metrics)
      await waitUntil(`Prometheus to have ${metric}`, () => hasSamples(dir, metric), WAIT);
    await waitUntil(
      "Alertmanager to send critical alerts to Pushover",
      async () => /receiver: observability\/edgefirst\/.*pushover/.test(await alertmanagerConfiguration(dir)),
      WAIT,
    );
    await isUntouched();
  });

  it("sends critical alerts of every namespace to Pushover, and no others", async () => {
    const receivers = await receiversOfAlerts(cluster, clusterDir(), WAIT);
    const isPushover = (name: string): boolean => /^observability\/edgefirst\/.*pushover$/.test(name);
    assert.ok(receivers.critical!.some(isPushover), JSON.stringify(receivers));
    assert.ok(!receivers.warning!.some(isPushover), JSON.stringify(receivers));
    await isUntouched();
  });

  it("gets its DNS names from external-dns, which reads the route of Gatus's page", async () => {
    await waitUntil(
      "external-dns to create the record",
      async () =>
        /CREATE: status\.example\.com \d+ IN A +10\.98\./.test(await printedBy("external-dns", sandbox)),
      WAIT,
    );
    await isUntouched();
  });

  const clusterDir = (): string => join(sandbox.dir, "clusters/edge");

  const liveGateway = async (): Promise<KubeObject | undefined> =>
    (await cluster.list("gateway.networking.k8s.io/v1", "Gateway", "network"))[0];

  async function certificateName(): Promise<string> {
    const gateway = await liveGateway();
    const spec = gateway?.spec as { listeners: { tls?: { certificateRefs: { name: string }[] } }[] };
    return spec.listeners.flatMap(({ tls }) => tls?.certificateRefs ?? [])[0]!.name;
  }

  it("is not confused by objects with the labels of its pods: PodMetrics, EndpointSlices and what agents and backups write", async () => {
    const labelled = ({ metadata }: KubeObject): boolean => metadata.labels?.[STACK_LABEL] === "edge";
    await waitUntil(
      "metrics-server to measure Traefik's pod, which has the stack's label",
      async () => (await cluster.list("metrics.k8s.io/v1beta1", "PodMetrics")).some(labelled),
      WAIT,
    );
    assert.ok((await cluster.list("discovery.k8s.io/v1", "EndpointSlice")).some(labelled));
    const pods = await cluster.list("v1", "Pod");
    const [pod] = pods.filter(labelled);
    for (const copy of COPIES) await createCopy(cluster, copy, pod!);
    await isVerified(await stack.up());
    for (const { group, version, kind } of COPIES)
      assert.equal((await cluster.list(`${group}/${version}`, kind)).length, 1, `${kind} was deleted`);
    await isUntouched();
  });

  it("changes a setting", async () => {
    const [gateway] = config.gateways as object[];
    await configure({ gateways: [{ ...gateway, annotations: { "example.com/pool": "blue" } }] });
    await isVerified(await stack.up());
    const { annotations } = (await liveGateway())!.metadata;
    assert.equal(annotations?.["example.com/pool"], "blue");
    await isUntouched();
  });

  it("upgrades to another release", async () => {
    commitRelease(program, "another release");
    const before = (await stack.outputs()).release;
    await isVerified(await stack.up());
    assert.notEqual((await stack.outputs()).release, before);
    await isUntouched();
  });

  it("leaves nothing behind but what it retains when it is destroyed, and everything of theirs", async () => {
    const run = await stack.destroy();
    await expectSuccess(run);
    const left = async (): Promise<string[]> =>
      [...(await everyObject(cluster))]
        .filter(([name, object]) => !theirs.has(name) && !staysByDesign(object))
        .map(([name]) => name);
    // The garbage collector deletes what belonged to the deleted objects.
    await becomesEmpty("everything else to be gone", left);
    await isUntouched();
    await waitUntil(
      "external-dns to delete the record",
      async () => (await printedBy("external-dns", sandbox)).includes("DELETE: status.example.com"),
      WAIT,
    );
    const generated = [...theirs].filter(([, object]) => isGenerated(object));
    assert.ok(generated.length > 0);
    // The operator does not update the ConfigMap of the rules, but creates it again.
    const content = (object?: KubeObject) => object && contentOf(object, "uid", "creationTimestamp");
    const changed = async (): Promise<string[]> => {
      const live = await everyObject(cluster);
      return generated
        .filter(([name, before]) => !isDeepStrictEqual(content(live.get(name)), content(before)))
        .map(([name]) => name);
    };
    await becomesEmpty("the Prometheus operator to remove what it generated from the platform", changed);
  });
});

/** Waits until a list is empty; if it does not become so, the error shows the list. */
async function becomesEmpty(what: string, list: () => Promise<string[]>): Promise<void> {
  await waitUntil(what, async () => (await list()).length === 0, WAIT).catch(async () => {
    assert.deepEqual(await list(), [], what);
  });
}
