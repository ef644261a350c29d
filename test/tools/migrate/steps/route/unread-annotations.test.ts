import assert from "node:assert/strict";
import { route } from "../../../../../tools/migrate/steps/route/step.ts";
import { helmRelease, ingressWith, messages, resultOf, type Files } from "../../planning.ts";

const gateway = { name: "front", namespace: "doors", middlewares: true, entryPoints: { websecure: "https" } };
const options = { route: { gateways: { front: gateway } } };
const PREFIX = "traefik.ingress.kubernetes.io/router.";

const ingressRoute = (annotations: object, middlewares: readonly object[] = []): Files => ({
  "web.yaml": {
    apiVersion: "traefik.io/v1alpha1",
    kind: "IngressRoute",
    metadata: {
      name: "web",
      namespace: "apps",
      annotations: { "kubernetes.io/ingress.class": "front", ...annotations },
    },
    spec: {
      entryPoints: ["websecure"],
      routes: [
        {
          match: "Host(`web.example.com`)",
          kind: "Rule",
          middlewares,
          services: [{ name: "web", port: 80 }],
        },
      ],
      tls: {},
    },
  },
  "apps.yaml": { apiVersion: "v1", kind: "Namespace", metadata: { name: "apps" } },
});

describe("migrate route: annotations that the controller does not read", () => {
  const login = { [`${PREFIX}middlewares`]: "apps-login@kubernetescrd" };

  it("keep an IngressRoute if they ask for a protection", () => {
    for (const annotations of [login, { [`${PREFIX}tls.options`]: "apps-mtls@kubernetescrd" }]) {
      const result = resultOf(route, ingressRoute(annotations), options);
      assert.deepEqual(result.plan.changes, []);
      assert.match(
        messages(result, "refused").join(),
        /reads it from Ingresses only, so it protects nothing today/,
      );
    }
  });

  it("are listed as removed from an IngressRoute if they do not, or if its rules ask for the same", () => {
    const annotations = {
      ...login,
      [`${PREFIX}entrypoints`]: "websecure",
      [`${PREFIX}observability.metrics`]: "false",
    };
    const result = resultOf(route, ingressRoute(annotations, [{ name: "login" }]), options);
    assert.equal(result.plan.changes.length, 1, messages(result, "refused").join());
    const removed = messages(result, "removed");
    for (const name of Object.keys(annotations))
      assert.ok(
        removed.some(
          (message) =>
            message.includes(name) && message.endsWith("from Ingresses only, so it changes nothing today"),
        ),
        `${name}: ${removed.join("\n")}`,
      );
  });

  it("keep an Ingress of ingress-nginx, because the route would do what they ask for", () => {
    const files = (chart: string, values: object): Files => ({
      "web.yaml": ingressWith({ ingressClassName: "front", annotations: login }),
      "doors.yaml": helmRelease("front", "doors", chart, values),
    });
    const provides = ["hsts", "server-tokens"];
    const refusals = (chart: string, values: object): string =>
      messages(
        resultOf(route, files(chart, values), { route: { gateways: { front: { ...gateway, provides } } } }),
        "refused",
      ).join();
    assert.match(
      refusals("ingress-nginx", { controller: { ingressClassResource: { name: "front" } } }),
      /belongs to ingress-nginx, which does not read traefik\.ingress\.kubernetes\.io\/router\.middlewares/,
    );
    assert.doesNotMatch(refusals("traefik", { ingressClass: { name: "front" } }), /does not read/);
  });
});
