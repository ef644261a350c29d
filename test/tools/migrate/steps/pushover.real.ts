import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { parseAllDocuments } from "yaml";
import type { pushoverRouteSpec } from "../../../../kube/pushover-route.ts";
import { fileText } from "../../../../tools/gitops/yaml/file-text.ts";
import { Repository } from "../../../../tools/gitops/yaml/repository.ts";
import { buildClusters } from "../../../../tools/migrate/build.ts";
import { readOptions } from "../../../../tools/migrate/options.ts";
import { runStep } from "../../../../tools/migrate/run.ts";
import { pushover } from "../../../../tools/migrate/steps/pushover/step.ts";
import { resolveProgram } from "../../../../tools/toolchain/resolve.ts";
import { temporaryDirectory } from "../../../support/temporary.ts";

const BEFORE = join(import.meta.dirname, "../../../fixtures/migrate/pushover/example/before");
const ADDED = "monitoring/app/alertmanager-pushover.yaml";

const PUSHOVER = "monitoring/alertmanager-pushover/pushover";

type Spec = ReturnType<typeof pushoverRouteSpec>;

interface AlertmanagerConfig {
  readonly metadata: { readonly name: string };
  readonly spec: Spec;
}

/** Alertmanager's own configuration in the chart's values: a default receiver, and one for the Watchdog alert. */
const BASE_RECEIVERS = [{ name: "null" }];
const BASE_ROUTES = [{ receiver: "null", matchers: ['alertname = "Watchdog"'] }];

/**
 * Alertmanager's configuration as the operator generates it. This covers the fields that the step writes, and nothing more: amtool reads
 * Alertmanager's format only, and the operator has no command that converts one object.
 * Source: convertRoute, convertPushoverConfig and processRoute in
 * https://github.com/prometheus-operator/prometheus-operator/blob/v0.85.0/pkg/alertmanager/ (amcfg.go, enforcer.go)
 */
function generated({ metadata, spec }: AlertmanagerConfig, strategy: "None" | "OnNamespace"): object {
  const prefix = `monitoring/${metadata.name}`;
  const { route } = spec;
  const namespace = strategy === "None" ? [] : ['namespace="monitoring"'];
  return {
    route: {
      receiver: "null",
      routes: [
        {
          receiver: `${prefix}/${route.receiver}`,
          continue: true,
          group_by: route.groupBy,
          group_wait: route.groupWait,
          group_interval: route.groupInterval,
          repeat_interval: route.repeatInterval,
          matchers: [
            ...route.matchers.map(({ name, value, matchType }) => `${name}${matchType}"${value}"`),
            ...namespace,
          ],
        },
        ...BASE_ROUTES,
      ],
    },
    receivers: [
      ...BASE_RECEIVERS,
      ...spec.receivers.map(({ name, pushoverConfigs }) => ({
        name: `${prefix}/${name}`,
        pushover_configs: pushoverConfigs.map(({ sendResolved, priority, title, message }) => ({
          send_resolved: sendResolved,
          user_key: "user",
          token: "token",
          title,
          message,
          priority,
        })),
      })),
    ],
  };
}

describe("migrate pushover, checked by the real amtool", function () {
  this.timeout(600_000);
  let amtool: string;
  const directory = temporaryDirectory("edgefirst-amtool-");
  let written: AlertmanagerConfig;

  before(async () => {
    ({ path: amtool } = await resolveProgram("amtool", { progress: () => undefined }));
    const repository = new Repository(BEFORE);
    const options = readOptions(repository);
    const context = { repository, clusters: buildClusters(repository), selected: () => true, options };
    const [first] = parseAllDocuments(fileText(runStep(pushover, context).after, ADDED) ?? "");
    written = first?.toJS() as AlertmanagerConfig;
  });

  /** JSON is valid YAML. */
  function file(config: object): string {
    const path = join(directory, "alertmanager.yml");
    writeFileSync(path, JSON.stringify(config));
    return path;
  }

  const run = async (...args: readonly string[]): Promise<string> =>
    (await promisify(execFile)(amtool, args)).stdout;

  /** The receivers of an alert with the given labels. */
  async function receivers(config: object, ...labels: readonly string[]): Promise<readonly string[]> {
    const output = await run("config", "routes", "test", `--config.file=${file(config)}`, ...labels);
    return output.trim().split(",");
  }

  it("writes a configuration that amtool accepts, templates included", async () => {
    assert.match(await run("check-config", file(generated(written, "None"))), /SUCCESS/);
  });

  it("would be rejected with a matcher or a duration that Alertmanager cannot read", async () => {
    const { spec } = written;
    for (const route of [
      { ...spec.route, groupWait: "soon" },
      { ...spec.route, matchers: [{ name: "severity", value: "critical", matchType: "==" }] },
    ])
      await assert.rejects(
        run("check-config", file(generated({ ...written, spec: { ...spec, route } }, "None"))),
      );
  });

  for (const [labels, expected] of [
    [["severity=critical"], PUSHOVER],
    [["severity=critical", "namespace=apps"], PUSHOVER],
    [["severity=warning"], "null"],
    [["severity=critical-not"], "null"],
    [["alertname=Watchdog", "severity=none"], "null"],
  ] as const)
    it(`routes ${labels.join(" ")} to ${expected}`, async () => {
      assert.deepEqual(await receivers(generated(written, "None"), ...labels), [expected]);
    });

  it("leaves the alerts of other routes to them as well", async () => {
    const config = generated(written, "None");
    const routed = await receivers(config, "alertname=Watchdog", "severity=critical");
    assert.deepEqual(routed, [PUSHOVER, "null"]);
  });

  it("needs the matcher strategy that the step sets: the default excludes alerts from other namespaces", async () => {
    const config = generated(written, "OnNamespace");
    assert.deepEqual(await receivers(config, "severity=critical", "namespace=apps"), ["null"]);
  });
});
