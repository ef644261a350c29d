import assert from "node:assert/strict";
import { gatewayProvider } from "../../../../tools/migrate/steps/gateway-provider/step.ts";
import { messages, resultOf } from "../planning.ts";

const release = (values: object = { logs: { general: { level: "INFO" } } }, version = "41.0.2"): object => ({
  apiVersion: "helm.toolkit.fluxcd.io/v2",
  kind: "HelmRelease",
  metadata: { name: "door", namespace: "doors" },
  spec: {
    chart: {
      spec: { chart: "traefik", version, sourceRef: { kind: "HelmRepository", name: "traefik" } },
    },
    values,
  },
});
const policy = (namespace: string, spec: object, kind = "NetworkPolicy"): object => ({
  apiVersion: kind === "NetworkPolicy" ? "networking.k8s.io/v1" : "cilium.io/v2",
  kind,
  metadata: { name: "guard", namespace },
  spec,
});
const DOORS = { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "doors" } } };
const from = (...ports: readonly object[]): object => ({
  podSelector: {},
  ingress: [{ from: [{ ipBlock: { cidr: "0.0.0.0/0" } }], ports }],
});
const to = (peers: readonly object[], ...ports: readonly object[]): object => ({
  podSelector: {},
  policyTypes: ["Egress"],
  egress: [{ to: peers, ports }],
});

const PORTS = { web: 80, websecure: 443, metrics: 9101 };

/** Policies that would stop the requests to Traefik, and what the step says of each. */
const CLOSED: readonly (readonly [object, RegExp])[] = [
  [policy("doors", from({ port: 8000 }, { port: 8443 })), /names 8000 and not 80, 8443 and not 443/],
  [policy("den", to([DOORS], { port: 8443 })), /NetworkPolicy den\/guard \(.*\) names 8443 and not 443\./],
  [policy("den", to([{ namespaceSelector: {} }], { port: 8400, endPort: 8500 })), /names 8443 and not 443\./],
  [policy("doors", from({ port: 9100 })), /metrics from 9100 to 9101\).* names 9100 and not 9101\./],
  [
    policy(
      "doors",
      {
        endpointSelector: {},
        ingress: [{ fromEntities: ["world"], toPorts: [{ ports: [{ port: "8443", protocol: "TCP" }] }] }],
      },
      "CiliumNetworkPolicy",
    ),
    /CiliumNetworkPolicy doors\/guard \(.*\) names 8443 and not 443\./,
  ],
];
const OPEN: readonly (readonly [string, object])[] = [
  ["both ports", policy("doors", from({ port: 8000 }, { port: 80 }, { port: 8443 }, { port: 443 }))],
  ["the name of a port", policy("doors", from({ port: "websecure" }))],
  ["no ports", policy("doors", from())],
  ["another namespace", policy("den", from({ port: 8443 }))],
  ["other pods", policy("den", to([{ podSelector: { matchLabels: { app: "tea" } } }], { port: 8000 }))],
  [
    "the new ports in a rule for the same peers",
    policy("doors", {
      podSelector: {},
      ingress: [{ ports: [{ port: 8443 }] }, { ports: [{ port: 443 }] }],
    }),
  ],
];

describe("migrate gateway-provider: network policies", () => {
  const plan = (guard: object, values?: object): ReturnType<typeof resultOf> =>
    resultOf(
      gatewayProvider,
      { "doors/door.yaml": release(values), "doors/guard.yaml": guard },
      {
        "gateway-provider": {
          releases: { "doors/door": { labelSelector: "a=b", ports: PORTS } },
        },
      },
    );

  it("that name only the present ports of Traefik's pods keep the release as it is", () => {
    for (const [guard, expected] of CLOSED) {
      const result = plan(guard);
      assert.deepEqual(result.plan.changes, []);
      assert.match(messages(result, "refused")[0] ?? "", expected);
    }
  });

  it("that do not name them change nothing", () => {
    for (const [what, guard] of OPEN) {
      const result = plan(guard);
      assert.equal(result.plan.changes.length, 1, `${what}: ${messages(result, "refused").join()}`);
    }
    const moved = plan(CLOSED[0]?.[0] ?? {}, { ports: { web: { port: 80 }, websecure: { port: 443 } } });
    assert.equal(moved.plan.changes.length, 1, "the ports are those of the listeners already");
  });
});

describe("migrate gateway-provider: the rights of Traefik", () => {
  const RBAC = { apiVersion: "rbac.authorization.k8s.io/v1" };
  const role = (...rules: readonly object[]): object => ({
    ...RBAC,
    kind: "ClusterRole",
    metadata: { name: "door-keeper" },
    rules,
  });
  const binding = {
    ...RBAC,
    kind: "ClusterRoleBinding",
    metadata: { name: "door-keeper" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "door-keeper" },
    subjects: [{ kind: "ServiceAccount", name: "keeper", namespace: "doors" }],
  };
  const apiGroups = ["gateway.networking.k8s.io"];
  const namespaces = { apiGroups: [""], resources: ["namespaces"], verbs: ["get", "list", "watch"] };
  const read = { apiGroups, resources: ["*"], verbs: ["get", "list", "watch"] };
  const write = {
    apiGroups,
    resources: ["gatewayclasses/status", "gateways/status", "httproutes/status"],
    verbs: ["update"],
  };
  const own = { rbac: { enabled: false }, serviceAccount: { name: "keeper" } };
  const refusal = (values: object, ...objects: readonly object[]): string => {
    const result = resultOf(
      gatewayProvider,
      { "doors/door.yaml": release(values), "doors/rights.yaml": objects },
      { "gateway-provider": { releases: { "doors/door": { labelSelector: "a=b", ports: PORTS } } } },
    );
    const refused = messages(result, "refused").join("\n");
    assert.equal(result.plan.changes.length, refused === "" ? 1 : 0);
    return refused;
  };

  it("are needed in the whole cluster, from its chart or from ClusterRoles in the repository", () => {
    assert.match(
      refusal(own, role(namespaces, read), binding),
      /ServiceAccount doors\/keeper may not update gatewayclasses\/status, update gateways\/status, update httproutes\/status: add the rules of https:/,
    );
    assert.match(refusal(own, role(namespaces, write), binding), /may not list and watch gatewayclasses, /);
    const named = { ...read, resourceNames: ["front"] };
    assert.match(
      refusal(own, role(namespaces, named, write), binding),
      /may not list and watch gatewayclasses/,
    );
    assert.match(
      refusal({ rbac: { namespaced: true } }),
      /rbac\.namespaced is true, .*: set it to false first/,
    );
  });

  it("are there, or not known", () => {
    assert.equal(refusal(own, role(namespaces, read, write), binding), "");
    assert.equal(refusal(own, role({ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }), binding), "");
    assert.equal(refusal(own), "");
    assert.equal(refusal(own, binding), "");
    const unknown = resultOf(
      gatewayProvider,
      { "doors/door.yaml": release(own) },
      { "gateway-provider": { releases: { "doors/door": { labelSelector: "a=b", ports: PORTS } } } },
    );
    assert.match(messages(unknown, "runbook").join("\n"), /its ServiceAccount needs every rule of https:/);
    assert.equal(refusal({ rbac: { enabled: true } }, role(), binding), "");
  });
});

describe("migrate gateway-provider: the options", () => {
  it("name each release that is none of Traefik's", () => {
    const releases = {
      "doors/door": { labelSelector: "a=b", ports: {} },
      "doors/tor": { labelSelector: "c=d", ports: {} },
    };
    const result = resultOf(
      gatewayProvider,
      { "doors/door.yaml": release() },
      { "gateway-provider": { releases } },
    );
    assert.deepEqual(messages(result, "left"), [
      "gateway-provider.releases: no HelmRelease doors/tor of chart traefik is in this repository: correct its namespace or name",
    ]);
  });
});

describe("migrate gateway-provider: the version of the chart", () => {
  for (const [version, isRead] of [
    ["10.24.0", false],
    ["28.x", false],
    [">=28.0.0, <30.0.0", false],
    ["29.0.1", false],
    ["30.0.0", true],
    [">=30 <38", true],
  ] as const)
    it(`${isRead ? "needs only" : "needs more than"} providers.kubernetesGateway: ${version}`, () => {
      const result = resultOf(
        gatewayProvider,
        { "doors/door.yaml": release(undefined, version) },
        { "gateway-provider": { releases: { "doors/door": { labelSelector: "a=b", ports: {} } } } },
      );
      assert.equal(result.plan.changes.length, isRead ? 1 : 0);
      if (!isRead) assert.match(messages(result, "refused").join(), /upgrade it to 30\.0\.0 or later first/);
    });

  for (const [values, isOld] of [
    [{ image: { tag: "v3.0.4" } }, true],
    [{ image: { tag: "2.11" } }, true],
    [{ versionOverride: "v3.0.4" }, true],
    [{ image: { tag: "v3.1.0" } }, false],
    [{ image: { tag: "latest" } }, false],
  ] as const)
    it(`${isOld ? "does not count" : "counts"} with another Traefik: ${JSON.stringify(values)}`, () => {
      const result = resultOf(
        gatewayProvider,
        { "doors/door.yaml": release(values, "34.0.0") },
        { "gateway-provider": { releases: { "doors/door": { labelSelector: "a=b", ports: {} } } } },
      );
      assert.equal(result.plan.changes.length, isOld ? 0 : 1, messages(result, "refused").join());
      if (isOld) assert.match(messages(result, "refused").join(), /is (v3\.0\.4|2\.11), and before 3\.1\.0/);
    });
});
