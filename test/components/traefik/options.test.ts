import assert from "node:assert/strict";
import { gateway } from "../../../config/network.ts";
import { checkTraefikSettings } from "../../../components/traefik/check.ts";
import {
  checkDefinitions,
  ownDefinitions,
  traefikDefinitionObjects,
} from "../../../components/traefik/definitions.ts";
import { traefikObjects, type TraefikArgs } from "../../../components/traefik/traefik.ts";
import type { KubeObject } from "../../../kube/objects.ts";
import { policySettings } from "../../../policy/engine/settings.ts";
import { checkPolicies } from "../../../platform/policies.ts";
import { traefikArgs } from "../../../platform/network.ts";
import { clusterHolding } from "../../support/cluster.ts";

/** Arguments for a Gateway with these keys under `traefik`. */
function configured(traefik: object): TraefikArgs {
  const settings = gateway.parse({ name: "external", namespace: "network", className: "traefik", traefik });
  const image = `docker.io/library/traefik:v3.7.13@sha256:${"1".repeat(64)}`;
  return traefikArgs(settings, { labels: { "edgefirst.dev/stack": "edge" }, image });
}

interface Pod {
  readonly containers: readonly { readonly args: readonly string[]; readonly ports: readonly object[] }[];
  readonly [field: string]: unknown;
}

const objectOf = (traefik: object, kind: string): KubeObject | undefined =>
  traefikObjects(configured(traefik)).find((object) => object.kind === kind);
const specOf = (traefik: object, kind: string) => objectOf(traefik, kind)?.spec as Record<string, unknown>;
const podOf = (traefik: object) =>
  (specOf(traefik, "Deployment").template as { metadata: Record<string, unknown>; spec: Pod }).spec;
const argumentsOf = (traefik: object): readonly string[] => podOf(traefik).containers[0]?.args ?? [];
/** What a key adds to the arguments, and what it removes. */
function changed(traefik: object): string[] {
  const [before, after] = [argumentsOf({}), argumentsOf(traefik)];
  return [
    ...after.filter((each) => !before.includes(each)),
    ...before.filter((each) => !after.includes(each)).map((each) => `not ${each}`),
  ];
}
const problems = async (traefik: object, ...live: KubeObject[]) =>
  (await checkTraefikSettings(configured(traefik), clusterHolding(...live))).map(
    ({ severity, message }) => `${severity}: ${message}`,
  );

describe("traefik's options", () => {
  for (const [traefik, expected] of [
    [{ logFormat: "common" }, ["--log.format=common", "not --log.format=json"]],
    [{ accessLog: {} }, ["--accesslog=true", "--accesslog.format=json"]],
    [
      { accessLog: { format: "common", statusCodes: ["404", "500-599"] } },
      ["--accesslog=true", "--accesslog.format=common", "--accesslog.filters.statuscodes=404,500-599"],
    ],
    [
      { timeouts: { read: "0s", idle: "90s" } },
      ["web", "websecure"].flatMap((name) => [
        `--entrypoints.${name}.transport.respondingtimeouts.readtimeout=0s`,
        `--entrypoints.${name}.transport.respondingtimeouts.idletimeout=90s`,
      ]),
    ],
    [
      { trustedProxies: ["10.0.0.0/8", "fd00::/8"] },
      ["web", "websecure"].map(
        (name) => `--entrypoints.${name}.forwardedheaders.trustedips=10.0.0.0/8,fd00::/8`,
      ),
    ],
    [
      { proxyProtocol: { trustedProxies: ["192.0.2.1/32"] } },
      ["web", "websecure"].map((name) => `--entrypoints.${name}.proxyprotocol.trustedips=192.0.2.1/32`),
    ],
    [{ arguments: ["--ping.terminatingstatuscode=204"] }, ["--ping.terminatingstatuscode=204"]],
  ] as const)
    it(`set exactly their arguments: ${JSON.stringify(traefik)}`, () => {
      assert.deepEqual(changed(traefik), expected);
    });

  it("open a port for HTTP/3 and for each further entry point, in the pod and in the Service", () => {
    const traefik = {
      http3: true,
      entryPoints: [
        { name: "db", port: 5432 },
        { name: "dns", port: 53, protocol: "UDP" },
      ],
    };
    assert.deepEqual(changed(traefik), [
      "--entrypoints.websecure.http3=true",
      "--entrypoints.db.address=:5432/tcp",
      "--entrypoints.dns.address=:53/udp",
    ]);
    assert.deepEqual(podOf(traefik).containers[0]?.ports.slice(2, 5), [
      { name: "websecure-http3", containerPort: 443, protocol: "UDP" },
      { name: "db", containerPort: 5432, protocol: "TCP" },
      { name: "dns", containerPort: 53, protocol: "UDP" },
    ]);
    assert.deepEqual((specOf(traefik, "Service").ports as object[]).slice(2), [
      { name: "websecure-http3", port: 443, targetPort: "websecure-http3", protocol: "UDP" },
      { name: "db", port: 5432, targetPort: "db", protocol: "TCP" },
      { name: "dns", port: 53, targetPort: "dns", protocol: "UDP" },
    ]);
  });

  it("place the pods, and pull their images with Secrets", () => {
    const traefik = {
      nodeSelector: { "kubernetes.io/arch": "amd64" },
      tolerations: [{ key: "edge", operator: "Exists" }],
      affinity: { nodeAffinity: {} },
      priorityClassName: "system-cluster-critical",
      zones: true,
    };
    const pod = podOf(traefik);
    const placed = Object.keys(traefik).slice(0, 4) as (keyof typeof traefik)[];
    for (const field of placed) assert.deepEqual(pod[field], traefik[field]);
    assert.deepEqual(
      (pod.topologySpreadConstraints as { topologyKey: string; whenUnsatisfiable: string }[]).map(
        ({ topologyKey, whenUnsatisfiable }) => [topologyKey, whenUnsatisfiable],
      ),
      [
        ["kubernetes.io/hostname", "ScheduleAnyway"],
        ["topology.kubernetes.io/zone", "ScheduleAnyway"],
      ],
    );
    const withSecret = traefikObjects({ ...configured({}), pullSecrets: ["registry"] }).find(
      ({ kind }) => kind === "Deployment",
    );
    assert.match(JSON.stringify(withSecret), /"imagePullSecrets":\[\{"name":"registry"\}\]/);
  });

  it("patch the pod template last", () => {
    const podPatch = {
      metadata: { annotations: { a: "b" } },
      spec: { hostNetwork: true, containers: [{ name: "traefik", env: [{ name: "TZ", value: "UTC" }] }] },
    };
    const { template } = specOf({ podPatch }, "Deployment") as {
      template: { metadata: { annotations: object; labels: Record<string, string> }; spec: Pod };
    };
    assert.deepEqual(template.metadata.annotations, { a: "b" });
    assert.equal(template.metadata.labels["app.kubernetes.io/name"], "traefik");
    assert.equal(template.spec.hostNetwork, true);
    assert.equal(template.spec.containers.length, 1);
    assert.deepEqual(template.spec.containers[0]?.args, argumentsOf({}));
  });

  it("leave the number of replicas to the autoscaler, and keep a budget for it", () => {
    const autoscaling = { maxReplicas: 5 };
    assert.equal("replicas" in specOf({ autoscaling }, "Deployment"), false);
    assert.ok(objectOf({ autoscaling }, "PodDisruptionBudget"));
    assert.equal(
      objectOf({ autoscaling }, "HorizontalPodAutoscaler")?.metadata.name,
      "traefik-gateway-external",
    );
    const { minReplicas, maxReplicas, scaleTargetRef } = specOf({ autoscaling }, "HorizontalPodAutoscaler");
    assert.deepEqual([minReplicas, maxReplicas], [2, 5]);
    assert.deepEqual(scaleTargetRef, {
      apiVersion: "apps/v1",
      kind: "Deployment",
      name: "traefik-gateway-external",
    });
    assert.throws(() => configured({ autoscaling: { maxReplicas: 1 } }), /at least minReplicas/);
  });

  it("close every port but those of the entry points, and the metrics' for the cluster, on request only", () => {
    const args = configured({ http3: true, entryPoints: [{ name: "dns", port: 53, protocol: "UDP" }] });
    const find = (objects: readonly KubeObject[]) => objects.find(({ kind }) => kind === "NetworkPolicy");
    assert.equal(find(traefikObjects(args)), undefined);
    assert.deepEqual(find(traefikObjects({ ...args, networkPolicy: true }))?.spec, {
      podSelector: {
        matchLabels: {
          "app.kubernetes.io/name": "traefik",
          "app.kubernetes.io/instance": "traefik-gateway-external",
        },
      },
      policyTypes: ["Ingress"],
      ingress: [
        {
          ports: [
            { port: "web", protocol: "TCP" },
            { port: "websecure", protocol: "TCP" },
            { port: "websecure-http3", protocol: "UDP" },
            { port: "dns", protocol: "UDP" },
          ],
        },
        { from: [{ namespaceSelector: {} }], ports: [{ port: "metrics", protocol: "TCP" }] },
      ],
    });
  });

  it("serve TCP routes with the rights for them", () => {
    assert.deepEqual(changed({ experimentalChannel: true }), [
      "--providers.kubernetesgateway.experimentalchannel=true",
      "not --providers.kubernetesgateway.experimentalchannel=false",
    ]);
    const rules = JSON.stringify(objectOf({ experimentalChannel: true }, "ClusterRole")?.rules);
    assert.match(rules, /"tcproutes"/);
    assert.doesNotMatch(JSON.stringify(objectOf({}, "ClusterRole")?.rules), /tcproutes|traefik\.io/);
  });

  it("are reported before the update if they contradict what the stack sets", async () => {
    assert.deepEqual(await problems({ arguments: ["--ping.terminatingstatuscode=204"] }), []);
    assert.match(
      (await problems({ arguments: ["--Providers.kubernetesGateway.labelSelector=a=b"] })).join(),
      /^error: traefik\.arguments .* contains arguments that the stack itself sets: --providers\.kubernetesgateway\.labelselector\./,
    );
    const entryPoints = (...all: [string, number][]) => ({
      entryPoints: all.map(([name, port]) => ({ name, port })),
    });
    assert.deepEqual(await problems(entryPoints(["db", 5432], ["mail", 25])), []);
    assert.match((await problems(entryPoints(["db", 443]))).join(), /entry point db \(port 443\)/);
    assert.match((await problems(entryPoints(["web", 25]))).join(), /entry point web \(port 25\)/);
    assert.match((await problems(entryPoints(["a", 25], ["b", 25]))).join(), /entry point b \(port 25\)/);
    assert.match((await problems(entryPoints(["a", 9100]))).join(), /port 9100, which its Traefik uses/);
  });
});

it("traefik with every option still passes the policies", () => {
  const objects = traefikObjects(
    configured({
      http3: true,
      entryPoints: [{ name: "db", port: 5432 }],
      experimentalChannel: true,
      middlewares: true,
      autoscaling: { maxReplicas: 3 },
      zones: true,
      podPatch: { spec: { dnsPolicy: "ClusterFirst" } },
    }),
  );
  assert.deepEqual(
    checkPolicies(objects, policySettings.parse({})).filter(({ severity }) => severity === "error"),
    [],
  );
  const privileged = { spec: { containers: [{ name: "traefik", securityContext: { privileged: true } }] } };
  assert.match(
    checkPolicies(traefikObjects(configured({ podPatch: privileged })), policySettings.parse({}))
      .map(({ message }) => message)
      .join(),
    /Policy container-security/,
  );
});

describe("traefik's Middlewares", () => {
  const route = (name: string, namespace: string, type: string): KubeObject => ({
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata: { name, namespace },
    spec: { parentRefs: [{ name: "external", namespace: "network" }], rules: [{ filters: [{ type }] }] },
  });

  it("are read only on request, and IngressRoutes never take effect", () => {
    assert.deepEqual(changed({ middlewares: true }), [
      "--providers.kubernetescrd=true",
      "--providers.kubernetescrd.allowcrossnamespace=false",
      "--providers.kubernetescrd.disableclusterscoperesources=true",
      "--providers.kubernetescrd.ingressclass=edgefirst-middlewares-only",
    ]);
    const [rule] = (
      objectOf({ middlewares: true }, "ClusterRole")?.rules as { apiGroups: string[]; verbs: string[] }[]
    ).slice(-1);
    assert.deepEqual([rule?.apiGroups, rule?.verbs], [["traefik.io"], ["list", "watch"]]);
  });

  it("are reported where live routes use them without", async () => {
    const live = [route("a", "media", "ExtensionRef"), route("b", "media", "URLRewrite")];
    assert.deepEqual(await problems({ middlewares: true }, ...live), []);
    assert.deepEqual(await problems({}, ...live), [
      "warning: The Traefik of Gateway network/external does not read Middlewares, so it answers requests to these routes, which use one, with an error: HTTPRoute media/a.",
    ]);
    const elsewhere = {
      ...live[0]!,
      spec: { ...(live[0]!.spec as object), parentRefs: [{ name: "external" }] },
    };
    assert.deepEqual(await problems({}, elsewhere), []);
  });

  const crd = (plural: string, versions: string[], labels = {}): KubeObject => ({
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.traefik.io`, labels },
    spec: { versions: versions.map((name) => ({ name, served: true })) },
  });
  const crds = [crd("middlewares", ["v1alpha1"]), crd("tlsoptions", ["v1alpha1"])];
  const own = { "edgefirst.dev/stack": "edge" };

  it("get definitions, unless another owner has installed them", async () => {
    const names = async (...live: KubeObject[]) =>
      (await ownDefinitions(crds, clusterHolding(...live), { stack: "edge" })).map(
        ({ metadata }) => metadata.name,
      );
    assert.deepEqual(await names(), ["middlewares.traefik.io", "tlsoptions.traefik.io"]);
    assert.deepEqual(await names(crd("middlewares", ["v1alpha1"], own)), [
      "middlewares.traefik.io",
      "tlsoptions.traefik.io",
    ]);
    assert.deepEqual(await names(crd("middlewares", ["v1alpha1"])), ["tlsoptions.traefik.io"]);
    const [first] = traefikDefinitionObjects({ crds, labels: own });
    assert.deepEqual(first?.metadata.labels, own);
  });

  it("report definitions of another owner that Traefik cannot watch", async () => {
    const check = (...live: KubeObject[]) => checkDefinitions(crds, clusterHolding(...live));
    assert.deepEqual(await check(crd("middlewares", ["v1alpha1", "v1"])), []);
    const [finding] = await check(crd("middlewares", ["v1beta1"]));
    assert.match(finding?.message ?? "", /do not serve .*: middlewares\.traefik\.io/);
  });
});
