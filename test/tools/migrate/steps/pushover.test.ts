import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import Ajv from "ajv";
import { parse, parseAllDocuments } from "yaml";
import { fileText } from "../../../../tools/gitops/yaml/file-text.ts";
import { Repository } from "../../../../tools/gitops/yaml/repository.ts";
import { buildClusters } from "../../../../tools/migrate/build.ts";
import { readOptions, type MigrateOptions } from "../../../../tools/migrate/options.ts";
import { prove } from "../../../../tools/migrate/proof.ts";
import { reportOf, type StepReport } from "../../../../tools/migrate/report.ts";
import { runStep } from "../../../../tools/migrate/run.ts";
import type { StepContext } from "../../../../tools/migrate/step.ts";
import { pushover } from "../../../../tools/migrate/steps/pushover/step.ts";
import { moduleDirectory } from "../../../../tools/toolchain/modules.ts";

const BEFORE = join(import.meta.dirname, "../../../fixtures/migrate/pushover/example/before");
const RELEASE = "monitoring/app/helmrelease.yaml";
const ADDED = "monitoring/app/alertmanager-pushover.yaml";

/** The example with a text replaced in one of its files. */
function contextOf(from = "", to = "", file = RELEASE, pushoverOptions: object = {}): StepContext {
  const original = new Repository(BEFORE);
  const text = fileText(original, file) ?? "";
  assert.ok(text.includes(from), from);
  const repository = original.with(new Map([[file, text.replace(from, to)]]));
  const defaults = readOptions(repository);
  const options: MigrateOptions = { ...defaults, pushover: { ...defaults.pushover, ...pushoverOptions } };
  return { repository, clusters: buildClusters(repository), selected: () => true, options };
}

function report(...args: Parameters<typeof contextOf>): StepReport & { readonly text: string } {
  const context = contextOf(...args);
  const own = reportOf(runStep(pushover, context), context.repository);
  return { ...own, text: own.notes.map(({ message }) => message).join("\n") };
}

describe("migrate pushover", () => {
  it("writes an AlertmanagerConfig that the operator accepts", async () => {
    const folder = await moduleDirectory(
      "prometheus-operator",
      "github.com/prometheus-operator/prometheus-operator",
    );
    const file = "example/prometheus-operator-crd/monitoring.coreos.com_alertmanagerconfigs.yaml";
    // JavaScript does not read Go's inline flags.
    const withoutFlags = (key: unknown, value: unknown): unknown =>
      key === "pattern" && String(value).includes("(?i)") ? undefined : value;
    const { spec } = parse(readFileSync(join(folder, file), "utf8"), withoutFlags) as {
      readonly spec: {
        readonly versions: readonly { readonly schema: { readonly openAPIV3Schema: object } }[];
      };
    };
    const { after } = runStep(pushover, contextOf());
    const [config] = parseAllDocuments(fileText(after, ADDED) ?? "").map(
      (document) => document.toJS() as unknown,
    );
    const ajv = new Ajv({ unknownFormats: ["int32", "int64"], nullable: true });
    const validate = ajv.compile(spec.versions[0]?.schema.openAPIV3Schema ?? {});
    assert.ok(validate(config), ajv.errorsText(validate.errors));
  });

  it("names the namespace and the keys in what to do on the live cluster", () => {
    const secret = { name: "push", token: "a", userKey: "b" };
    const [stored, held] = [contextOf(), contextOf("", "", RELEASE, { secret })].map(
      (context) => reportOf(runStep(pushover, context), context.repository).live,
    );
    assert.match(
      stored?.join("\n") ?? "",
      /create the item pushover in ClusterSecretStore \S+, with the Pushover token as PUSHOVER_TOKEN and the user key as PUSHOVER_USER_KEY\n.*alertmanagerconfig -n monitoring`/,
    );
    assert.equal(
      held?.[0],
      "before: Secret monitoring/push must contain the Pushover token as a and the user key as b",
    );
  });

  it("says that a new cluster could not apply the CRD's own Kustomization", () => {
    const line =
      /before: on a new cluster, Kustomization \S+ could not be applied: .* HelmRelease monitoring\/kube-prometheus-stack of the same/;
    const linesOf = (more: Readonly<Record<string, string>>, from = "", to = ""): string => {
      const { repository, ...rest } = contextOf(from, to);
      const all = repository.with(new Map(Object.entries(more)));
      const context = { ...rest, repository: all, clusters: buildClusters(all) };
      return reportOf(runStep(pushover, context), all).live.join("\n");
    };
    assert.match(linesOf({}), line);
    assert.match(linesOf({ ".renovate/groups.json5": "['kube-prometheus-stack']\n" }), line);
    assert.doesNotMatch(
      linesOf({ "bootstrap/helmfile.yaml": "releases: [{ name: prometheus-operator-crds }]\n" }),
      line,
    );
    const rule =
      "---\napiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata: { name: a, namespace: monitoring }\n";
    const grafana = fileText(new Repository(BEFORE), "monitoring/grafana.yaml") ?? "";
    assert.doesNotMatch(linesOf({ "monitoring/grafana.yaml": `${grafana}${rule}` }), line);
  });

  it("takes the keys from a Secret that the options name", () => {
    const secret = { name: "push", token: "a", userKey: "b" };
    const { after, proof } = runStep(pushover, contextOf("", "", RELEASE, { secret }));
    assert.equal(proof.status, "holds");
    const text = fileText(after, ADDED) ?? "";
    assert.match(text, /token:\n\s+name: push\n\s+key: a\n\s+userKey:\n\s+name: push\n\s+key: b/);
    assert.doesNotMatch(text, /ExternalSecret/);
  });

  for (const [name, from, to, reason] of [
    [
      "without a secret store",
      "kind: ClusterSecretStore",
      "kind: SecretStore",
      /create a Secret .* encrypt it with SOPS/,
    ],
    [
      "with a configuration of its own",
      "storage: {}",
      "alertmanagerConfiguration: { name: all }",
      /add the receiver there/,
    ],
    [
      "with a configuration in a Secret",
      "storage: {}",
      "configSecret: own",
      /in a Secret, which this step cannot read/,
    ],
    [
      "with a selector by expressions",
      "matchLabels:",
      "matchExpressions: []\n          matchLabels:",
      /has expressions/,
    ],
    [
      "with a default receiver that notifies someone",
      "alertmanagerSpec:",
      "config:\n        route: { receiver: chat }\n        receivers: [{ name: chat, discord_configs: [{ webhook_url: a }] }]\n      alertmanagerSpec:",
      /would no longer arrive there/,
    ],
    [
      "with a configuration as text",
      "alertmanagerSpec:",
      "stringConfig: 'route: { receiver: chat }'\n      alertmanagerSpec:",
      /would no longer arrive there/,
    ],
    [
      "with a chart that knows only None",
      "80.0.0",
      "76.4.0",
      /those of tenants included: use version 77\.0\.0/,
    ],
    ["with a chart of an unknown version", "version: 80.0.0", "interval: 1h", /with chart version unknown/],
    [
      "whose Alertmanager is in another namespace",
      "interval: 1h\n",
      "interval: 1h\n  targetNamespace: alerts\n",
      /targetNamespace puts Alertmanager/,
    ],
    [
      "whose Alertmanager is in another namespace by its values, with any strategy",
      "storage: {}\n",
      "alertmanagerConfigMatcherStrategy: { type: None }\n    namespaceOverride: alerts\n",
      /values\.namespaceOverride puts Alertmanager/,
    ],
    ["without Alertmanager", "alertmanager:\n", "alertmanager:\n      enabled: false\n", /is disabled/],
    [
      "with values that cannot be edited",
      "alertmanagerSpec:\n        alertmanagerConfigSelector:\n          matchLabels:\n            alerts: all # as in the wiki\n        storage: {}",
      "alertmanagerSpec: { storage: {} }",
      /is written in flow style/,
    ],
  ] as const)
    it(`leaves a release ${name}, and says why`, () => {
      const file = name === "without a secret store" ? "monitoring/grafana.yaml" : RELEASE;
      const { files, text } = report(from, to, file);
      assert.deepEqual(files, []);
      assert.match(text, reason);
    });

  const withConfig = (spec: string, file = "monitoring/grafana.yaml") => {
    const metadata = "metadata: { name: chat, namespace: tenant }";
    const config = `apiVersion: monitoring.coreos.com/v1alpha1\nkind: AlertmanagerConfig\n${metadata}\nspec: ${spec}\n`;
    return report("apiVersion:", `${config}---\napiVersion:`, file);
  };

  const GRAFANA = "monitoring/grafana.yaml";
  const FROM = "  dataFrom:\n    - extract:\n        key: grafana\n";
  /** The only ExternalSecret reads a value by key and field from a store of Vault. */
  const stored = (remoteRef: string, vault: string): string =>
    `  data:\n    - secretKey: a\n      remoteRef: ${remoteRef}\n---\napiVersion: external-secrets.io/v1\nkind: ClusterSecretStore\nmetadata: { name: vault }\nspec: { provider: { vault: ${vault} } }\n`;
  const PATHS = stored("{ key: kv/data/grafana, property: data.USER }", "{ version: v1 }");

  it("leaves a release if the store's keys are whole paths of Vault, and says how they look", () => {
    assert.match(
      report(FROM, PATHS, GRAFANA).text,
      /ClusterSecretStore vault has no spec\.provider\.vault\.path, .* such as kv\/data\/grafana with the field data\.USER: set pushover\.item/,
    );
    const item = { key: "kv/data/pushover", token: "A", userKey: "B" };
    assert.match(report(FROM, PATHS, GRAFANA, { item }).text, /with the field data\.USER: set/);
    const whole = { ...item, token: "data.A", userKey: "data.B" };
    assert.equal(report(FROM, PATHS, GRAFANA, { item: whole }).verdict, "proven");
    const mounted = stored("{ key: grafana, property: USER }", "{ path: kv, version: v2 }");
    assert.equal(report(FROM, mounted, GRAFANA).verdict, "proven");
  });

  it("leaves a release if the store's items have no fields, unless the options name one", () => {
    const flat = stored("{ key: GRAFANA_PASSWORD }", "{ path: kv }");
    assert.match(
      report(FROM, flat, GRAFANA).text,
      /read whole items, such as GRAFANA_PASSWORD, and no fields: set/,
    );
    const item = { key: "PUSHOVER", token: "A", userKey: "B" };
    assert.equal(report(FROM, flat, GRAFANA, { item }).verdict, "proven");
  });

  it("leaves a release if another config would get more alerts", () => {
    const matchers = "matchers: [{ name: namespace, value: apps }]";
    const side = "[{ name: namespace, value: apps }]";
    for (const spec of [
      "{ route: { receiver: chat } }",
      `{ route: { receiver: chat, ${matchers} }, inhibitRules: [{ sourceMatch: ${side}, targetMatch: [] }] }`,
    ]) {
      const { files, text } = withConfig(spec);
      assert.deepEqual(files, []);
      assert.match(text, /AlertmanagerConfig monitoring\/chat \(monitoring\/grafana\.yaml:\d+\) would get/);
    }
    for (const [spec, file] of [
      ["{ route: { receiver: chat } }", "flux.yaml"],
      [
        `{ route: { receiver: chat, ${matchers} }, inhibitRules: [{ sourceMatch: ${side}, targetMatch: ${side} }] }`,
        "monitoring/grafana.yaml",
      ],
    ] as const)
      assert.equal(withConfig(spec, file).verdict, "proven");
  });

  it("adds the strategy to a release that sets nothing of Alertmanager's spec", () => {
    const spec =
      "      alertmanagerSpec:\n        alertmanagerConfigSelector:\n          matchLabels:\n            alerts: all # as in the wiki\n        storage: {}\n";
    const { verdict, text } = report(spec, "");
    assert.equal(verdict, "proven", text);
  });

  it("keeps the strategy None", () => {
    const { files } = report(
      "storage: {}",
      "storage: {}\n        alertmanagerConfigMatcherStrategy:\n          type: None",
    );
    assert.ok(!files.some(({ path }) => path === RELEASE));
    assert.equal(files.length, 2);
  });

  it("does nothing where critical alerts already go to Pushover", () => {
    const config =
      "config:\n        receivers: [{ name: phone, pushover_configs: [{ token: a }] }]\n      alertmanagerSpec:";
    assert.equal(report("alertmanagerSpec:", config).verdict, "nothing to do");
  });

  it("is not proven with another route, or another change of the release", () => {
    for (const [path, from, to] of [
      [ADDED, "value: critical", "value: warning"],
      [ADDED, "key: token", "key: other"],
      [RELEASE, "storage: {}", "replicas: 0"],
    ] as const) {
      const context = contextOf();
      const { changes } = pushover.plan(context);
      const spoiled = changes.map((change) =>
        change.path === path ? { path, text: change.text?.replace(from, to) } : change,
      );
      assert.notDeepEqual(spoiled, changes);
      assert.equal(prove(pushover, context, { changes: spoiled, notes: [] }).proof.status, "fails");
    }
  });
});
