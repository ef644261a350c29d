import assert from "node:assert/strict";
import { route } from "../../../../../tools/migrate/steps/route/step.ts";
import { gatewayClass, gatewayWith, helmRelease, ingressWith, messages, resultOf } from "../../planning.ts";

const ENVOY = "gateway.envoyproxy.io/v1alpha1";
const GATEWAY = { group: "gateway.networking.k8s.io", kind: "Gateway", name: "front" };
const NGINX = helmRelease("ingress-nginx", "network", "ingress-nginx", {});
const OPTIONS = { route: { gateways: { nginx: { name: "front", namespace: "doors" } } } };

const policy = (spec: object, kind = "BackendTrafficPolicy", namespace = "doors"): object => ({
  ...{ apiVersion: ENVOY, kind, metadata: { name: "limits", namespace } },
  spec: { timeout: { http: { requestTimeout: "30s" } }, retry: { numRetries: 2 }, ...spec },
});

/** The lines about what applies to every route of the Gateway. */
function lines(objects: readonly object[], gatewayLabels: object = {}): string {
  const gateway = gatewayWith({ name: "front", namespace: "doors" }, "doors") as { metadata: object };
  const labelled = { ...gateway, metadata: { ...gateway.metadata, labels: gatewayLabels } };
  const files = {
    "apps/objects.yaml": [labelled, NGINX, ...objects],
    "apps/web.yaml": ingressWith({ ingressClassName: "nginx" }),
    "apps/second.yaml": ingressWith({
      ingressClassName: "nginx",
      name: "second",
      host: "second.example.com",
    }),
  };
  const result = resultOf(route, files, OPTIONS);
  assert.equal(result.plan.changes.length, 2, messages(result, "refused").join());
  return messages(result, "cutover")
    .filter((line) => line.startsWith("Gateway doors/front: "))
    .join("\n");
}

describe("migrate route: what applies to every route of the Gateway", () => {
  const expected =
    /^Gateway doors\/front: BackendTrafficPolicy doors\/limits \(timeout, retry\) applies to its routes\. .*class nginx: .*$/;

  for (const [name, spec] of [
    ["a target", { targetRef: GATEWAY }],
    ["one of several targets", { targetRefs: [{ ...GATEWAY, name: "back" }, GATEWAY] }],
    ["a listener", { targetRefs: [{ ...GATEWAY, sectionName: "http" }] }],
    ["a target in a namespace", { targetRef: { ...GATEWAY, namespace: "doors" } }],
    ["labels", { targetSelectors: [{ kind: "Gateway", matchLabels: { door: "front" } }] }],
    ["a class", { targetRef: { ...GATEWAY, kind: "GatewayClass", name: "doors" } }],
  ] as const)
    it(`is one line if a policy names it as ${name}`, () => {
      assert.match(lines([policy(spec)], { door: "front" }), expected);
    });

  it("includes a login, and is still one line", () => {
    const login = policy({ targetRef: GATEWAY, oidc: {} }, "SecurityPolicy");
    assert.match(
      lines([policy({ targetRef: GATEWAY }), login]),
      /^Gateway .*BackendTrafficPolicy doors\/limits .*; SecurityPolicy doors\/limits \(timeout, retry, oidc\).*$/,
    );
  });

  it("does not include policies for other objects", () => {
    const others = [
      { targetRef: { ...GATEWAY, name: "back" } },
      { targetRef: { ...GATEWAY, kind: "HTTPRoute" } },
      { targetRef: { ...GATEWAY, namespace: "other" } },
      { targetSelectors: [{ kind: "Gateway", matchLabels: { door: "back" } }] },
      { targetSelectors: [{ kind: "HTTPRoute", matchLabels: { door: "front" } }] },
    ].map((spec) => policy(spec));
    for (const one of [...others, policy({ targetRef: GATEWAY }, "SecurityPolicy", "apps")])
      assert.equal(lines([one], { door: "front" }), "", JSON.stringify(one));
  });

  it("includes Middlewares of its Traefik's entry points, and its time limit for requests", () => {
    const traefik = (values: object): readonly object[] => [
      gatewayClass("doors", "traefik.io/gateway-controller"),
      helmRelease("traefik", "network", "traefik", {
        providers: { kubernetesGateway: { enabled: true } },
        ...values,
      }),
    ];
    const limit =
      "its Traefik cancels requests that take more than 60 s to send, unless readTimeout says otherwise";
    assert.ok(lines(traefik({})).startsWith(`Gateway doors/front: ${limit}. `));
    const login = { middlewares: ["network-login@kubernetescrd"] };
    assert.match(
      lines(traefik({ ports: { websecure: login } })),
      /^Gateway doors\/front: its Traefik sets ports\.websecure\.middlewares for every route; its Traefik cancels/,
    );
    const longer = { transport: { respondingTimeouts: { readTimeout: "10m" } } };
    assert.equal(lines(traefik({ ports: { websecure: longer } })), "");
    assert.doesNotMatch(lines(traefik({ ports: { web: { proxyProtocol: { insecure: true } } } })), /sets/);
  });

  it("includes Envoy's time limit for a response, unless a policy sets it for the Gateway", () => {
    const envoy = gatewayClass("doors", "gateway.envoyproxy.io/gatewayclass-controller");
    const limit = "Envoy Gateway ends responses after 15 s, unless a BackendTrafficPolicy sets timeout.http";
    assert.ok(lines([envoy]).startsWith(`Gateway doors/front: ${limit}`));
    assert.doesNotMatch(lines([envoy, policy({ targetRef: GATEWAY })]), /15 s/);
    const others = [
      policy({ targetRef: { ...GATEWAY, name: "back" } }),
      policy({ targetRef: GATEWAY, timeout: { tcp: { connectTimeout: "5s" } } }),
      policy({ targetRef: GATEWAY }, "SecurityPolicy"),
    ];
    for (const other of others) assert.match(lines([envoy, other]), /15 s/);
    assert.equal(lines([gatewayClass("doors", "example.com/gateway")]), "");
  });

  it("includes the time limits that a Gateway created elsewhere may have", () => {
    const elsewhere = (fields: object, ingressClassName = "nginx"): string => {
      const web = ingressWith({ ingressClassName });
      const front = { name: "front", namespace: "doors", elsewhere: true, httpsListeners: [443], ...fields };
      const result = resultOf(
        route,
        { "apps/objects.yaml": [NGINX], "apps/web.yaml": web },
        { acceptLoss: ["setting"], route: { gateways: { nginx: front, traefik: front } } },
      );
      assert.equal(result.plan.changes.length, 1, messages(result, "refused").join());
      return messages(result, "cutover")
        .filter((line) => line.startsWith("Gateway doors/front: "))
        .join("\n");
    };
    assert.match(
      elsewhere({ middlewares: true }),
      /^Gateway doors\/front: its Traefik, whose settings this repository does not show, cancels requests that take more than 60 s to send, unless readTimeout says otherwise\. Make sure/,
    );
    assert.match(
      elsewhere({}),
      /this repository does not show what runs it: a Traefik cancels requests that take more than 60 s to send, .*, and Envoy Gateway ends responses after 15 s, unless/,
    );
    assert.equal(elsewhere({}, "traefik"), "");
  });
});
