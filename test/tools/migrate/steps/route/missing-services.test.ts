import assert from "node:assert/strict";
import { route } from "../../../../../tools/migrate/steps/route/step.ts";
import { helmRelease, messages, resultOf } from "../../planning.ts";

const OPTIONS = {
  acceptLoss: ["setting", "path-prefix"],
  route: {
    gateways: Object.fromEntries(
      ["traefik", "nginx", "other"].map((name) => [
        name,
        { name: "front", namespace: "doors", elsewhere: true, httpsListeners: ["https"], middlewares: true },
      ]),
    ),
  },
};

type Paths = Readonly<Record<string, string>>;

const ingress = (name: string, services: Paths, ingressClassName = "traefik"): object => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "Ingress",
  metadata: { name, namespace: "apps" },
  spec: {
    ingressClassName,
    rules: [
      {
        host: "web.example.com",
        http: {
          paths: Object.entries(services).map(([path, service]) => ({
            path,
            pathType: "Exact",
            ...(path === "/" ? { pathType: "Prefix" } : {}),
            backend: { service: { name: service, port: { number: 80 } } },
          })),
        },
      },
    ],
  },
});
const ingressRoute = (name: string, rules: Readonly<Record<string, readonly string[]>>): object => ({
  apiVersion: "traefik.io/v1alpha1",
  kind: "IngressRoute",
  metadata: { name, namespace: "apps", annotations: { "kubernetes.io/ingress.class": "traefik" } },
  spec: {
    routes: Object.entries(rules).map(([match, services]) => ({
      kind: "Rule",
      match,
      services: services.map((service) => ({ name: service, port: 80 })),
    })),
  },
});
const app = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "app", namespace: "apps" },
  spec: { selector: { app: "app" }, ports: [{ port: 80 }] },
};

const NAMESPACE = { apiVersion: "v1", kind: "Namespace", metadata: { name: "apps" } };

/** What the cutover list says of Services that are not in the repository. */
function missing(...objects: readonly object[]): readonly string[] {
  const others = [NAMESPACE, app, helmRelease("traefik", "network", "traefik", {})];
  const result = resultOf(route, { "web.yaml": objects, "others.yaml": others }, OPTIONS);
  assert.deepEqual(messages(result, "refused"), []);
  return messages(result, "cutover").filter((message) => message.includes("is not in this repository:"));
}

describe("migrate route: a Service that does not exist, behind Traefik", () => {
  it("leaves its path to another rule of the Ingress, which answers there until the move", () => {
    assert.deepEqual(
      missing(ingress("web", { "/api/v1/items": "gone", "/api/v1/older": "gone", "/": "app" })),
      [
        "Service apps/gone, the backend of web.example.com/api/v1/items, web.example.com/api/v1/older, is not in this repository: unless something else creates it, Traefik leaves out its rule, so / of Ingress apps/web answers there today, and the Gateway answers with a 500 after the move; if the answer of today should stay, remove the rule before the commit",
      ],
    );
  });

  it("leaves its path to a rule of another object", () => {
    const [line, ...more] = missing(
      ingress("api", { "/api/v1/items": "gone" }),
      ingressRoute("web", { "Host(`web.example.com`)": ["app"] }),
    );
    assert.match(line ?? "", /so \/ of IngressRoute apps\/web answers there today/);
    assert.deepEqual(more, []);
  });

  it("is answered with a 404 if no other rule is known, or only those whose Services do not exist either", () => {
    const alone =
      /Traefik leaves out its rule, so a 404 or another rule answers there today, and the Gateway answers with a 500 after the move$/;
    assert.match(missing(ingress("web", { "/": "gone" })).join("\n"), alone);
    for (const line of missing(ingress("web", { "/api/v1/items": "gone", "/": "lost" })))
      assert.match(line, alone);
    assert.match(missing(ingress("web", { "/": "gone", "/api/v1/items": "app" })).join("\n"), alone);
  });

  it("is not answered by a rule with conditions of its own", () => {
    const rules = {
      "Host(`web.example.com`) && PathPrefix(`/`) && Method(`POST`)": ["gone"],
      "Host(`web.example.com`) && Method(`GET`)": ["app"],
    };
    assert.match(
      missing(ingressRoute("web", rules)).join("\n"),
      /so a 404 or another rule answers there today/,
    );
  });

  it("takes the other Services of its rule with it", () => {
    const rules = {
      "Host(`web.example.com`) && PathPrefix(`/admin`)": ["app", "gone"],
      "Host(`web.example.com`)": ["app"],
    };
    assert.match(
      missing(ingressRoute("web", rules)).join("\n"),
      /leaves out its rule with all its Services, so \/ of IngressRoute apps\/web answers there today, and after the move, the Gateway answers its share of requests with a 500, and its other Services answer the rest; if/,
    );
  });
});

describe("migrate route: a Service that does not exist, behind another controller", () => {
  it("gets what that controller is known to answer", () => {
    assert.match(
      missing(ingress("web", { "/": "gone" }, "nginx")).join(),
      /ingress-nginx answers with a 503, and the Gateway with a 500/,
    );
    assert.match(
      missing(ingress("web", { "/": "gone" }, "other")).join(),
      /the Ingress controller answers with an error, or as if the rule were not there, and the Gateway with a 500/,
    );
  });
});
