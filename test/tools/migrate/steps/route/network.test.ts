import assert from "node:assert/strict";
import { route } from "../../../../../tools/migrate/steps/route/step.ts";
import {
  gatewayClass,
  gatewayWith,
  helmRelease as release,
  messages,
  resultOf,
  type Files,
} from "../../planning.ts";

/** An app whose pods have these labels, behind ingress-nginx. */
const app = (labels: object, ingress: object = { identifier: "app", port: "http" }): object =>
  release("web", "apps", "app-template", {
    controllers: { web: { pod: { labels }, containers: { app: {} } } },
    service: { app: { controller: "web", ports: { http: { port: 80 } } } },
    ingress: {
      app: {
        className: "nginx",
        hosts: [{ host: "web.example.com", paths: [{ path: "/", service: ingress }] }],
      },
    },
  });
const gatewayOf = (controllerName: string): readonly object[] => [
  gatewayWith({ name: "front", namespace: "doors" }, "doors"),
  gatewayClass("doors", controllerName),
];
const ENVOY = [
  ...gatewayOf("gateway.envoyproxy.io/gatewayclass-controller"),
  release("envoy", "doors", "gateway-helm", {}),
];
const TRAEFIK = [
  ...gatewayOf("traefik.io/gateway-controller"),
  release("traefik", "doors", "traefik", { providers: { kubernetesGateway: { enabled: true } } }),
];
const CILIUM = gatewayOf("io.cilium/gateway-controller");

const policy = (kind: string, spec: object, namespace: string | undefined = "apps"): object => ({
  apiVersion: kind === "NetworkPolicy" ? "networking.k8s.io/v1" : "cilium.io/v2",
  kind,
  metadata: { name: "rule", ...(kind.includes("Clusterwide") ? {} : { namespace }) },
  spec,
});
const network = (spec: object, namespace?: string): object => policy("NetworkPolicy", spec, namespace);
const policyNamed = (name: string, spec: object): object => ({
  ...network(spec),
  metadata: { name, namespace: "apps" },
});
const cilium = (spec: object, namespace?: string): object => policy("CiliumNetworkPolicy", spec, namespace);
const clusterwide = (spec: object): object => policy("CiliumClusterwideNetworkPolicy", spec);
const namespaceIs = (name: string): object => ({
  namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } },
});
const NGINX = release("ingress-nginx", "network", "ingress-nginx", {});

const files = (objects: readonly object[], own = app({})): Files => ({
  "apps/cluster.yaml": [NGINX, ...objects],
  "apps/web.yaml": own,
});
const OPTIONS = { route: { gateways: { nginx: { name: "front", namespace: "doors" } } } };
/** Why the app stays; empty if it moves. */
const stays = (objects: readonly object[], own?: object, gateway: object = {}): string => {
  const options = { route: { gateways: { nginx: { name: "front", namespace: "doors", ...gateway } } } };
  const result = resultOf(route, files(objects, own), options);
  assert.equal(result.plan.changes.length, messages(result, "refused").length === 0 ? 1 : 0);
  return messages(result, "refused").join("; ");
};
const endpoint = (labels: object): object => ({ matchLabels: labels });

describe("migrate route: network policies", () => {
  const fromNginx = [{ from: [{ ...namespaceIs("network") }] }];

  it("keep an Ingress if they admit its controller, but not the Gateway's pods", () => {
    for (const one of [
      network({ podSelector: {}, ingress: fromNginx }),
      network({
        podSelector: { matchLabels: { "app.kubernetes.io/name": "web" } },
        policyTypes: ["Ingress"],
        ingress: fromNginx,
      }),
      network({
        podSelector: {},
        ingress: [
          {
            from: [
              {
                ...namespaceIs("network"),
                podSelector: endpoint({ "app.kubernetes.io/name": "ingress-nginx" }),
              },
            ],
          },
        ],
      }),
      cilium({
        endpointSelector: {},
        ingress: [{ fromEndpoints: [endpoint({ "k8s:io.kubernetes.pod.namespace": "network" })] }],
      }),
      cilium({
        endpointSelector: endpoint({ "app.kubernetes.io/instance": "web" }),
        ingress: [
          {
            fromEndpoints: [
              endpoint({
                "io.kubernetes.pod.namespace": "network",
                "app.kubernetes.io/name": "ingress-nginx",
              }),
            ],
          },
        ],
      }),
    ])
      for (const gateway of [ENVOY, TRAEFIK])
        assert.match(
          stays([...gateway, one]),
          /NetworkPolicy apps\/rule \(apps\/cluster\.yaml:\d+\) admits the controller of the class to the pods of app and does not admit those of Gateway doors\/front/,
        );
  });

  it("keep an Ingress whose pods are labelled for its controller only", () => {
    const open = (name: string, labels: object): object =>
      clusterwide({
        endpointSelector: endpoint({ [`ingress.example.com/${name}`]: "allow" }),
        ingress: [{ fromEndpoints: [endpoint(labels)] }],
      });
    const policies = [
      ...ENVOY,
      open("nginx", { "app.kubernetes.io/name": "ingress-nginx", "io.kubernetes.pod.namespace": "network" }),
      open("envoy", { "gateway.networking.k8s.io/gateway-name": "front" }),
    ];
    assert.match(
      stays(policies, app({ "ingress.example.com/nginx": "allow" })),
      /and does not admit those of Gateway/,
    );
    const both = { "ingress.example.com/nginx": "allow", "ingress.example.com/envoy": "allow" };
    assert.equal(stays(policies, app(both)), "");
  });

  it("keep an Ingress if the Gateway's pods may reach labelled pods only", () => {
    const only = cilium(
      {
        endpointSelector: endpoint({ "gateway.networking.k8s.io/gateway-name": "front" }),
        egress: [
          {
            toEndpoints: [
              {
                matchExpressions: [
                  { key: "io.kubernetes.pod.namespace", operator: "Exists" },
                  { key: "ingress.example.com/envoy", operator: "In", values: ["allow"] },
                ],
              },
            ],
          },
        ],
      },
      "doors",
    );
    assert.match(stays([...ENVOY, only]), /does not let the pods of Gateway doors\/front reach those of app/);
    assert.equal(stays([...ENVOY, only], app({ "ingress.example.com/envoy": "allow" })), "");
  });

  it("let an Ingress move if they admit the Gateway's pods, or restrict nothing for the app", () => {
    const admitted: readonly (readonly [readonly object[], object])[] = [
      [TRAEFIK, network({ podSelector: {}, ingress: [...fromNginx, { from: [namespaceIs("doors")] }] })],
      [TRAEFIK, network({ podSelector: {}, ingress: [{}] })],
      [TRAEFIK, network({ podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: "10.0.0.0/8" } }] }] })],
      [TRAEFIK, network({ podSelector: { matchLabels: { other: "app" } }, ingress: fromNginx })],
      [TRAEFIK, network({ podSelector: {}, policyTypes: ["Egress"], egress: [] })],
      [TRAEFIK, network({ podSelector: {}, ingress: fromNginx }, "other")],
      [
        ENVOY,
        cilium({
          endpointSelector: {},
          ingress: [{ fromEndpoints: [endpoint({ "io.kubernetes.pod.namespace": "doors" })] }],
        }),
      ],
      [ENVOY, cilium({ endpointSelector: {}, ingress: [{ fromEntities: ["cluster"] }] })],
      [
        ENVOY,
        cilium({
          endpointSelector: {},
          enableDefaultDeny: { ingress: false },
          ingress: [{ fromEndpoints: [endpoint({ a: "b" })] }],
        }),
      ],
      [CILIUM, cilium({ endpointSelector: {}, ingress: [{ fromEntities: ["ingress"] }] })],
    ];
    for (const [gateway, one] of admitted) assert.equal(stays([...gateway, one]), "", JSON.stringify(one));
    assert.match(
      stays([...CILIUM, cilium({ endpointSelector: {}, ingress: [{ fromEntities: ["host"] }] })]),
      /and does not admit those/,
    );
  });

  it("keep an Ingress if it is not known whether they admit the Gateway's pods, unless the options say so", () => {
    const restricted = network({ podSelector: {}, ingress: fromNginx });
    for (const objects of [[restricted], [...gatewayOf("example.com/unknown"), restricted]]) {
      assert.match(stays(objects), /and may not admit.*set route\.gateways\.nginx\.reachesApps to true/);
      assert.equal(stays(objects, app({}), { reachesApps: true }), "");
    }
    const closed = [...TRAEFIK, restricted];
    assert.match(stays(closed, app({}), { reachesApps: true }), /and does not admit those of Gateway/);
  });

  it("are read for a Service and its workload as well", () => {
    const service = {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "own", namespace: "apps" },
      spec: { selector: { app: "own" }, ports: [{ port: 80 }] },
    };
    const workload = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "own", namespace: "apps" },
      spec: { template: { metadata: { labels: { app: "own", tier: "web" } } } },
    };
    const tier = network({ podSelector: { matchLabels: { tier: "web" } }, ingress: fromNginx });
    const objects = [...TRAEFIK, service, tier];
    const named = app({}, { name: "own", port: 80 });
    assert.match(stays([...objects, workload], named), /to the pods of own and does not admit/);
  });

  it("keep an Ingress whose pods the repository does not show if they may be those that its controller may reach", () => {
    const operated = app({}, { name: "operated", port: 80 });
    const podSelector = endpoint({ "app.kubernetes.io/name": "operated" });
    const objects = [...TRAEFIK, network({ podSelector, ingress: fromNginx })];
    assert.match(
      stays(objects, operated),
      /to pods that may be those of operated, which this repository does not show, and may not admit those of Gateway doors\/front: .*reachesApps to true/,
    );
    assert.equal(stays(objects, operated, { reachesApps: true }), "");
    for (const ingress of [
      [...fromNginx, { from: [namespaceIs("doors")] }],
      [{ from: [namespaceIs("tools")] }],
      [{}],
    ])
      assert.equal(stays([...TRAEFIK, network({ podSelector, ingress })], operated), "");
    assert.equal(stays([...TRAEFIK, network({ podSelector, ingress: fromNginx }, "tools")], operated), "");
    const egress = network({ podSelector, policyTypes: ["Egress"], egress: [] });
    assert.equal(stays([...TRAEFIK, egress], operated), "");
    const closed = [...TRAEFIK, network({ podSelector: {}, ingress: [] })];
    assert.match(
      stays(closed, operated),
      /restricts who reaches .* and does not admit .*: extend the policy/,
    );
    const both = [...closed, network({ podSelector, ingress: [{ from: [namespaceIs("doors")] }] })];
    assert.match(
      stays(both, operated),
      /does not admit those of Gateway doors\/front, but NetworkPolicy apps\/rule .* does, and may select the pods of operated: .*reachesApps to true/,
    );
    assert.equal(stays(both, operated, { reachesApps: true }), "");
  });

  it("leave it open who reaches an app if the repository does not show the pods of the Gateway either", () => {
    const operated = app({}, { name: "operated", port: 80 });
    const podSelector = endpoint({ "app.kubernetes.io/name": "operated" });
    const own = [{ from: [{ podSelector }] }];
    const database = network({ podSelector: endpoint({ app: "database" }), ingress: own });
    const closed = [network({ podSelector: {}, ingress: [] }), database];
    const elsewhere = {
      elsewhere: true,
      redirectsToHttps: true,
      httpsListeners: ["https"],
      entryPoints: { web: "http", websecure: "https" },
    };
    assert.match(stays(closed, operated, elsewhere), /does not admit those of Gateway doors\/front: extend/);
    const open = [...closed, policyNamed("operated", { podSelector, ingress: fromNginx })];
    assert.match(
      stays(open, operated, elsewhere),
      /does not admit those of Gateway doors\/front, but NetworkPolicy apps\/operated .* may, and may select the pods of operated: .*reachesApps to true/,
    );
    assert.equal(stays(open, operated, { ...elsewhere, reachesApps: true }), "");
  });
});

describe("migrate route: a backend that the repository does not have", () => {
  it("is on the cutover list, unless a chart or an operator may create it", () => {
    const line = (own: object, more: readonly object[] = []): string =>
      messages(resultOf(route, files([...TRAEFIK, ...more], own), OPTIONS), "cutover").join("\n");
    const literal = app({}, { name: "app", port: 80 });
    assert.match(
      line(literal),
      /Service apps\/app, the backend of web\.example\.com, is not in this repository; its release has Service web:/,
    );
    assert.doesNotMatch(line(app({})), /is not in this repository/);
    const other = app({}, { name: "database-ui", port: 80 });
    assert.match(line(other), /Service apps\/database-ui/);
    const custom = {
      apiVersion: "db.example.com/v1",
      kind: "Database",
      metadata: { name: "database", namespace: "apps" },
    };
    assert.doesNotMatch(line(other, [custom]), /is not in this repository/);
    assert.doesNotMatch(line(other, [release("suite", "apps", "suite", {})]), /is not in this repository/);
  });
});
