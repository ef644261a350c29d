import assert from "node:assert/strict";
import { stringify } from "yaml";
import { route } from "../../../../../tools/migrate/steps/route/step.ts";
import {
  gatewayClass,
  gatewayWith,
  helmRelease,
  ingressWith,
  messages,
  resultOf,
  type Files,
} from "../../planning.ts";

const ROUTER = "traefik.ingress.kubernetes.io/router.middlewares";

const middleware = (name: string, spec: object, group = "traefik.io"): object => ({
  apiVersion: `${group}/v1alpha1`,
  kind: "Middleware",
  metadata: { name, namespace: "apps" },
  spec,
});
const chain = (...names: readonly string[]): object =>
  middleware("guard", { chain: { middlewares: names.map((name) => ({ name })) } });
const traefik = (values: object): object => helmRelease("traefik", "network", "traefik", values);
const behind = (values: object): object =>
  traefik({ providers: { kubernetesGateway: { enabled: true } }, ...values });

/** The step's result for an Ingress behind the Middleware `guard`. */
function run(objects: readonly object[], provides: readonly string[] = [], ingressClass = "public") {
  const files: Files = {
    "apps/objects.yaml": [
      gatewayClass("doors", "traefik.io/gateway-controller"),
      gatewayWith({ name: "front", namespace: "doors" }, "doors"),
      ...objects,
    ],
    "apps/web.yaml": ingressWith({
      host: "web.example.com",
      ingressClassName: ingressClass,
      annotations: { [ROUTER]: "apps-guard@kubernetescrd" },
    }),
  };
  const gateway = { name: "front", namespace: "doors", middlewares: true, provides };
  return resultOf(route, files, { route: { gateways: { [ingressClass]: gateway } } });
}

const refusal = (...args: Parameters<typeof run>): string => messages(run(...args), "refused").join("\n");
const assertMoves = (...args: Parameters<typeof run>): void => {
  const result = run(...args);
  assert.equal(result.plan.changes.length, 1, messages(result, "refused").join("\n"));
};

describe("migrate route: a Middleware of the former API group", () => {
  const OLD = "traefik.containo.us";
  const login = { basicAuth: { secret: "users" } };

  it("keeps its Ingress, also if it is in a chain", () => {
    for (const objects of [
      [middleware("guard", login, OLD)],
      [chain("login"), middleware("login", login, OLD)],
    ])
      assert.match(
        refusal(objects, [], "traefik"),
        /Middleware apps\/(?:guard|login) is of traefik\.containo\.us, .* add a copy of each there .* keep the present ones/,
      );
  });

  it("keeps none if the present group has one of the same name", () => {
    assertMoves([middleware("guard", login, OLD), middleware("guard", login)], [], "traefik");
  });

  it("keeps its Ingress if a chain names it with its provider", () => {
    assert.match(
      refusal([chain("apps-login@kubernetescrd"), middleware("login", login, OLD)], [], "traefik"),
      /Middleware apps\/login is of traefik\.containo\.us/,
    );
  });
});

describe("migrate route: a Middleware that no file contains", () => {
  it("is on the cutover list", () => {
    const lines = (objects: readonly object[]): string =>
      messages(run(objects, [], "traefik"), "cutover").join("\n");
    assert.match(
      lines([]),
      /before the commit: Middleware apps\/guard, through which web\.example\.com is served, is not in this repository/,
    );
    assert.doesNotMatch(lines([middleware("guard", { compress: {} })]), /Middleware apps\/guard/);
  });

  it("is on the cutover list if only a chain names it", () => {
    const lines = (objects: readonly object[]): string =>
      messages(run(objects, [], "traefik"), "cutover").join("\n");
    const other = (name: string, namespace = "apps"): object => ({
      ...middleware(name, { compress: {} }),
      metadata: { name, namespace },
    });
    const all = middleware("guard", {
      chain: {
        middlewares: [
          { name: "there" },
          { name: "inner" },
          { name: "far", namespace: "network" },
          { name: "network-there@kubernetescrd" },
          { name: "login@file" },
        ],
      },
    });
    const inner = middleware("inner", { chain: { middlewares: [{ name: "gone" }] } });
    const found = lines([all, inner, other("there"), other("there", "network")]);
    const named = [
      ...found.matchAll(/^before the commit: Middleware ([^,]*), which Middleware ([^ ]*) names/gm),
    ];
    assert.deepEqual(
      named.map(([, id, chain]) => `${id} in ${chain}`),
      ["network/far in apps/guard", "login@file in apps/guard", "apps/gone in apps/inner"],
      found,
    );
    assert.match(
      found,
      /Middleware network\/far, which Middleware apps\/guard names and through which web\.example\.com is served, is not in this repository: make sure/,
    );
    assert.match(found, /Middleware login@file, .* is of another provider of Traefik: make sure/);
    const inChart = traefik({ extraObjects: [other("login")] });
    assert.match(
      lines([chain("login"), inChart]),
      /Middleware apps\/login, which Middleware apps\/guard names .* comes with HelmRelease network\/traefik/,
    );
    assert.doesNotMatch(lines([chain("login"), other("login")]), /Middleware apps\/login/);
  });

  it("is not used if it names a Service for error pages that nothing creates", () => {
    const lines = (service: object, ...objects: readonly object[]): string => {
      const guard = middleware("guard", { errors: { status: ["500-599"], query: "/", service } });
      return messages(run([guard, ...objects], [], "traefik"), "cutover").join("\n");
    };
    const page = {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "page", namespace: "apps" },
      spec: { ports: [{ port: 80 }] },
    };
    const line = /before the commit: Service \w+\/page, which Middleware apps\/guard names in errors,/;
    assert.match(lines({ name: "page", port: 80 }), line);
    assert.match(lines({ name: "page", namespace: "other" }, page), line);
    assert.doesNotMatch(lines({ name: "page", port: 80 }, page), line);
    assert.doesNotMatch(lines({ name: "page", kind: "TraefikService" }), line);
    const chart = helmRelease("site", "apps", "nginx", {});
    assert.doesNotMatch(lines({ name: "page", port: 80 }, chart), line);
  });

  it("is not one that the step writes", () => {
    const files: Files = {
      "apps/objects.yaml": [
        gatewayClass("doors", "traefik.io/gateway-controller"),
        gatewayWith({ name: "front", namespace: "doors" }, "doors"),
      ],
      "apps/web.yaml": ingressWith({
        host: "web.example.com",
        ingressClassName: "nginx",
        annotations: { "nginx.ingress.kubernetes.io/proxy-body-size": "10m" },
      }),
    };
    const gateway = { name: "front", namespace: "doors", middlewares: true };
    const result = resultOf(route, files, {
      acceptLoss: ["setting"],
      route: { gateways: { nginx: gateway } },
    });
    assert.equal(result.plan.changes.length, 1, messages(result, "refused").join("\n"));
    assert.doesNotMatch(messages(result, "cutover").join("\n"), /Middleware .* is not in this repository/);
  });
});

describe("migrate route: a Middleware in the values of a chart", () => {
  const inValues = (spec: object, values: object = {}): readonly object[] => {
    const written = middleware("guard", spec);
    return [written, stringify(written)].map((one) => traefik({ extraObjects: [one], ...values }));
  };
  const local = { service: { spec: { externalTrafficPolicy: "Local" } } };

  it("is read, and its release is named", () => {
    for (const release of inValues({ compress: {} })) {
      const lines = messages(run([release], [], "traefik"), "cutover").join("\n");
      assert.match(
        lines,
        /Middleware apps\/guard, .* comes with HelmRelease network\/traefik: before that goes/,
      );
      assert.doesNotMatch(lines, /is not in this repository: make sure that the cluster has it/);
    }
  });

  it("keeps its Ingress if the Gateway's Traefik may not do the same", () => {
    for (const release of inValues({ plugin: { bouncer: {} } }))
      assert.match(
        refusal([release], [], "traefik"),
        /Middleware apps\/guard needs Traefik's plugin bouncer/,
      );
    for (const release of inValues({ ipAllowList: { sourceRange: ["192.0.2.0/24"] } }, local))
      assert.match(
        refusal([release], [], "traefik"),
        /Middleware apps\/guard compares or counts the addresses/,
      );
  });
});

describe("migrate route: a Middleware that needs a plugin", () => {
  const PLUGIN = { plugin: { bouncer: { enabled: true, keyFile: "/etc/bouncer/key" } } };

  it("keeps its Ingress, also in a chain, and names the files that it reads", () => {
    for (const objects of [[middleware("guard", PLUGIN)], [chain("bouncer"), middleware("bouncer", PLUGIN)]])
      assert.match(
        refusal(objects, [], "traefik"),
        /needs Traefik's plugin bouncer, .* has it and finds the files \/etc\/bouncer\/key, list "plugin bouncer" in route\.gateways\.traefik\.provides/,
      );
    assertMoves([middleware("guard", PLUGIN)], ["plugin bouncer"], "traefik");
  });

  it("moves if the Gateway's Traefik has the plugin, or is the one that serves the class", () => {
    const own = middleware("guard", PLUGIN);
    for (const values of [
      { experimental: { plugins: { bouncer: { moduleName: "example.com/bouncer", version: "v1.0.0" } } } },
      { experimental: { localPlugins: { bouncer: { moduleName: "example.com/bouncer" } } } },
      { additionalArguments: ["--experimental.plugins.bouncer.moduleName=example.com/bouncer"] },
    ])
      assertMoves([own, behind(values)]);
    assert.match(refusal([own, behind({})]), /needs Traefik's plugin bouncer/);
    assertMoves([own, behind({})], [], "traefik");
  });
});
