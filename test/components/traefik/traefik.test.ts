import assert from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import { parse } from "yaml";
import type { KubeObject } from "../../../kube/objects.ts";
import { checkTraefik, helmValues } from "../../../components/traefik/helm.ts";
import { Traefik, traefikObjects, type TraefikArgs } from "../../../components/traefik/traefik.ts";
import { classSelectorValues } from "../../../policy/knowledge/lookups.ts";
import { SHIPPED } from "../../../policy/knowledge/knowledge.ts";
import { checkTraefikPorts } from "../../../components/traefik/check.ts";
import { checkTraefikService } from "../../../components/traefik/service.ts";
import { clusterHolding } from "../../support/cluster.ts";
import { withFieldManager } from "../../../components/shared/declare.ts";
import { recordResources, resourceNamed } from "../../support/mocks.ts";

const ARGS: TraefikArgs = {
  gateway: { name: "external", namespace: "network", className: "traefik" },
  ports: { http: 80, https: 443 },
  image: `docker.io/library/traefik:v3.7.13@sha256:${"1".repeat(64)}`,
  replicas: 1,
  spread: "ScheduleAnyway",
  podDisruptionBudget: { maxUnavailable: 1 },
  service: {
    type: "LoadBalancer",
    annotations: {},
    labels: {},
    nodePorts: {},
    externalTrafficPolicy: "Cluster",
  },
  resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "256Mi" } },
  logLevel: "INFO",
  labels: { "edgefirst.dev/stack": "edge" },
};

const NAME = "traefik-gateway-external";
const SELECTOR = { "app.kubernetes.io/name": "traefik", "app.kubernetes.io/instance": NAME };

function objectOf(kind: string, args: Partial<TraefikArgs> = {}): KubeObject {
  const found = traefikObjects({ ...ARGS, ...args }).find((object) => object.kind === kind);
  assert.ok(found, `no ${kind}`);
  return found;
}

interface Pod {
  readonly [field: string]: unknown;
  readonly containers: readonly [Record<string, unknown> & { readonly args: readonly string[] }];
}

function podOf(args: Partial<TraefikArgs> = {}): Pod {
  return (objectOf("Deployment", args).spec as { template: { spec: Pod } }).template.spec;
}

describe("traefik", () => {
  it("declares its objects as children on the component's provider, with no unknowns in a first preview", async () => {
    const args = { ...ARGS, replicas: 2 };
    const resources = await recordResources(
      () => {
        const provider = new k8s.Provider("cluster", { context: "test" });
        new Traefik("external", args, { providers: [provider] });
      },
      { preview: true },
    );
    const component = resourceNamed(resources, "external", "edgefirst:platform:Traefik");
    const children = resources.filter(({ parent }) => parent === component.urn);
    assert.deepEqual(children.map(({ type, name }) => `${type} ${name}`).sort(), [
      `kubernetes:apps/v1:Deployment network/${NAME}`,
      `kubernetes:core/v1:Service network/${NAME}`,
      `kubernetes:core/v1:ServiceAccount network/${NAME}`,
      `kubernetes:policy/v1:PodDisruptionBudget network/${NAME}`,
      `kubernetes:rbac.authorization.k8s.io/v1:ClusterRole ${NAME}`,
      `kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding ${NAME}`,
    ]);
    const pods = resourceNamed(resources, `network/${NAME}`, "kubernetes:apps/v1:Deployment");
    for (const { type, urn } of children.filter(({ type }) => /:(ClusterRole|ServiceAccount)/.test(type)))
      assert.ok(pods.options.dependencies.includes(urn), `its pods start only after the ${type}`);
    const objects = traefikObjects(args);
    for (const child of children) {
      assert.equal(child.provider, component.options.providers.kubernetes);
      assert.deepEqual(child.unknowns, []);
      const object = objects.find(({ kind }) => kind === child.inputs.kind);
      assert.deepEqual(child.inputs.metadata, object && withFieldManager(object).metadata);
      assert.equal(object?.metadata.labels?.["edgefirst.dev/stack"], "edge");
    }
    const deployment = resourceNamed(children, `network/${NAME}`, "kubernetes:apps/v1:Deployment");
    // kubernetesx fills in empty lists and changes nothing else.
    const expected = structuredClone(objectOf("Deployment", { replicas: 2 }).spec) as {
      template: { spec: Record<string, unknown> & { containers: [Record<string, unknown>] } };
    };
    expected.template.spec.initContainers = [];
    expected.template.spec.containers[0].env = [];
    assert.deepEqual(deployment.inputs.spec, expected);
    const service = resourceNamed(children, `network/${NAME}`, "kubernetes:core/v1:Service");
    assert.deepEqual(service.inputs.spec, objectOf("Service").spec);
  });

  it("has exactly the permissions that its Gateway provider needs", () => {
    const group = "gateway.networking.k8s.io";
    const rights = (
      objectOf("ClusterRole").rules as { apiGroups: string[]; resources: string[]; verbs: string[] }[]
    )
      .flatMap(({ apiGroups, resources, verbs }) =>
        apiGroups.flatMap((g) => resources.map((r) => `${g === "" ? "core" : g}/${r}: ${verbs.join(",")}`)),
      )
      .sort();
    assert.deepEqual(rights, [
      "core/configmaps: list,watch",
      "core/namespaces: list,watch",
      "core/secrets: list,watch",
      "core/services: list,watch",
      "discovery.k8s.io/endpointslices: list,watch",
      `${group}/backendtlspolicies/status: update`,
      `${group}/backendtlspolicies: list,watch`,
      `${group}/gatewayclasses/status: update`,
      `${group}/gatewayclasses: list,watch`,
      `${group}/gateways/status: update`,
      `${group}/gateways: list,watch`,
      `${group}/grpcroutes/status: update`,
      `${group}/grpcroutes: list,watch`,
      `${group}/httproutes/status: update`,
      `${group}/httproutes: list,watch`,
      `${group}/referencegrants: list,watch`,
      `${group}/tlsroutes/status: update`,
      `${group}/tlsroutes: list,watch`,
    ]);
    assert.deepEqual(objectOf("ClusterRoleBinding").subjects, [
      { kind: "ServiceAccount", name: NAME, namespace: "network" },
    ]);
    assert.equal((objectOf("ClusterRoleBinding").roleRef as { name: string }).name, NAME);
  });

  it("listens on the ports of its Gateway's listeners, without root", () => {
    const pod = podOf({ ports: { http: 8000, https: 8443 } });
    const [container] = pod.containers;
    assert.ok(container.args.includes("--entrypoints.web.address=:8000"));
    assert.ok(container.args.includes("--entrypoints.websecure.address=:8443"));
    assert.deepEqual(
      (container.ports as { name: string; containerPort: number }[]).map(
        ({ name, containerPort }) => `${name} ${containerPort}`,
      ),
      ["web 8000", "websecure 8443", "ping 9000", "metrics 9100"],
    );
    assert.deepEqual(
      (objectOf("Service", { ports: { http: 8000, https: 8443 } }).spec as { ports: unknown }).ports,
      [
        { name: "web", port: 8000, targetPort: "web", protocol: "TCP" },
        { name: "websecure", port: 8443, targetPort: "websecure", protocol: "TCP" },
      ],
    );
    assert.deepEqual(pod.securityContext, {
      runAsNonRoot: true,
      runAsUser: 65532,
      runAsGroup: 65532,
      seccompProfile: { type: "RuntimeDefault" },
      sysctls: [{ name: "net.ipv4.ip_unprivileged_port_start", value: "0" }],
    });
    assert.deepEqual(container.securityContext, {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
  });

  it("reads one GatewayClass, publishes the address of its Service, and serves no dashboard", () => {
    const args = podOf().containers[0].args;
    const provider = args.filter((arg) => arg.startsWith("--providers."));
    assert.deepEqual(provider, [
      "--providers.kubernetesgateway=true",
      "--providers.kubernetesgateway.experimentalchannel=false",
      "--providers.kubernetesgateway.labelselector=edgefirst.dev/gateway=external",
      `--providers.kubernetesgateway.statusaddress.service.name=${NAME}`,
      "--providers.kubernetesgateway.statusaddress.service.namespace=network",
    ]);
    assert.deepEqual(
      args.filter((arg) => arg.startsWith("--api")),
      [],
    );
    assert.ok(args.includes("--log.level=INFO"));
  });

  it("is probed on a separate entry point, more patiently for liveness than for readiness", () => {
    const [container] = podOf().containers;
    const seconds = (probe: string) => {
      const { httpGet, periodSeconds, failureThreshold } = container[probe] as {
        httpGet: unknown;
        periodSeconds: number;
        failureThreshold: number;
      };
      assert.deepEqual(httpGet, { path: "/ping", port: "ping" });
      return periodSeconds * failureThreshold;
    };
    assert.ok(container.args.includes("--ping.entrypoint=ping"));
    assert.ok(container.args.includes("--entrypoints.ping.address=:9000"));
    assert.ok(seconds("readinessProbe") < seconds("livenessProbe"));
    assert.equal(seconds("startupProbe"), 60);
  });

  it("on one node: has one pod, no budget, a spread that never leaves it pending, and keeps the old pod until the new one is ready", () => {
    assert.ok(!traefikObjects(ARGS).some(({ kind }) => kind === "PodDisruptionBudget"));
    const spec = objectOf("Deployment").spec as Record<string, unknown>;
    assert.deepEqual(spec.strategy, {
      type: "RollingUpdate",
      rollingUpdate: { maxUnavailable: 0, maxSurge: 1 },
    });
    assert.deepEqual(podOf().topologySpreadConstraints, [
      {
        maxSkew: 1,
        topologyKey: "kubernetes.io/hostname",
        whenUnsatisfiable: "ScheduleAnyway",
        labelSelector: { matchLabels: SELECTOR },
        matchLabelKeys: ["pod-template-hash"],
      },
    ]);
  });

  it("with replicas: has a budget that allows draining a node", () => {
    assert.deepEqual(objectOf("PodDisruptionBudget", { replicas: 3 }).spec, {
      maxUnavailable: 1,
      selector: { matchLabels: SELECTOR },
    });
  });

  it("selects its pods by literal labels", () => {
    const spec = objectOf("Deployment").spec as {
      selector: unknown;
      template: { metadata: { labels: Record<string, string> } };
    };
    assert.deepEqual(spec.selector, { matchLabels: SELECTOR });
    assert.deepEqual(spec.template.metadata.labels, { ...SELECTOR, "edgefirst.dev/stack": "edge" });
    assert.deepEqual((objectOf("Service").spec as { selector: unknown }).selector, SELECTOR);
  });

  const services: readonly [string, Partial<TraefikArgs["service"]>, Record<string, unknown>][] = [
    [
      "LoadBalancer",
      { type: "LoadBalancer", loadBalancerClass: "pool" },
      { externalTrafficPolicy: "Local", loadBalancerClass: "pool" },
    ],
    ["NodePort", { type: "NodePort", loadBalancerClass: "pool" }, { externalTrafficPolicy: "Local" }],
    ["ClusterIP", { type: "ClusterIP", loadBalancerClass: "pool" }, {}],
  ];
  for (const [type, service, expected] of services)
    it(`gives a ${type} Service only the fields that the API server accepts`, () => {
      const object = objectOf("Service", {
        service: { ...ARGS.service, ...service, externalTrafficPolicy: "Local", annotations: { pool: "a" } },
      });
      const rest = Object.fromEntries(
        Object.entries(object.spec as object).filter(([field]) => field !== "ports" && field !== "selector"),
      );
      assert.deepEqual(rest, { type, ...expected });
      assert.deepEqual(object.metadata.annotations, { pool: "a", "pulumi.com/skipAwait": "true" });
    });

  it("gives the Service labels, IP families, source ranges and node ports, but only if configured", () => {
    const service = {
      ...ARGS.service,
      labels: { pool: "public", "app.kubernetes.io/name": "other" },
      ipFamilyPolicy: "PreferDualStack",
      ipFamilies: ["IPv6", "IPv4"],
      loadBalancerSourceRanges: ["192.0.2.0/24"],
      allocateLoadBalancerNodePorts: false,
      nodePorts: { https: 30443 },
    } as const;
    const { metadata, spec } = objectOf("Service", { service });
    assert.deepEqual(metadata.labels, { pool: "public", ...SELECTOR, "edgefirst.dev/stack": "edge" });
    const { ports, ...rest } = spec as { ports: unknown };
    assert.deepEqual(ports, [
      { name: "web", port: 80, targetPort: "web", protocol: "TCP" },
      { name: "websecure", port: 443, targetPort: "websecure", protocol: "TCP", nodePort: 30443 },
    ]);
    assert.deepEqual(rest, {
      type: "LoadBalancer",
      selector: SELECTOR,
      externalTrafficPolicy: "Cluster",
      ipFamilyPolicy: "PreferDualStack",
      ipFamilies: ["IPv6", "IPv4"],
      loadBalancerSourceRanges: ["192.0.2.0/24"],
      allocateLoadBalancerNodePorts: false,
    });
    assert.deepEqual(Object.keys(objectOf("Service").spec as object), [
      "type",
      "selector",
      "ports",
      "externalTrafficPolicy",
    ]);
  });

  const changes: readonly [string, object, Partial<TraefikArgs["service"]>, RegExp | undefined][] = [
    ["another class", { loadBalancerClass: "a" }, { loadBalancerClass: "b" }, /cannot change from a to b/],
    ["a first class", {}, { loadBalancerClass: "b" }, /loadBalancerClass .* from none to b/],
    ["no class any more", { loadBalancerClass: "a" }, {}, /from a to none/],
    ["another type and class", { loadBalancerClass: "a" }, { type: "ClusterIP" }, undefined],
    ["another type before", { type: "ClusterIP" }, { loadBalancerClass: "b" }, undefined],
    ["the same class", { loadBalancerClass: "a" }, { loadBalancerClass: "a" }, undefined],
    ["another first family", { ipFamilies: ["IPv4"] }, { ipFamilies: ["IPv6", "IPv4"] }, /first ipFamily/],
    ["a second family", { ipFamilies: ["IPv4"] }, { ipFamilies: ["IPv4", "IPv6"] }, undefined],
    ["no families any more", { ipFamilies: ["IPv4"] }, {}, undefined],
  ];
  for (const [what, live, service, message] of changes)
    it(`${message === undefined ? "passes" : "reports before the update"} a Service that gets ${what}`, async () => {
      const object = objectOf("Service");
      const cluster = clusterHolding({ ...object, spec: { type: "LoadBalancer", ...live } });
      const args = { ...ARGS, service: { ...ARGS.service, ...service } };
      const [finding, ...more] = await checkTraefikService(args, cluster);
      assert.deepEqual(more, []);
      assert.equal(finding?.severity, message && "error");
      if (message !== undefined) assert.match(finding?.message ?? "", message);
      assert.deepEqual(await checkTraefikService(args, clusterHolding()), []);
    });

  it("reports a listener on a port of its own entry points", () => {
    assert.deepEqual(checkTraefikPorts(ARGS), []);
    assert.match(
      checkTraefikPorts({ ...ARGS, ports: { http: 9000, https: 443 } })[0]?.message ?? "",
      /port 9000.*ping/,
    );
  });
});

describe("a Traefik from a HelmRelease", () => {
  const args = {
    gateway: ARGS.gateway,
    ports: ARGS.ports,
    classSelectorValues: (version: string | undefined) => classSelectorValues(version, SHIPPED),
  };
  const gatewayClass = (...conditions: unknown[]): KubeObject => ({
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "GatewayClass",
    metadata: { name: "traefik" },
    status: { conditions },
  });
  const cases: readonly [string, KubeObject[], RegExp | undefined][] = [
    ["has accepted the class", [gatewayClass({ type: "Accepted", status: "True" })], undefined],
    ["has no class yet", [], /^GatewayClass traefik does not exist on test yet/],
    [
      "has not accepted it",
      [gatewayClass({ type: "Accepted", status: "Unknown", message: "Waiting for controller" })],
      /has not been accepted by any Traefik: Waiting for controller/,
    ],
    ["has not responded", [gatewayClass()], /its status is empty/],
  ];
  for (const [what, live, message] of cases)
    it(`${message === undefined ? "passes" : "needs values"} if it ${what}`, async () => {
      const findings = await checkTraefik(args, clusterHolding(...live));
      assert.equal(findings.length, message === undefined ? 0 : 1);
      if (message === undefined) return;
      assert.match(findings[0]?.message ?? "", message);
      assert.equal(findings[0]?.severity, "warning");
      assert.ok(findings[0].hint?.includes(helmValues(args, [])));
    });

  it("gets values that make it serve only this Gateway", () => {
    assert.deepEqual(parse(helmValues(args, ["37.4.0"])), {
      providers: {
        kubernetesGateway: {
          enabled: true,
          experimentalChannel: false,
          labelselector: "edgefirst.dev/gateway=external",
          statusAddress: { service: { enabled: true } },
        },
      },
      gateway: { enabled: false },
      gatewayClass: { enabled: false },
      ports: { web: { port: 80 }, websecure: { port: 443 } },
      podSecurityContext: { sysctls: [{ name: "net.ipv4.ip_unprivileged_port_start", value: "0" }] },
    });
  });

  for (const [versions, expected] of [
    [["37.4.0"], "labelselector: edgefirst.dev/gateway=external"],
    [["38.0.0"], "labelSelector: edgefirst.dev/gateway=external"],
    [["41.3.0", "40.0.0"], "labelSelector: edgefirst.dev/gateway=external"],
    [["41.3.0", "37.0.0"], "labelSelector: edgefirst.dev/gateway=external # older charts: labelselector"],
    [[], "labelSelector: edgefirst.dev/gateway=external # older charts: labelselector"],
  ] as const)
    it(`gets the selector for chart ${versions.join(" and ") || "of an unknown version"}, as reported by its HelmReleases on the cluster`, async () => {
      const releases = versions.map((chartVersion, index): KubeObject => ({
        apiVersion: "helm.toolkit.fluxcd.io/v2",
        kind: "HelmRelease",
        metadata: { name: `traefik-${index}`, namespace: "network" },
        status: {
          history: [
            { chartName: "traefik", chartVersion },
            { chartName: "traefik", chartVersion: "20.0.0" },
          ],
        },
      }));
      const other: KubeObject = {
        apiVersion: "helm.toolkit.fluxcd.io/v2",
        kind: "HelmRelease",
        metadata: { name: "other", namespace: "network" },
        status: { history: [{ chartName: "other", chartVersion: "1.0.0" }] },
      };
      const [finding] = await checkTraefik(args, clusterHolding(...releases, other));
      const line = finding?.hint?.split("\n").find((each) => /labelselector/i.test(each));
      assert.equal(line?.trim(), expected);
    });
});
