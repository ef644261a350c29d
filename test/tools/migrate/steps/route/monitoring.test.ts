import assert from "node:assert/strict";
import { stringify } from "yaml";
import { annotate } from "../../../../../tools/migrate/steps/annotate/step.ts";
import { route } from "../../../../../tools/migrate/steps/route/step.ts";
import {
  gatewayWith,
  helmRelease,
  ingressWith,
  kustomization,
  messages,
  resultOf,
  written,
  type Files,
} from "../../planning.ts";

const GATUS = "gatus.home-operations.com/";
const OPTIONS = { route: { gateways: { lan: { name: "front", namespace: "doors" } } } };
const ENDPOINT = { [`${GATUS}endpoint`]: "name: Wiki\ngroup: Home\n" };
const sidecar = (...args: readonly string[]): object => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "gatus", namespace: "watch" },
  spec: {
    template: {
      spec: {
        containers: [{ name: "sidecar", image: "ghcr.io/home-operations/gatus-sidecar:0.5.1", args }],
      },
    },
  },
});
const wiki = (annotations: object = ENDPOINT, more: object = {}): object =>
  ingressWith({ name: "wiki", ingressClassName: "lan", host: "wiki.example.com", annotations, more });
const files = (ingress: object, ...others: readonly object[]): Files => ({
  "apps/wiki.yaml": ingress,
  "apps/gatus.yaml": others,
});
const refused = (ingress: object, ...args: readonly string[]): string =>
  messages(resultOf(route, files(ingress, sidecar(...args)), OPTIONS), "refused").join();

describe("migrate route: what Gatus monitors", () => {
  it("is a loss if gatus-sidecar watches the Ingress and not its route", () => {
    const lost =
      /the monitoring of wiki\.example\.com: .* add --enable-httproute to its arguments in an earlier commit/;
    assert.match(refused(wiki(), "--enable-service", "--enable-ingress"), lost);
    assert.match(refused(wiki({}), "--auto-ingress"), /add --auto-httproute/);
    assert.match(refused(wiki({}), "--auto-ingress", "--enable-httproute"), /add --auto-httproute/);
    const other = { "gatus.io/enabled": "true" };
    assert.match(refused(wiki(other), "--enable-ingress", "--annotation-enabled=gatus.io/enabled"), lost);
    const filtered = ["--enable-ingress", "--enable-httproute", "--gateway-name", "back"];
    assert.match(refused(wiki(), ...filtered), /--gateway-name=front/);
  });

  it("is none if the route is watched too, or the Ingress is not watched today", () => {
    const cases: readonly (readonly [object, ...string[]])[] = [
      [wiki()],
      [wiki(), "--enable-ingress", "--enable-httproute"],
      [wiki({}), "--enable-ingress"],
      [wiki({}), "--auto-ingress", "--auto-httproute"],
      [wiki(), "--enable-service"],
      [wiki({ ...ENDPOINT, [`${GATUS}enabled`]: "false" }), "--enable-ingress"],
      [wiki(), "--enable-ingress", "--ingress-class=wan"],
      [wiki(), "--enable-ingress", "--namespace=media"],
    ];
    for (const [ingress, ...args] of cases) assert.equal(refused(ingress, ...args), "", args.join(" "));
    const kept = { route: { ...OPTIONS.route, keepIngress: true } };
    assert.deepEqual(
      messages(resultOf(route, files(wiki(), sidecar("--enable-ingress")), kept), "refused"),
      [],
    );
  });

  it("is a loss if the IngressClass gives what the Gateway does not", () => {
    const endpoint = { [`${GATUS}endpoint`]: "group: outside\nalerts: [{ type: pager }]\n" };
    const lanClass = {
      apiVersion: "networking.k8s.io/v1",
      kind: "IngressClass",
      metadata: { name: "lan", annotations: endpoint },
      spec: { controller: "k8s.io/ingress-nginx" },
    };
    const patched = (patch: string): object => {
      const release = helmRelease("lan", "network", "traefik", { fullnameOverride: "lan" }) as {
        spec: object;
      };
      const target = { kind: "IngressClass", name: "lan" };
      return {
        ...release,
        spec: { ...release.spec, postRenderers: [{ kustomize: { patches: [{ target, patch }] } }] },
      };
    };
    const resource = { name: "lan", annotations: endpoint };
    const classes = [
      lanClass,
      helmRelease("nginx", "network", "ingress-nginx", { controller: { ingressClassResource: resource } }),
      patched(stringify({ kind: "IngressClass", metadata: { name: "lan", annotations: endpoint } })),
      patched(stringify([{ op: "add", path: "/metadata/annotations", value: endpoint }])),
    ];
    const watching = sidecar("--auto-ingress", "--auto-httproute");
    const lost = (given: readonly object[], ingress = wiki({}), fields: object = {}): string => {
      const gateways = { lan: { ...OPTIONS.route.gateways.lan, elsewhere: true, ...fields } };
      const result = resultOf(route, files(ingress, watching, ...given), { route: { gateways } });
      return messages(result, "refused").join();
    };
    for (const one of classes)
      assert.match(
        lost([one]),
        /what IngressClass lan gives to each endpoint of gatus-sidecar .*endpoint \(group, alerts\): for routes, it reads the annotation of Gateway doors\/front, which is not in this repository/,
      );
    assert.match(lost([lanClass], wiki()), /endpoint \(alerts\)/);
    const front = (annotations: object): object => ({
      ...gatewayWith({ name: "front", namespace: "doors" }, "doors"),
      metadata: { name: "front", namespace: "doors", annotations },
    });
    assert.match(lost([lanClass, front({})]), /which does not have the same/);
    for (const given of [[], [lanClass, front(endpoint)]])
      assert.doesNotMatch(lost(given), /IngressClass lan gives/);
    assert.equal(lost([lanClass], wiki({}), { provides: [`${GATUS}endpoint`] }), "");
  });

  it("is one endpoint, of the route that it asks for, or the first, of an Ingress that becomes several", () => {
    const backend = { service: { name: "tools", port: { number: 80 } } };
    const rules = [
      ["wiki.example.com", { service: { name: "wiki", port: { number: 80 } } }],
      ["tools.example.com", backend],
    ].map(([host, one]) => ({ host, http: { paths: [{ path: "/", pathType: "Prefix", backend: one }] } }));
    const result = resultOf(
      route,
      files(
        wiki({ ...ENDPOINT, "example.com/owner": "ann" }, { rules }),
        sidecar("--enable-ingress", "--enable-httproute"),
      ),
      OPTIONS,
    );
    const text = written(result, "apps/wiki.yaml");
    assert.deepEqual(
      [...text.matchAll(/^ {2}name: (.*)$/gm)].map(([, name]) => name),
      ["wiki", "wiki-2"],
    );
    assert.equal(text.split("group: Home").length, 2, text);
    assert.equal(text.split("example.com/owner: ann").length, 3, text);
    assert.deepEqual(result.proof.failures, []);

    const values = {
      service: {
        app: { controller: "wiki", ports: { http: { port: 80 } } },
        tools: { controller: "wiki", ports: { http: { port: 90 } } },
      },
      ingress: {
        app: {
          annotations: ENDPOINT,
          className: "lan",
          hosts: ["app", "tools"].map((identifier) => ({
            host: `${identifier}.example.com`,
            paths: [{ path: "/", service: { identifier, port: "http" } }],
          })),
        },
      },
    };
    const release = resultOf(route, files(helmRelease("wiki", "apps", "app-template", values)), OPTIONS);
    assert.equal(written(release, "apps/wiki.yaml").split("group: Home").length, 2);
    assert.match(written(release, "apps/wiki.yaml"), /app-2:/);

    const asked = { [`${GATUS}endpoint`]: "group: Home\nurl: https://tools.example.com/health\n" };
    const [, second = ""] = written(
      resultOf(route, files(wiki(asked, { rules })), OPTIONS),
      "apps/wiki.yaml",
    ).split("name: wiki-2");
    assert.match(second, /group: Home/);
    const entry = { ...values.ingress.app, annotations: asked };
    const other = helmRelease("wiki", "apps", "app-template", { ...values, ingress: { app: entry } });
    const [first = "", last = ""] = written(resultOf(route, files(other), OPTIONS), "apps/wiki.yaml").split(
      "app-2:",
    );
    assert.doesNotMatch(first, /group: Home/);
    assert.match(last, /group: Home/);
  });
});

describe("migrate annotate: flags of gatus-sidecar", () => {
  const httpRoute = {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata: { name: "wiki", namespace: "apps" },
    spec: {
      parentRefs: [{ name: "front", namespace: "doors" }],
      hostnames: ["wiki.example.com"],
      rules: [{ backendRefs: [{ name: "wiki", port: 80 }] }],
    },
  };
  const map = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "wiki", namespace: "apps", labels: { "gatus.io/enabled": "true" } },
    data: {
      "wiki.yaml":
        'endpoints:\n  - name: wiki\n    url: https://wiki.example.com\n    interval: 1m\n    conditions: ["[STATUS] == 200"]\n',
    },
  };
  const changed = (others: Files, ...args: readonly string[]): readonly [number, string] => {
    const result = resultOf(annotate, {
      "flux/apps.yaml": kustomization("apps", "./apps"),
      "apps/route.yaml": httpRoute,
      "apps/gatus.yaml": sidecar(...args),
      ...others,
    });
    return [result.plan.changes.length, messages(result, "left").join()];
  };
  const OTHERS = [
    "--annotation-enabled=gatus.io/enabled",
    "--annotation-config=gatus.io/endpoint",
    "--default-interval=10m",
    "--prefix-httproute=web/",
    "--probe-paths=false",
    "--gateway-name=back",
    "--namespace=media",
  ];
  for (const flag of OTHERS)
    it(`keep an endpoint in its ConfigMap: ${flag}`, () => {
      const [changes, left] = changed({ "apps/map.yaml": map }, "--auto-httproute", flag);
      assert.equal(changes, 0);
      assert.match(left, new RegExp(/^--[a-z-]+/.exec(flag)?.[0] ?? ""));
    });

  it("do not if they state the default, or let the route through", () => {
    for (const flag of ["--default-interval=1m", "--gateway-name=front", "--namespace=apps"])
      assert.deepEqual(changed({ "apps/map.yaml": map }, "--auto-httproute", flag), [2, ""], flag);
  });

  it("keep a route without an annotation that nothing would read", () => {
    for (const flag of ["--annotation-enabled=gatus.io/enabled", "--gateway-name=back", "--namespace=media"])
      assert.equal(changed({}, "--enable-httproute", flag)[0], 0, flag);
    assert.equal(changed({}, "--enable-httproute")[0], 1);
    assert.equal(changed({}, "--enable-httproute", "--annotation-config=gatus.io/endpoint")[0], 1);
  });
});
