import assert from "node:assert/strict";
import { route } from "../../../../../tools/migrate/steps/route/step.ts";
import { gatewayClass, gatewayWith, helmRelease, messages, resultOf } from "../../planning.ts";

/** An app behind ingress-nginx, whose pods run as `intake` in `gates`; the Gateway's Traefik runs as `porch` in `porch`. */
const APP = [
  helmRelease("ledger", "books", "app-template", {
    controllers: { ledger: { containers: { app: {} } } },
    service: { app: { controller: "ledger", ports: { http: { port: 80 } } } },
    ingress: {
      app: {
        className: "nginx",
        hosts: [
          {
            host: "ledger.example.net",
            paths: [{ path: "/", service: { identifier: "app", port: "http" } }],
          },
        ],
      },
    },
  }),
  helmRelease("intake", "gates", "ingress-nginx", { fullnameOverride: "intake" }),
];
const PORCH = [
  gatewayWith({ name: "front", namespace: "porch" }, "porch"),
  gatewayClass("porch", "traefik.io/gateway-controller"),
  helmRelease("porch", "porch", "traefik", {
    fullnameOverride: "porch",
    providers: { kubernetesGateway: { enabled: true } },
  }),
];
const object = (
  apiVersion: string,
  kind: string,
  name: string,
  spec: object,
  namespace = "books",
): object => ({
  apiVersion,
  kind,
  metadata: { name, namespace },
  spec,
});
/** Why the app stays; empty if it moves. */
const stays = (policies: readonly object[], doors: readonly object[] = PORCH, more: object = {}): string => {
  const gateways = { nginx: { name: "front", namespace: "porch", ...more } };
  const files = { "a/app.yaml": [...APP, ...doors], "a/policies.yaml": policies };
  const result = resultOf(route, files, { route: { gateways } });
  const refusals = messages(result, "refused");
  assert.equal(result.plan.changes.length, refusals.length === 0 ? 1 : 0);
  return refusals.join("; ");
};
const CLOSED =
  / admits the controller of the class to the pods of app and does not admit those of Gateway porch\/front/;
const DIFFERENT =
  / has rules on requests to the pods of app and does not treat the controller of the class like/;

describe("migrate route: a mesh's policies", () => {
  const istio = (spec: object, namespace?: string): object =>
    object("security.istio.io/v1", "AuthorizationPolicy", "ledger", spec, namespace);
  const from = (...sources: readonly object[]): object => ({ from: sources.map((source) => ({ source })) });
  const principal = (account: string, namespace: string): object => ({
    principals: [`cluster.local/ns/${namespace}/sa/${account}`],
  });
  const INTAKE = from(principal("intake", "gates"));
  const selector = { matchLabels: { "app.kubernetes.io/name": "ledger" } };

  it("of Istio keep an Ingress if they admit its controller, but not the Gateway's pods", () => {
    for (const rule of [
      INTAKE,
      from({ namespaces: ["gates"] }),
      from({ namespaces: ["ga*"] }, { principals: ["*/sa/intake"] }),
      from({ serviceAccounts: ["gates/intake"] }),
      { when: [{ key: "source.namespace", values: ["gates"] }] },
      { ...INTAKE, to: [{ operation: { paths: ["/open"] } }] },
    ])
      for (const namespace of ["books", "istio-system"])
        assert.match(
          stays([istio({ selector, rules: [rule] }, namespace)]),
          CLOSED,
          `${JSON.stringify(rule)} in ${namespace}`,
        );
    assert.match(
      stays([istio({ selector, rules: [INTAKE] })]),
      /^AuthorizationPolicy books\/ledger \(a\/policies\.yaml:1\)/,
    );
    assert.match(stays([istio({})]), /restricts who reaches the pods of app and does not admit/);
  });

  it("of Istio keep an Ingress if they deny, or ask of, only one of the two", () => {
    const others = from({ notNamespaces: ["gates", "books"] });
    assert.match(stays([istio({ action: "DENY", rules: [others] })]), DIFFERENT);
    const login = { action: "CUSTOM", provider: { name: "login" }, rules: [INTAKE] };
    assert.match(stays([istio(login)]), DIFFERENT);
    const part = { ...INTAKE, to: [{ operation: { notPaths: ["/admin"] } }] };
    assert.match(stays([istio({ rules: [part, from(principal("porch", "porch"))] })]), DIFFERENT);
  });

  it("of Istio let an Ingress move if they admit both, select other pods, or are not enforced", () => {
    const namespace = (labels: object): object => ({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "books", labels },
    });
    const closed = istio({ selector, rules: [INTAKE] });
    for (const policies of [
      [istio({ rules: [from(principal("intake", "gates"), principal("porch", "porch"))] })],
      [closed, istio({ rules: [from({ namespaces: ["porch"] })] })],
      [istio({ rules: [{}] })],
      [istio({ rules: [{ to: [{ operation: { methods: ["GET"] } }] }] })],
      [istio({ action: "DENY", rules: [{ to: [{ operation: { paths: ["/admin"] } }] }] })],
      [istio({ action: "AUDIT", rules: [INTAKE] })],
      [istio({ selector: { matchLabels: { app: "other" } }, rules: [INTAKE] })],
      [istio({ selector, rules: [INTAKE] }, "gates")],
      [closed, namespace({})],
    ])
      assert.equal(stays(policies), "", JSON.stringify(policies));
    assert.match(stays([closed, namespace({ "istio-injection": "enabled" })]), CLOSED);
    assert.match(stays([closed, namespace({ "istio.io/dataplane-mode": "ambient" })]), CLOSED);
  });

  it("of Istio keep an Ingress if they require the mesh, and only one of the two is in it", () => {
    const peers = (mode: string, namespace: string, more: object = {}): object =>
      object("security.istio.io/v1", "PeerAuthentication", "mtls", { mtls: { mode }, ...more }, namespace);
    const places = (...meshed: readonly string[]): readonly object[] =>
      ["books", "gates", "porch"].map((name) => ({
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name, labels: meshed.includes(name) ? { "istio-injection": "enabled" } : {} },
      }));
    const strict = peers("STRICT", "istio-system");
    assert.match(
      stays([strict, ...places("books", "gates")]),
      /^PeerAuthentication istio-system\/mtls \(.*\) has rules on requests to the pods of app and does not treat/,
    );
    assert.match(stays([strict]), /and may not treat .*reachesApps/);
    for (const policies of [
      [strict, ...places("books", "gates", "porch")],
      [strict, ...places("gates")],
      [strict, peers("PERMISSIVE", "books", { selector }), ...places("books", "gates")],
      [peers("PERMISSIVE", "istio-system"), ...places("books", "gates")],
      [peers("STRICT", "other"), ...places("books", "gates")],
    ])
      assert.equal(stays(policies), "", JSON.stringify(policies));
  });

  it("of Istio keep an Ingress if the Gateway's pods are not known, unless the options say that they reach it", () => {
    const closed = istio({ rules: [INTAKE] });
    assert.match(
      stays([closed], []),
      /and may not admit those of.*set route\.gateways\.nginx\.reachesApps to true/,
    );
    assert.equal(stays([closed], [], { reachesApps: true }), "");
    assert.match(stays([closed], PORCH, { reachesApps: true }), CLOSED);
  });

  const linkerd = (kind: string, name: string, spec: object): object =>
    object("policy.linkerd.io/v1beta1", kind, name, spec);
  const SERVER = linkerd("Server", "ledger-http", { podSelector: selector, port: 8080 });

  it("of Linkerd do so with Servers and both kinds of authorizations", () => {
    const policy = (name: string, kind: string): object =>
      linkerd("AuthorizationPolicy", name, {
        targetRef: { group: "policy.linkerd.io", kind: "Server", name: "ledger-http" },
        requiredAuthenticationRefs: [
          { kind, name, ...(kind === "ServiceAccount" && { namespace: "gates" }) },
        ],
      });
    const tls = (...namespaces: readonly string[]): object =>
      linkerd("MeshTLSAuthentication", "doors", {
        identities: namespaces.map((one) => `*.${one}.serviceaccount.identity.linkerd.cluster.local`),
      });
    const older = (client: object): object =>
      linkerd("ServerAuthorization", "older", { server: { name: "ledger-http" }, client });
    const account = { meshTLS: { serviceAccounts: [{ name: "intake", namespace: "gates" }] } };
    for (const policies of [
      [policy("doors", "MeshTLSAuthentication"), tls("gates")],
      [policy("intake", "ServiceAccount")],
      [older(account)],
    ])
      assert.match(stays([SERVER, ...policies]), CLOSED, JSON.stringify(policies));
    assert.match(stays([SERVER]), /^Server books\/ledger-http \(.*\) restricts who reaches/);
    for (const policies of [
      [policy("doors", "MeshTLSAuthentication"), tls("gates", "porch")],
      [policy("net", "NetworkAuthentication")],
      [older({ unauthenticated: true })],
    ])
      assert.equal(stays([SERVER, ...policies]), "", JSON.stringify(policies));
    const other = linkerd("Server", "other", { podSelector: { matchLabels: { app: "other" } }, port: 80 });
    assert.equal(stays([other]), "");
  });

  it("of Kuma and Consul do so by the names of Services", () => {
    const kuma = (sources: readonly object[], targetRef: object = { kind: "Mesh" }): object =>
      object(
        "kuma.io/v1alpha1",
        "MeshTrafficPermission",
        "ledger",
        {
          targetRef,
          from: sources.map((one) => ({ targetRef: one, default: { action: "Allow" } })),
        },
        "kuma-system",
      );
    const controller = { kind: "MeshService", name: "intake-controller_gates_svc_443" };
    const ledger = { kind: "MeshSubset", tags: { "kuma.io/service": "ledger_books_svc_80" } };
    const porch = { kind: "MeshSubset", tags: { "k8s.kuma.io/namespace": "porch" } };
    assert.match(stays([kuma([controller])]), CLOSED);
    assert.match(stays([kuma([controller], ledger)]), CLOSED);
    assert.equal(stays([kuma([controller, porch], ledger)]), "");
    assert.equal(stays([kuma([{ kind: "Mesh" }])]), "");
    assert.equal(stays([kuma([controller], { kind: "MeshService", name: "other_books_svc_80" })]), "");
    const spiffe = (value: string): object => ({
      spiffeID: { type: "Prefix", value: `spiffe://home/ns/${value}` },
    });
    const permission = (...all: readonly object[]): object =>
      object("kuma.io/v1alpha1", "MeshTrafficPermission", "ledger", { rules: [{ default: { allow: all } }] });
    assert.match(stays([permission(spiffe("gates/sa/"))]), CLOSED);
    assert.equal(stays([permission(spiffe("gates/sa/"), spiffe("porch"))]), "");

    const consul = (name: string, ...sources: readonly string[]): object =>
      object("consul.hashicorp.com/v1alpha1", "ServiceIntentions", "ledger", {
        destination: { name },
        sources: [...sources.map((one) => ({ name: one, action: "allow" })), { name: "*", action: "deny" }],
      });
    assert.match(stays([consul("ledger", "intake-controller")]), CLOSED);
    assert.equal(stays([consul("ledger", "intake-controller", "porch")]), "");
    assert.equal(stays([consul("other", "intake-controller")]), "");
  });
});
