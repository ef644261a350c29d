import assert from "node:assert/strict";
import { stringify } from "yaml";
import { route } from "../../../../../tools/migrate/steps/route/step.ts";
import type { StepResult } from "../../../../../tools/migrate/run.ts";
import { gatewayClass, gatewayWith, helmRelease, ingressWith, messages, resultOf } from "../../planning.ts";

const OPTIONS = { route: { gateways: { wan: { name: "front", namespace: "doors" } } } };
const moved = ({ plan }: StepResult): readonly string[] => plan.changes.map(({ path }) => path);

describe("migrate route: what a patch in one cluster changes", () => {
  const flux = (name: string): object => ({
    apiVersion: "kustomize.toolkit.fluxcd.io/v1",
    kind: "Kustomization",
    metadata: { name, namespace: "flux-system" },
    spec: { path: `./clusters/${name}/den`, prune: true, sourceRef: { kind: "GitRepository", name: "home" } },
  });
  const tea = (host: string): object =>
    ingressWith({ name: "tea", namespace: "den", host, ingressClassName: "wan" });
  const planned = (more: readonly object[]): StepResult =>
    resultOf(
      route,
      {
        "clusters/west/flux/den.yaml": flux("west"),
        "clusters/west/den/kustomization.yaml": {
          resources: ["../../../base"],
          patches: [{ path: "tea.yaml", target: { kind: "Ingress", name: "tea" } }, ...more],
        },
        "clusters/west/den/tea.yaml": tea("tea.west.example.com"),
        "base/kustomization.yaml": { resources: ["tea.yaml"] },
        "base/tea.yaml": tea("tea.example.com"),
      },
      OPTIONS,
    );

  it("keeps the Ingress, and names the patch, unless it reaches the route", () => {
    const result = planned([]);
    assert.deepEqual(moved(result), []);
    assert.match(
      messages(result, "refused").join(),
      /the patch at clusters\/west\/den\/tea\.yaml:\d+ changes what it serves, and does not reach its HTTPRoute: write the same patch for HTTPRoutes first/,
    );
    const hostnames = [{ op: "replace", path: "/spec/hostnames", value: ["tea.west.example.com"] }];
    const both = planned([{ target: { kind: "HTTPRoute", name: "tea" }, patch: stringify(hostnames) }]);
    assert.deepEqual(moved(both), ["base/tea.yaml"], messages(both, "refused").join());
  });
});

describe("migrate route: a Service that Kustomize renames", () => {
  it("is named as the reason, because Kustomize does not rename it in HTTPRoutes", () => {
    const service = {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "tea", namespace: "den" },
      spec: { ports: [{ port: 80 }] },
    };
    const planned = (more: object): StepResult =>
      resultOf(
        route,
        {
          "kustomization.yaml": { resources: ["west"] },
          "west/kustomization.yaml": { namePrefix: "west-", resources: ["../base"], ...more },
          "west/names.yaml": {
            nameReference: [
              {
                kind: "Service",
                version: "v1",
                fieldSpecs: [{ kind: "HTTPRoute", path: "spec/rules/backendRefs/name" }],
              },
            ],
          },
          "base/kustomization.yaml": { resources: ["tea.yaml", "service.yaml"] },
          "base/tea.yaml": ingressWith({ name: "tea", namespace: "den", ingressClassName: "wan" }),
          "base/service.yaml": service,
        },
        OPTIONS,
      );
    const result = planned({});
    assert.deepEqual(moved(result), []);
    assert.match(
      messages(result, "refused").join(),
      /Kustomize renames Service tea to west-tea \(namePrefix or nameSuffix\), also in Ingresses, but not in HTTPRoutes/,
    );
    const ready = planned({ configurations: ["names.yaml"] });
    assert.deepEqual(moved(ready), ["base/tea.yaml"], messages(ready, "refused").join());
  });
});

describe("migrate route: what a patch for all Ingresses sets", () => {
  const set = (apiVersion: string, kind: string): object => ({
    target: { kind },
    patch: stringify({
      apiVersion,
      kind,
      metadata: { name: "any", annotations: { "example.net/owner": "ann" } },
    }),
  });
  const INGRESSES = set("networking.k8s.io/v1", "Ingress");
  const ROUTES = set("gateway.networking.k8s.io/v1", "HTTPRoute");
  const planned = (more: object): StepResult =>
    resultOf(
      route,
      {
        "den/tea.yaml": ingressWith({ name: "tea", namespace: "den", ingressClassName: "wan" }),
        "den/kustomization.yaml": { resources: ["tea.yaml"], ...more },
      },
      OPTIONS,
    );

  it("keeps them as long as it does not reach their routes", () => {
    const result = planned({ patches: [INGRESSES] });
    assert.deepEqual(moved(result), []);
    assert.match(
      messages(result, "refused").join(),
      /its HTTPRoute would not have annotation example\.net\/owner, which a patch sets: extend the patch to HTTPRoutes first/,
    );
  });

  it("is not said to be set by a patch if one of two Kustomizations that build them sets it", () => {
    const flux = (name: string, more: object): object => ({
      apiVersion: "kustomize.toolkit.fluxcd.io/v1",
      kind: "Kustomization",
      metadata: { name, namespace: "flux-system" },
      spec: { path: "./den", prune: true, sourceRef: { kind: "GitRepository", name: "home" }, ...more },
    });
    const result = resultOf(
      route,
      {
        "flux/all.yaml": flux("all", {}),
        "flux/den.yaml": flux("den", { commonMetadata: { labels: { "example.net/owner": "ann" } } }),
        "den/tea.yaml": ingressWith({ name: "tea", namespace: "den", ingressClassName: "wan" }),
      },
      OPTIONS,
    );
    assert.deepEqual(moved(result), ["den/tea.yaml"], messages(result, "refused").join());
  });

  it("moves with them if it does, or if it is set for all objects", () => {
    for (const more of [
      { patches: [INGRESSES, ROUTES] },
      { commonAnnotations: { "example.net/owner": "ann" } },
      { commonLabels: { owner: "ann" } },
    ])
      assert.deepEqual(moved(planned(more)), ["den/tea.yaml"], JSON.stringify(more));
  });
});

describe("migrate route: what a replacement sets in values", () => {
  const MIDDLEWARES = "traefik.ingress.kubernetes.io/router.middlewares";
  const app = (name: string, annotations: object): object =>
    helmRelease(name, "den", "app-template", {
      controllers: { [name]: { containers: { app: {} } } },
      service: { app: { controller: name, ports: { http: { port: 80 } } } },
      ingress: {
        app: {
          annotations,
          className: "public",
          hosts: [{ host: `${name}.example.com`, paths: [{ path: "/", service: { identifier: "app" } }] }],
        },
      },
    });
  const planned = (middleware: string): StepResult =>
    resultOf(
      route,
      {
        "den/door.yaml": [
          gatewayClass("doors", "traefik.io/gateway-controller"),
          gatewayWith({ name: "front", namespace: "doors" }, "doors"),
          helmRelease("traefik", "network", "traefik", {
            providers: { kubernetesGateway: { enabled: true } },
          }),
        ],
        "den/tea.yaml": app("tea", { [MIDDLEWARES]: `${middleware}-limit@kubernetescrd` }),
        "den/milk.yaml": app("milk", {}),
        "den/limit.yaml": {
          apiVersion: "traefik.io/v1alpha1",
          kind: "Middleware",
          metadata: { name: "limit", namespace: "den" },
          spec: { compress: {} },
        },
        "den/kustomization.yaml": {
          resources: ["door.yaml", "tea.yaml", "milk.yaml", "limit.yaml"],
          replacements: [
            {
              source: { kind: "HelmRelease", name: "tea", fieldPath: "metadata.namespace" },
              targets: [
                {
                  select: { kind: "HelmRelease", name: "tea" },
                  fieldPaths: [`spec.values.ingress.app.annotations.[${MIDDLEWARES}]`],
                  options: { delimiter: "-", index: 0 },
                },
              ],
            },
          ],
        },
      },
      {
        route: {
          gateways: { public: { name: "front", namespace: "doors", middlewares: true } },
        },
      },
    );

  it("keeps only that release, because the replacement would not find its field", () => {
    const result = planned("den");
    assert.deepEqual(moved(result), ["den/milk.yaml"], messages(result, "refused").join("\n"));
    assert.match(
      messages(result, "refused").join("\n"),
      /den\/kustomization\.yaml:\d+: the target of the replacement has no field spec\.values\.ingress/,
    );
  });

  it("is not what the file says, so no reason is given for that", () => {
    const refused = messages(planned("PLACEHOLDER"), "refused").join("\n");
    assert.match(
      refused,
      /its clusters do not receive what this file says: a patch, a replacement or a variable/,
    );
    assert.doesNotMatch(refused, /PLACEHOLDER/);
  });
});
