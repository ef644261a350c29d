import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";
import { KubeClient } from "../../../kube/kube-client.ts";
import type { KubeObject } from "../../../kube/objects.ts";
import type { pushoverRouteSpec } from "../../../kube/pushover-route.ts";
import {
  Alerting,
  alertingObjects,
  alertingSupported,
  checkAlerting,
  type AlertingArgs,
} from "../../../components/alerting/alerting.ts";
import { alertRules } from "../../../components/alerting/rules.ts";
import { waitUntil } from "../../../tools/sandbox/processes.ts";
import { moduleDirectory } from "../../../tools/toolchain/modules.ts";
import { clusterHolding } from "../../support/cluster.ts";
import { recordResources, resourceNamed } from "../../support/mocks.ts";
import { START_TIMEOUT_MS, useSandbox } from "../../support/sandbox.ts";

const args: AlertingArgs = {
  install: true,
  namespace: "observability",
  labels: { "edgefirst.dev/stack": "test" },
  ruleLabels: { release: "prometheus" },
  pushover: { token: "t".repeat(30), userKey: "u".repeat(30) },
  scrape: [
    {
      name: "gatus",
      namespace: "observability",
      matchLabels: { "app.kubernetes.io/name": "gatus" },
      port: "http",
    },
  ],
};

const operatorKind = (
  apiVersion: string,
  kind: string,
  spec: object = {},
  namespace = "monitoring",
): KubeObject => ({
  apiVersion: `monitoring.coreos.com/${apiVersion}`,
  kind,
  metadata: { name: kind.toLowerCase(), namespace },
  spec,
});
/** A cluster that serves the operator's kinds, because it has one object of each. */
const withOperator = (...objects: KubeObject[]) =>
  clusterHolding(
    operatorKind("v1", "PrometheusRule"),
    operatorKind("v1", "PodMonitor"),
    operatorKind("v1alpha1", "AlertmanagerConfig"),
    ...objects,
  );
const alertmanager = (spec: object, namespace?: string) =>
  operatorKind("v1", "Alertmanager", spec, namespace);
const ALL = { alertmanagerConfigSelector: {}, alertmanagerConfigNamespaceSelector: {} };

describe("the component Alerting", () => {
  it("declares labelled children on the cluster's provider, with no unknowns and with the keys secret", async () => {
    const resources = await recordResources(
      () => {
        const provider = new k8s.Provider("cluster", { kubeconfig: "{}" });
        const pushover = { token: pulumi.secret("token"), userKey: pulumi.secret("user") };
        new Alerting("alerting", { ...args, pushover }, { provider });
      },
      { preview: true },
    );
    const component = resourceNamed(resources, "alerting");
    const children = resources.filter(({ parent }) => parent === component.urn);
    assert.deepEqual(children.map(({ type }) => type.split(":").at(-1)).sort(), [
      "AlertmanagerConfig",
      "PodMonitor",
      "PrometheusRule",
      "Secret",
    ]);
    for (const { inputs, provider, unknowns, type } of children) {
      const { labels } = inputs.metadata as { labels: Record<string, string> };
      assert.equal(labels["edgefirst.dev/stack"], "test", type);
      assert.equal(labels.release, "prometheus", type);
      assert.deepEqual(unknowns, []);
      assert.ok(provider?.startsWith(resourceNamed(resources, "cluster").urn));
    }
    const secret = resourceNamed(resources, "observability/edgefirst-pushover");
    assert.deepEqual(secret.inputs.stringData, { token: "token", userKey: "user" });
    assert.ok(secret.secrets.some((path) => path.startsWith("stringData")));
  });

  it("routes no alerts without Pushover, and declares nothing if off", () => {
    const kinds = (overrides: Partial<AlertingArgs>) =>
      alertingObjects({ ...args, ...overrides }).map(({ kind }) => kind);
    assert.deepEqual(kinds({ pushover: undefined }), ["PrometheusRule", "PodMonitor"]);
    assert.deepEqual(kinds({ install: false }), []);
  });

  it("refers to the keys of an existing Secret, and then declares none", () => {
    const pushover = { secret: "notify", token: "APP", userKey: "USER" };
    const objects = alertingObjects({ ...args, pushover });
    assert.ok(!objects.some(({ kind }) => kind === "Secret"));
    const config = objects.find(({ kind }) => kind === "AlertmanagerConfig");
    const { receivers } = config?.spec as ReturnType<typeof pushoverRouteSpec>;
    const { token, userKey } = receivers[0]!.pushoverConfigs[0]!;
    assert.deepEqual(
      [token, userKey],
      [
        { name: "notify", key: "APP" },
        { name: "notify", key: "USER" },
      ],
    );
  });

  it("gives every rule a severity, a duration and a summary, and excludes VolSync caches from the rules on claims", () => {
    const rules = alertRules().flatMap((group) => group.rules);
    assert.equal(new Set(rules.map(({ alert }) => alert)).size, rules.length);
    for (const { labels, for: duration, annotations } of rules) {
      assert.match(labels.severity, /^(warning|critical)$/);
      assert.match(duration, /^\d+[mh]$/);
      assert.ok(annotations.summary);
    }
    const claims = rules.filter(({ expr }) => expr.includes("kubelet_volume_stats"));
    assert.deepEqual(
      claims.map(({ alert, labels }) => [alert, labels.severity]),
      [
        ["ClaimOver80Percent", "warning"],
        ["ClaimOver90Percent", "critical"],
        ["ClaimFullWithinADay", "warning"],
      ],
    );
    for (const { expr } of claims) assert.match(expr, /persistentvolumeclaim!~"volsync-\.\*-cache"/);
  });
});

describe("alerting's check of the live cluster", () => {
  it("warns that alerting is off if a kind of the Prometheus operator is missing", async () => {
    const cluster = clusterHolding(operatorKind("v1", "PrometheusRule"), operatorKind("v1", "PodMonitor"));
    assert.equal(await alertingSupported(cluster), false);
    const [finding] = await checkAlerting(args, cluster);
    assert.equal(finding?.severity, "warning");
    assert.match(finding.message, /AlertmanagerConfig \(monitoring\.coreos\.com\/v1alpha1\)/);
    assert.equal(await alertingSupported(withOperator()), true);
    assert.deepEqual(await checkAlerting({ ...args, install: false }, cluster), []);
  });

  const routed: Record<string, readonly KubeObject[]> = {
    "an Alertmanager reads every AlertmanagerConfig for all alerts": [
      alertmanager({ ...ALL, alertmanagerConfigMatcherStrategy: { type: "None" } }),
    ],
    "it is in the namespace of the Alertmanager, which is exempt": [
      alertmanager(
        {
          alertmanagerConfigSelector: { matchLabels: { release: "prometheus" } },
          alertmanagerConfigMatcherStrategy: { type: "OnNamespaceExceptForAlertmanagerNamespace" },
        },
        "observability",
      ),
    ],
  };
  for (const [title, live] of Object.entries(routed))
    it(`finds nothing if ${title}`, async () => {
      assert.deepEqual(await checkAlerting(args, withOperator(...live)), []);
    });

  const unrouted: Record<string, readonly [RegExp, readonly KubeObject[]]> = {
    "there is no Alertmanager": [/No Alertmanager/, []],
    "no Alertmanager selects AlertmanagerConfigs": [/No Alertmanager/, [alertmanager({}, "observability")]],
    "the selector requires another label": [
      /No Alertmanager/,
      [alertmanager({ ...ALL, alertmanagerConfigSelector: { matchLabels: { release: "other" } } })],
    ],
    "the Alertmanager reads only its own namespace": [
      /No Alertmanager/,
      [alertmanager({ alertmanagerConfigSelector: {} })],
    ],
    "the operator would add the namespace to the route": [/namespace="observability"/, [alertmanager(ALL)]],
  };
  for (const [title, [expected, live]] of Object.entries(unrouted))
    it(`warns if ${title}`, async () => {
      const findings = await checkAlerting(args, withOperator(...live));
      assert.deepEqual(
        findings.map(({ severity }) => severity),
        ["warning"],
      );
      assert.match(findings[0]?.message ?? "", expected);
    });
});

describe("alerting's objects on a live API server with the operator's CRDs", function () {
  this.timeout(START_TIMEOUT_MS);
  const cluster = useSandbox("alerting");
  let client: KubeClient;

  before(async () => {
    client = new KubeClient({ kubeconfig: cluster.sandbox.kubeconfig, context: "alerting" });
    assert.equal(await alertingSupported(client), false);
    const source = await moduleDirectory(
      "prometheus-operator",
      "github.com/prometheus-operator/prometheus-operator",
    );
    const folder = join(source, "example/prometheus-operator-crd");
    const needed = /_(alertmanagerconfigs|podmonitors|prometheusrules)\.yaml$/;
    for (const file of (await readdir(folder)).filter((name) => needed.test(name)))
      await client.apply(parse(await readFile(join(folder, file), "utf8")) as KubeObject, {
        fieldManager: "test",
      });
    await client.apply(
      { apiVersion: "v1", kind: "Namespace", metadata: { name: "observability" } },
      { fieldManager: "test" },
    );
    client.close();
    const discovery = () => new KubeClient({ kubeconfig: cluster.sandbox.kubeconfig, context: "alerting" });
    await waitUntil("the operator's kinds", () => alertingSupported(discovery()), { timeoutMs: 20_000 });
    client = discovery();
  });

  after(() => {
    client.close();
  });

  for (const object of alertingObjects(args))
    it(`are accepted without losing a field: ${object.kind}`, async () => {
      await client.apply(object, { fieldManager: "test" });
      const live = await client.get(object);
      // The API server drops fields that are not in the schema.
      if (object.kind !== "Secret") assertIncludes(live?.spec, object.spec);
    });
});

/** Asserts that the actual value has every expected field; it may have defaults in addition. */
function assertIncludes(actual: unknown, expected: unknown, path = "spec"): void {
  if (typeof expected !== "object" || expected === null) {
    assert.equal(actual, expected, path);
    return;
  }
  for (const [key, value] of Object.entries(expected))
    assertIncludes((actual as Record<string, unknown>)[key], value, `${path}.${key}`);
}
