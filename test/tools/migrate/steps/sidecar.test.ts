import assert from "node:assert/strict";
import { join } from "node:path";
import { fileText } from "../../../../tools/gitops/yaml/file-text.ts";
import { Repository } from "../../../../tools/gitops/yaml/repository.ts";
import { buildClusters } from "../../../../tools/migrate/build.ts";
import { readOptions, type MigrateOptions } from "../../../../tools/migrate/options.ts";
import { prove } from "../../../../tools/migrate/proof.ts";
import { reportOf, type StepReport } from "../../../../tools/migrate/report.ts";
import { runStep } from "../../../../tools/migrate/run.ts";
import type { StepContext } from "../../../../tools/migrate/step.ts";
import { annotate } from "../../../../tools/migrate/steps/annotate/step.ts";
import { withSkip } from "../../../../tools/migrate/steps/sidecar/config-text.ts";
import { sidecar } from "../../../../tools/migrate/steps/sidecar/step.ts";

const FIXTURES = join(import.meta.dirname, "../../../fixtures/migrate/sidecar");
const RELEASE = "status/app/helmrelease.yaml";
const CONFIG = "status/app/resources/gatus.yaml";
const CHART = "apps/gatus.yaml";

/** An example with a text replaced in one of its files. */
function contextOf(from = "", to = "", file = RELEASE, options: Partial<MigrateOptions> = {}): StepContext {
  const example = file === CHART ? "chart" : "app-template";
  const original = new Repository(join(FIXTURES, example, "before"));
  const text = fileText(original, file) ?? "";
  assert.ok(text.includes(from), from);
  const repository = original.with(new Map([[file, text.replace(from, to)]]));
  const all = { ...readOptions(repository), ...options };
  return { repository, clusters: buildClusters(repository), selected: () => true, options: all };
}

function report(...args: Parameters<typeof contextOf>): StepReport & { readonly text: string } {
  const context = contextOf(...args);
  const own = reportOf(runStep(sidecar, context), context.repository);
  return { ...own, text: own.notes.map(({ message }) => message).join("\n") };
}

const SECOND_ROUTE = `---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: wiki-two
  annotations:
    gatus.home-operations.com/endpoint: "name: wiki"
spec:
  hostnames: [wiki.example.org]
`;

const ALERT = `apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: gatus
spec:
  groups:
    - name: gatus
      rules:
        - alert: EndpointDown
          expr: gatus_results_endpoint_success == 0
---
`;

describe("migrate sidecar", () => {
  it("names the alerts that the routes can raise", () => {
    const { verdict, text } = report("", ALERT);
    assert.equal(verdict, "proven");
    assert.match(
      text,
      /^alert EndpointDown reads Gatus's results, and this step adds \d+ endpoints?: each of them/,
    );
    assert.equal(report().text, "");
  });

  for (const [name, from, to, file, reason] of [
    [
      "whose token is not mounted",
      "service:\n",
      "defaultPodOptions:\n      automountServiceAccountToken: false\n    service:\n",
      RELEASE,
      /automountServiceAccountToken is false/,
    ],
    [
      "whose chart's token is not mounted",
      "values:\n",
      "values:\n    serviceAccount: { autoMount: false }\n",
      CHART,
      /serviceAccount.autoMount is false/,
    ],
    [
      "whose chart sets another directory",
      "values:\n",
      "values:\n    env: { GATUS_CONFIG_PATH: /elsewhere }\n",
      CHART,
      /sets GATUS_CONFIG_PATH/,
    ],
    [
      "whose configuration is mounted read-only as a whole",
      "type: emptyDir",
      "type: configMap\n        name: gatus-config",
      RELEASE,
      /\/config is a read-only volume/,
    ],
    [
      "whose configuration is not in the repository",
      "name: gatus-config\n",
      "name: elsewhere\n",
      RELEASE,
      /does not contain Gatus's configuration/,
    ],
    [
      "whose configuration refuses the setting",
      "metrics: true",
      "skip-invalid-config-update: false",
      CONFIG,
      /sets skip-invalid-config-update to false/,
    ],
    ["whose configuration is no YAML", "metrics: true", "metrics: [", CONFIG, /cannot be read as YAML/],
    [
      "whose account name is a template",
      "persistence:",
      "serviceAccount: { create: true, name: '{{ .Release.Name }}' }\n    persistence:",
      RELEASE,
      /is a template/,
    ],
    [
      "with the accounts of 3.x in 4.x",
      "version: 3.7.3",
      "version: 4.1.1",
      RELEASE,
      /format of app-template 3.x/,
    ],
    [
      "of a version that is not known",
      "version: 3.7.3",
      "version: 9.0.0",
      RELEASE,
      /knows app-template 3 to 5/,
    ],
    [
      "whose values are a flow mapping",
      "persistence:",
      "serviceAccount: {}\n    persistence:",
      RELEASE,
      /serviceAccount has no entries: remove the key/,
    ],
    [
      "whose role already exists",
      "kind: HTTPRoute",
      "kind: HTTPRoute\nmetadata: { name: x }\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: { name: gatus-sidecar }\n---\napiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute",
      "status/app/route.yaml",
      /ClusterRole or ClusterRoleBinding gatus-sidecar already exists/,
    ],
    [
      "if two routes would have the same endpoint",
      "apiVersion: gateway",
      `${SECOND_ROUTE}---\napiVersion: gateway`,
      "status/app/route.yaml",
      /key _wiki would be used by .*wiki-two.* and .*Gatus would reject/,
    ],
    [
      "if a route would have an endpoint of the configuration",
      "name: router\n    group: network",
      "name: wiki",
      CONFIG,
      /key _wiki would be used by .* and Gatus's configuration/,
    ],
  ] as const)
    it(`leaves a release ${name}, and says why`, () => {
      const extra =
        name === "with the accounts of 3.x in 4.x"
          ? "    serviceAccount:\n      create: true\n    service:\n"
          : "";
      const { verdict, files, text } =
        extra === "" ? report(from, to, file) : reportTwice([from, to], ["    service:\n", extra]);
      assert.deepEqual([verdict, files], ["refused", []]);
      assert.match(text, reason);
    });

  function reportTwice(...edits: readonly (readonly [string, string])[]): ReturnType<typeof report> {
    const context = contextOf();
    const text = edits.reduce(
      (old, [from, to]) => old.replace(from, to),
      fileText(context.repository, RELEASE) ?? "",
    );
    const repository = context.repository.with(new Map([[RELEASE, text]]));
    const changed = { ...context, repository, clusters: buildClusters(repository) };
    const own = reportOf(runStep(sidecar, changed), repository);
    return { ...own, text: own.notes.map(({ message }) => message).join("\n") };
  }

  it("does nothing where gatus-sidecar watches routes, as it does without a flag", () => {
    for (const args of ["--enable-httproute", "-auto-httproute=1", "--output=/config/x.yaml"]) {
      const own = `initContainers:\n          other:\n            image: { repository: ghcr.io/home-operations/gatus-sidecar, tag: 0.5.1 }\n            args: [${args}]`;
      const { verdict, text } = report("initContainers:", own);
      assert.deepEqual([verdict, text], ["nothing to do", ""], args);
    }
  });

  it("reports gatus-sidecar that watches no routes", () => {
    const own =
      "initContainers:\n          other:\n            image: { repository: ghcr.io/home-operations/gatus-sidecar, tag: 0.5.1 }\n            args: [--auto-service]";
    const { files, text } = report("initContainers:", own);
    assert.deepEqual(files, []);
    assert.match(text, /does not watch HTTPRoutes: add --auto-httproute/);
  });

  it("is proven for the configuration file too, which a generator reads", () => {
    assert.deepEqual(report().unread, []);
  });

  it("keeps a setting that the configuration already has", () => {
    const { verdict, files } = report("metrics: true", "skip-invalid-config-update: true", CONFIG);
    assert.equal(verdict, "proven");
    assert.ok(!files.some(({ path }) => path === CONFIG));
  });

  it("binds the ServiceAccount of the Helm release, whose name begins with its target namespace", () => {
    const context = contextOf("interval: 30m", "targetNamespace: watch\n  interval: 30m");
    const { after, proof } = runStep(sidecar, context);
    assert.equal(proof.status, "holds");
    const objects = fileText(after, "status/app/gatus-sidecar.yaml") ?? "";
    assert.match(objects, /kind: ServiceAccount\n\s+name: watch-gatus\n\s+namespace: watch\n/);
    assert.match(fileText(after, RELEASE) ?? "", /serviceAccount:\n\s+create: true\n\s+name: watch-gatus\n/);
  });

  it("also lets Gatus discover Services, with their rights", () => {
    const context = contextOf("", "", RELEASE, { sidecar: { services: true } });
    const { after, proof } = runStep(sidecar, context);
    assert.equal(proof.status, "holds");
    assert.match(fileText(after, RELEASE) ?? "", /- --enable-service\n\s+- --prefix-service=svc\//);
    assert.match(fileText(after, "status/app/gatus-sidecar.yaml") ?? "", /resources:\n\s+- services\n/);
  });

  it("lets the step annotate see that routes are watched, in both charts", () => {
    for (const file of [RELEASE, CHART]) {
      const context = contextOf("", "", file);
      const { after: repository, proof } = runStep(sidecar, context);
      assert.equal(
        runStep(sidecar, { ...context, repository, clusters: proof.clusters }).plan.notes.length,
        0,
      );
      const next = runStep(annotate, { ...context, repository, clusters: proof.clusters });
      assert.deepEqual(next.plan.notes, []);
    }
  });

  it("is not proven with other rights, another container or another configuration", () => {
    for (const [path, from, to] of [
      ["status/app/gatus-sidecar.yaml", "- httproutes", "- httproutes\n      - secrets"],
      ["status/app/gatus-sidecar.yaml", "name: gatus\n    namespace", "name: default\n    namespace"],
      ["status/app/gatus-sidecar.yaml", "    name: gatus\n", "    name: other\n"],
      [RELEASE, "--auto-httproute", "--auto-service"],
      [RELEASE, "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false"],
      [RELEASE, "GATUS_CONFIG_PATH: /config", "GATUS_CONFIG_PATH: /tmp"],
      [CONFIG, "metrics: true", "metrics: false"],
    ] as const) {
      const context = contextOf();
      const { changes } = sidecar.plan(context);
      const spoiled = changes.map((change) =>
        change.path === path ? { path, text: change.text?.replace(from, to) } : change,
      );
      assert.notDeepEqual(spoiled, changes, from);
      assert.equal(prove(sidecar, context, { changes: spoiled, notes: [] }).proof.status, "fails", from);
    }
  });

  describe("whose values come from valuesFrom", () => {
    const CONFIG_MAP = `---
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data:
  values.yaml: |
VALUES`;
    const replaced = (
      values: string,
      reference = "kind: ConfigMap, name: settings",
    ): Parameters<typeof contextOf> => {
      const original = fileText(new Repository(join(FIXTURES, "chart/before")), CHART) ?? "";
      const own = original.slice(original.indexOf("  values:\n"));
      const lines = values.replace(/^/gm, "    ");
      return [
        own,
        `  valuesFrom:\n    - { ${reference} }\n${values === "" ? own : CONFIG_MAP.replace("VALUES", lines)}`,
        CHART,
      ];
    };
    const CONFIGURED = "config:\n  endpoints:\n    - { name: router, url: icmp://192.0.2.1 }\n";

    it("adds to spec.values what no value from there replaces", () => {
      const context = contextOf(...replaced(CONFIGURED));
      const { after, proof } = runStep(sidecar, context);
      assert.equal(proof.status, "holds");
      const text = fileText(after, CHART) ?? "";
      assert.match(text, /\n {2}values:\n {4}config:\n {6}skip-invalid-config-update: true\n/);
      assert.match(text, /extraInitContainers:/);
    });

    it("leaves a release with lists or settings there, and says why", () => {
      for (const [values, reason] of [
        [
          `${CONFIGURED}extraVolumeMounts:\n  - { name: certificates, mountPath: /certificates }\n`,
          /valuesFrom set the list extraVolumeMounts, and one in spec\.values would replace it/,
        ],
        [`${CONFIGURED}env:\n  GATUS_CONFIG_PATH: /elsewhere\n`, /sets GATUS_CONFIG_PATH/],
        [`${CONFIGURED}serviceAccount:\n  autoMount: false\n`, /autoMount is false/],
        ["config:\n  skip-invalid-config-update: false\n", /sets skip-invalid-config-update to false/],
      ] as const) {
        const { verdict, text } = report(...replaced(values));
        assert.equal(verdict, "refused");
        assert.match(text, reason);
      }
    });

    it("leaves a release whose values are not all in the repository, but not for one variable", () => {
      const secret = (more: string): Parameters<typeof contextOf> =>
        replaced("", `kind: Secret, name: status${more}`);
      assert.match(report(...secret("")).text, /some of its values come from Secret status/);
      assert.match(report(...secret(", targetPath: env.GATUS_CONFIG_PATH")).text, /come from Secret status/);
      assert.equal(report(...secret(", targetPath: env.TOKEN")).verdict, "proven");
    });
  });

  it("adds the setting where it separates no comment from its entry", () => {
    const text = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join("");
    const added = "skip-invalid-config-update: true";
    for (const [before, after] of [
      [
        ["web:", "  port: 1", "# - a"],
        ["web:", "  port: 1", "# - a", added],
      ],
      [
        ["debug: true", "# The page.", "ui: {}"],
        ["debug: true", "# The page.", "ui: {}", added],
      ],
      [
        ["debug: true", "", "ui: {}"],
        ["debug: true", added, "", "ui: {}"],
      ],
      [
        ["text: |", "  a: b", "  c"],
        ["text: |", "  a: b", "  c", added],
      ],
    ] as const)
      assert.equal(withSkip(text(before)), text(after));
    assert.equal(withSkip("- a\n"), undefined);
    assert.equal(
      withSkip("debug: true\r\nmetrics: true\r\n"),
      `debug: true\r\n${added}\r\nmetrics: true\r\n`,
    );
  });
});
