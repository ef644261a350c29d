import assert from "node:assert/strict";
import { join } from "node:path";
import { Repository } from "../../../../tools/gitops/yaml/repository.ts";
import { buildClusters } from "../../../../tools/migrate/build.ts";
import { readOptions } from "../../../../tools/migrate/options.ts";
import { reportOf } from "../../../../tools/migrate/report.ts";
import { runStep } from "../../../../tools/migrate/run.ts";
import { annotate } from "../../../../tools/migrate/steps/annotate/step.ts";
import { helmRelease, kustomization, messages, resultOf, written } from "../planning.ts";

const FIXTURES = join(import.meta.dirname, "../../../fixtures/migrate/annotate");
const BEFORE = join(FIXTURES, "endpoints/before");

describe("migrate annotate, in a cluster without Gatus", () => {
  it("annotates no route", () => {
    const original = new Repository(BEFORE);
    const routes = new Map([
      ["kubernetes/gatus.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: none\n"],
      ...original
        .yamlFiles("kubernetes/apps/wiki")
        .filter((path) => path.endsWith("gatus.yaml"))
        .map((path) => [path, "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: other\n"] as const),
    ]);
    const changesOf = (repository: Repository): number => {
      const clusters = buildClusters(repository);
      const context = { repository, clusters, selected: () => true, options: readOptions(repository) };
      return reportOf(runStep(annotate, context), repository).files.length;
    };
    assert.notEqual(changesOf(original), 0);
    assert.equal(changesOf(original.with(routes)), 0);
  });
});

describe("the advice of migrate annotate for the live cluster", () => {
  const adviceOn = (fixture: string): string => {
    const repository = new Repository(join(FIXTURES, fixture, "before"));
    const clusters = buildClusters(repository);
    const context = { repository, clusters, selected: () => true, options: readOptions(repository) };
    return reportOf(runStep(annotate, context), repository).live.join("\n");
  };

  it("covers the time until a ConfigMap is pruned", () => {
    assert.match(adviceOn("endpoints"), /^after: .*pruned the ConfigMap/m);
  });

  it("says nothing about ConfigMaps if none is removed", () => {
    assert.match(adviceOn("enabled"), /^before: [^\n]*$/);
  });
});

describe("migrate annotate, where gatus-sidecar comes from its own chart", () => {
  const notesWith = (values: object): string => {
    const release = {
      apiVersion: "helm.toolkit.fluxcd.io/v2",
      kind: "HelmRelease",
      metadata: { name: "discovery", namespace: "apps" },
      spec: { chart: { spec: { chart: "gatus-sidecar", version: "0.5.1" } }, values },
    };
    const endpoints = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "shop", namespace: "apps", labels: { "gatus.io/enabled": "true" } },
      data: { "config.yaml": "endpoints:\n  - name: shop\n    url: https://shop.example.com\n" },
    };
    return messages(resultOf(annotate, { "sidecar.yaml": release, "map.yaml": endpoints }), "left").join(
      "\n",
    );
  };

  it("counts it unless its values switch it off, or it watches only routes with an annotation", () => {
    const unwatched = /does not run gatus-sidecar with --auto-httproute/;
    assert.doesNotMatch(notesWith({}), unwatched);
    assert.match(notesWith({ sidecar: { enabled: false } }), unwatched);
    assert.match(notesWith({ sidecar: { kinds: { httproute: { auto: false } } } }), unwatched);
    assert.doesNotMatch(
      notesWith({ sidecar: { kinds: { httproute: { auto: false } }, extraArgs: ["--auto-httproute"] } }),
      unwatched,
    );
  });
});

describe("migrate annotate, where ConfigMaps have endpoints", () => {
  const map = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "shop-endpoints", namespace: "apps", labels: { "gatus.io/enabled": "true" } },
    data: {
      "config.yaml": `endpoints:
  - name: shop
    group: guarded
    url: 1.1.1.1
    interval: 1m
    dns: { query-name: shop.example.com, query-type: A }
    conditions: ["len([BODY]) == 0"]
`,
    },
  };
  const shop = {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata: { name: "shop", namespace: "apps" },
    spec: { hostnames: ["shop.example.com"], rules: [{ backendRefs: [{ name: "shop", port: 80 }] }] },
  };
  const gatus = (...others: readonly object[]): object => ({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "gatus", namespace: "watch" },
    spec: {
      template: {
        spec: {
          containers: [
            { name: "gatus", image: "ghcr.io/twin/gatus:v5.20.0" },
            {
              name: "routes",
              image: "ghcr.io/home-operations/gatus-sidecar:0.5.0",
              args: ["--auto-httproute"],
            },
            ...others,
          ],
        },
      },
    },
  });
  const sidecar = (env: unknown): object => ({
    name: "maps",
    image: "quay.io/kiwigrid/k8s-sidecar:1.30.0",
    env,
  });
  const result = (program: object): ReturnType<typeof resultOf> =>
    resultOf(annotate, {
      "flux/apps.yaml": kustomization("apps", "./apps"),
      "apps/gatus.yaml": program,
      "apps/map.yaml": map,
      "apps/route.yaml": shop,
    });

  it("keeps them if nothing reads their label, because Gatus does not monitor them", () => {
    for (const program of [gatus(), gatus(sidecar([{ name: "LABEL", value: "grafana_dashboard" }]))]) {
      const { plan } = result(program);
      assert.deepEqual(plan.changes, []);
      assert.match(
        plan.notes.map(({ message }) => message).join(),
        /shop-endpoints is kept: nothing in this repository reads its label gatus\.io\/enabled/,
      );
    }
  });

  it("moves them if something may read it, and names the check that a DNS query replaces", () => {
    const inApp = helmRelease("gatus", "watch", "app-template", {
      controllers: {
        gatus: {
          containers: {
            app: { image: { repository: "ghcr.io/twin/gatus", tag: "v5.20.0" } },
            routes: {
              image: { repository: "ghcr.io/home-operations/gatus-sidecar", tag: "0.5.0" },
              args: ["--auto-httproute"],
            },
            maps: {
              image: { repository: "quay.io/kiwigrid/k8s-sidecar", tag: "1.30.0" },
              env: { LABEL: "gatus.io/enabled" },
            },
          },
        },
      },
    });
    for (const program of [
      gatus(sidecar([{ name: "LABEL", value: "gatus.io/enabled" }])),
      gatus(sidecar([{ name: "LABEL", valueFrom: { configMapKeyRef: { name: "a", key: "b" } } }])),
      inApp,
    ]) {
      const moved = result(program);
      assert.ok(moved.plan.changes.some(({ path, text }) => path === "apps/map.yaml" && text === undefined));
      assert.match(written(moved, "apps/route.yaml"), /guarded: true/, messages(moved, "left").join());
      assert.match(
        messages(moved, "removed").join(),
        /the check of https:\/\/shop\.example\.com, which gatus-sidecar derives from route shop today: with guarded: true/,
      );
    }
  });
});

describe("migrate annotate, for routes that do not respond with 200", () => {
  const route = (name: string, rules: object): object => ({
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata: { name, namespace: "apps" },
    spec: { hostnames: [`${name}.example.com`], rules: [rules] },
  });
  const backendRefs = [{ name: "app", port: 80 }];
  const paths = (value: string): object => ({
    matches: [{ path: { type: "PathPrefix", value } }],
    backendRefs,
  });
  const gatus = (...images: readonly string[]): object => ({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "gatus", namespace: "apps" },
    spec: {
      template: { spec: { containers: images.map((image, index) => ({ name: `c${index}`, image })) } },
    },
  });
  const GATUS = "ghcr.io/twin/gatus:v5.30.0";
  const SIDECAR = "ghcr.io/home-operations/gatus-sidecar:0.4.1";
  const outcome = (object: object): { readonly annotated: boolean; readonly notes: string } => {
    const result = resultOf(annotate, { "gatus.yaml": gatus(GATUS, SIDECAR), "route.yaml": object });
    return {
      annotated: written(result, "route.yaml").includes('enabled: "true"'),
      notes: messages(result, "left").join("\n"),
    };
  };

  it("lists redirects and webhooks", () => {
    const filters = [{ type: "RequestRedirect", requestRedirect: { hostname: "new.example.com" } }];
    const redirected = outcome(route("old", { filters }));
    assert.equal(redirected.annotated, false);
    assert.match(redirected.notes, /route old is not annotated: the route only redirects/);
    for (const path of ["/hook", "/hook/", "/api/webhook/", "/webhooks"]) {
      const webhook = outcome(route("flux", paths(path)));
      assert.equal(webhook.annotated, false, path);
      assert.match(webhook.notes, /is a webhook, which does not return 200 to a GET request/, path);
    }
  });

  it("names the alerts that each annotated route can raise", () => {
    const alert = (name: string, expr: string): object => ({ alert: name, expr, for: "3m" });
    const rules = {
      apiVersion: "monitoring.coreos.com/v1",
      kind: "PrometheusRule",
      metadata: { name: "gatus", namespace: "apps" },
      spec: {
        groups: [
          {
            name: "gatus",
            rules: [
              alert("EndpointDown", 'gatus_results_endpoint_success{group="external"} == 0'),
              alert("Idle", "absent(up)"),
              { record: "gatus:up", expr: "sum(gatus_results_endpoint_success)" },
            ],
          },
        ],
      },
    };
    const runbook = (more: object = {}): readonly string[] =>
      resultOf(annotate, {
        "gatus.yaml": gatus(GATUS, SIDECAR),
        "one.yaml": route("one", { backendRefs }),
        "two.yaml": route("two", { backendRefs }),
        "rules.yaml": rules,
        ...more,
      })
        .plan.notes.filter(({ kind }) => kind === "runbook")
        .map(({ message, position }) => `${position?.file ?? ""}:${position?.line ?? 0}: ${message}`);
    const [note = "", ...others] = runbook();
    assert.deepEqual(others, []);
    assert.match(
      note,
      /^rules\.yaml:10: alert EndpointDown reads Gatus's results, and this step adds 2 endpoints:/,
    );
    const values = { spec: undefined, groups: rules.spec.groups };
    const release = helmRelease("prometheus", "apps", "kube-prometheus-stack", { extra: values });
    assert.equal(runbook({ "rules.yaml": release }).length, 1);
    const annotations = { "gatus.home-operations.com/enabled": "true" };
    const done = (name: string): object => ({
      ...route(name, { backendRefs }),
      metadata: { name, namespace: "apps", annotations },
    });
    assert.deepEqual(runbook({ "one.yaml": done("one"), "two.yaml": done("two") }), []);
  });

  it("looks only at clusters that run gatus-sidecar: the others read no annotation", () => {
    const shared = (sidecar: string, ...args: readonly string[]): boolean => {
      const program = gatus(GATUS, sidecar) as { spec: { template: { spec: { containers: object[] } } } };
      program.spec.template.spec.containers[1] = { name: "c1", image: sidecar, args };
      const clusters = Object.fromEntries(
        ["east", "west"].flatMap((name) => [
          [`clusters/${name}/flux.yaml`, kustomization(name, `./clusters/${name}/apps`)],
          [
            `clusters/${name}/apps/kustomization.yaml`,
            { resources: ["../../../shared", ...(name === "east" ? ["gatus.yaml"] : [])] },
          ],
        ]),
      );
      const result = resultOf(annotate, {
        ...clusters,
        "clusters/east/apps/gatus.yaml": program,
        "shared/kustomization.yaml": { resources: ["route.yaml"] },
        "shared/route.yaml": route("shop", { backendRefs }),
      });
      return written(result, "shared/route.yaml") !== "";
    };
    assert.equal(shared(SIDECAR, "--auto-httproute"), false);
    assert.equal(shared(SIDECAR), true);
  });

  it("adds nothing where Gatus runs without gatus-sidecar, because nothing reads it", () => {
    const files = { "gatus.yaml": gatus(GATUS), "route.yaml": route("shop", { backendRefs }) };
    assert.deepEqual(resultOf(annotate, files).plan.changes, []);
    assert.equal(outcome(route("shop", { backendRefs })).annotated, true);
  });

  it("annotates others", () => {
    for (const rules of [{ backendRefs }, paths("/"), paths("/hooked"), paths("/shop")])
      assert.deepEqual(outcome(route("shop", rules)), { annotated: true, notes: "" });
  });
});

describe("migrate annotate, where an annotation on a route would not help", () => {
  const left = (args: readonly string[], ...others: readonly object[]): string => {
    const sidecar = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "gatus", namespace: "apps" },
      spec: {
        template: {
          spec: { containers: [{ name: "sidecar", image: "example.com/gatus-sidecar:0.5.1", args }] },
        },
      },
    };
    const route = {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "HTTPRoute",
      metadata: { name: "wiki", namespace: "apps" },
      spec: {
        parentRefs: [{ name: "inside" }],
        hostnames: ["wiki.example.com"],
        rules: [{ backendRefs: [{ name: "wiki", port: 80 }] }],
      },
    };
    const result = resultOf(annotate, {
      "sidecar.yaml": sidecar,
      "route.yaml": route,
      "others.yaml": others,
    });
    return messages(result, "left").join("\n") || written(result, "route.yaml");
  };
  const service = (annotations: object = {}): object => ({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "wiki", namespace: "apps", annotations },
    spec: { ports: [{ port: 80 }] },
  });
  const OFF = { "gatus.home-operations.com/enabled": "false" };
  const ANNOTATED = /gatus\.home-operations\.com\/enabled: "true"/;

  it("leaves it if gatus-sidecar watches other kinds only", () => {
    assert.match(left(["--auto-service"], service()), /watches other kinds only: add --enable-httproute/);
    assert.match(left([], service()), ANNOTATED);
  });

  it("leaves it if a Service of its name has the same endpoint name already", () => {
    const both = ["--auto-service", "--enable-httproute"];
    assert.match(
      left(both, service()),
      /gives Service apps\/wiki the same endpoint name, .* add --prefix-service/,
    );
    assert.match(left(both, service(OFF)), ANNOTATED);
    assert.match(left([...both, "--prefix-service=svc/"], service()), ANNOTATED);
    assert.match(left(["--enable-service", "--enable-httproute"], service()), ANNOTATED);
  });
});
