import assert from "node:assert/strict";
import { KubeClient } from "../../kube/kube-client.ts";
import { describeObject, type KubeObject } from "../../kube/objects.ts";
import { IMMUTABLE_FIELDS } from "../../tools/diff/dangers/immutable-fields.ts";
import { immutableChange } from "../../tools/diff/dangers/immutable.ts";
import { groupKindOf } from "../../tools/diff/kustomizations.ts";
import { useSandbox } from "../support/sandbox.ts";

type Fields = Readonly<Record<string, unknown>>;

const pod = (image = "a"): Fields => ({
  metadata: { labels: { app: "a", other: "b" } },
  spec: { containers: [{ name: "a", image }] },
});
const app = { matchLabels: { app: "a" } };
const other = { matchLabels: { app: "a", other: "b" } };
const template = (storage: string): Fields => ({
  metadata: { name: "data" },
  spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage } } },
});
const set = { selector: app, serviceName: "a", template: pod() };
const claim = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "2Gi" } } };
const job = { template: { spec: { restartPolicy: "Never", containers: [{ name: "a", image: "a" }] } } };
const port = { ports: [{ port: 80 }] };
const role = { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "view" };
const volume = {
  capacity: { storage: "1Gi" },
  accessModes: ["ReadWriteOnce"],
  hostPath: { path: "/a" },
};
const definition = (spec: Fields = {}): Fields => ({
  group: "example.com",
  scope: "Namespaced",
  names: { kind: "Thing", plural: "things" },
  versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object" } } }],
  ...spec,
});

/** `apiVersion Kind`; the object's fields before; those that an update replaces; one update per element. */
type Case = readonly [type: string, before: Fields, ...updates: Fields[]];

/** The updates of fields that are called immutable, and updates next to them that the API server accepts. */
const CASES: readonly Case[] = [
  [
    "apps/v1 Deployment",
    { spec: { selector: app, template: pod() } },
    { spec: { selector: other, template: pod() } },
    { spec: { selector: app, template: pod("b"), replicas: 2, strategy: { type: "Recreate" } } },
  ],
  [
    "apps/v1 Deployment",
    { spec: { selector: app, template: pod(), strategy: { rollingUpdate: { maxSurge: 1 } } } },
    { spec: { selector: app, template: pod(), strategy: { type: "Recreate" } } },
  ],
  [
    "apps/v1 Deployment",
    {
      spec: {
        selector: app,
        template: pod(),
        strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      },
    },
    { spec: { selector: app, template: pod(), strategy: { type: "Recreate" } } },
  ],
  [
    "apps/v1 Deployment",
    { spec: { selector: app, template: pod(), strategy: { type: "Recreate" } } },
    { spec: { selector: app, template: pod() } },
    { spec: { selector: app, template: pod(), strategy: { type: "RollingUpdate" } } },
  ],
  [
    "apps/v1 DaemonSet",
    { spec: { selector: app, template: pod() } },
    { spec: { selector: other, template: pod() } },
    { spec: { selector: app, template: pod("b") } },
  ],
  [
    "apps/v1 ReplicaSet",
    { spec: { selector: app, template: pod() } },
    { spec: { selector: other, template: pod() } },
    { spec: { selector: app, template: pod("b") } },
  ],
  [
    "apps/v1 StatefulSet",
    { spec: { ...set, volumeClaimTemplates: [template("1Gi")] } },
    { spec: { ...set, selector: other, volumeClaimTemplates: [template("1Gi")] } },
    { spec: { ...set, serviceName: "b", volumeClaimTemplates: [template("1Gi")] } },
    { spec: { ...set, podManagementPolicy: "Parallel", volumeClaimTemplates: [template("1Gi")] } },
    { spec: { ...set, podManagementPolicy: "OrderedReady", volumeClaimTemplates: [template("1Gi")] } },
    { spec: { ...set, volumeClaimTemplates: [template("2Gi")] } },
    { spec: set },
    {
      spec: {
        ...set,
        template: pod("b"),
        replicas: 3,
        minReadySeconds: 5,
        volumeClaimTemplates: [template("1Gi")],
      },
    },
  ],
  [
    "batch/v1 Job",
    { spec: job },
    { spec: { template: { spec: { restartPolicy: "Never", containers: [{ name: "a", image: "b" }] } } } },
    { spec: { ...job, completionMode: "Indexed", completions: 1 } },
    { spec: { ...job, completions: 3 } },
    {
      spec: {
        ...job,
        podFailurePolicy: {
          rules: [{ action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] }],
        },
      },
    },
    { spec: { ...job, completionMode: "NonIndexed" } },
    { spec: { ...job, parallelism: 2, backoffLimit: 1, ttlSecondsAfterFinished: 60, suspend: true } },
  ],
  [
    "batch/v1 CronJob",
    { spec: { schedule: "0 0 * * *", jobTemplate: { spec: job } } },
    { spec: { schedule: "1 0 * * *", jobTemplate: { spec: { ...job, completions: 2 } } } },
  ],
  [
    "v1 Service",
    { spec: port },
    { spec: { ...port, clusterIP: "None" } },
    { spec: { ...port, type: "NodePort" } },
    { spec: { ports: [{ port: 81 }], selector: { app: "b" } } },
    { spec: { type: "ExternalName", externalName: "example.com" } },
  ],
  ["v1 Service", { spec: { ...port, clusterIP: "None" } }, { spec: port }],
  [
    "v1 Service",
    { spec: { ...port, type: "LoadBalancer", loadBalancerClass: "example.com/a" } },
    { spec: { ...port, type: "LoadBalancer", loadBalancerClass: "example.com/b" } },
    { spec: port },
  ],
  [
    "v1 PersistentVolumeClaim",
    { spec: { ...claim, storageClassName: "slow" } },
    { spec: { ...claim, storageClassName: "fast" } },
    { spec: { ...claim, storageClassName: "slow", accessModes: ["ReadWriteMany"] } },
    { spec: { ...claim, storageClassName: "slow", volumeMode: "Block" } },
    { spec: { ...claim, storageClassName: "slow", volumeMode: "Filesystem" } },
    { spec: { ...claim, storageClassName: "slow", volumeName: "a" } },
    { spec: { ...claim, storageClassName: "slow", selector: app } },
    {
      spec: { ...claim, storageClassName: "slow", dataSource: { kind: "PersistentVolumeClaim", name: "b" } },
    },
    { spec: { ...claim, storageClassName: "slow", resources: { requests: { storage: "1Gi" } } } },
  ],
  [
    "v1 Secret",
    { type: "Opaque", data: { a: "YQ==" } },
    { type: "example.com/a", data: { a: "YQ==" } },
    { data: { a: "Yg==" } },
    { immutable: true, data: { a: "YQ==" } },
  ],
  [
    "v1 Secret",
    { immutable: true, data: { a: "YQ==" } },
    { immutable: true, data: { a: "Yg==" } },
    { data: { a: "YQ==" } },
  ],
  [
    "v1 ConfigMap",
    { immutable: true, data: { a: "a" } },
    { immutable: true, data: { a: "b" } },
    { immutable: false, data: { a: "a" } },
    { immutable: true, data: { a: "a" }, binaryData: { b: "YQ==" } },
  ],
  ["v1 ConfigMap", { data: { a: "a" } }, { data: { a: "b" } }, { immutable: true, data: { a: "b" } }],
  [
    "v1 ResourceQuota",
    { spec: { hard: { pods: "1" }, scopes: ["BestEffort"] } },
    { spec: { hard: { pods: "1" }, scopes: ["NotBestEffort"] } },
    { spec: { hard: { pods: "2" }, scopes: ["BestEffort"] } },
  ],
  [
    "v1 PersistentVolume",
    { spec: volume },
    { spec: { ...volume, hostPath: { path: "/b" } } },
    { spec: { ...volume, capacity: { storage: "2Gi" }, persistentVolumeReclaimPolicy: "Retain" } },
  ],
  [
    "storage.k8s.io/v1 StorageClass",
    { provisioner: "example.com/a", parameters: { a: "a" } },
    { provisioner: "example.com/b", parameters: { a: "a" } },
    { provisioner: "example.com/a", parameters: { a: "b" } },
    { provisioner: "example.com/a", parameters: { a: "a" }, reclaimPolicy: "Retain" },
    { provisioner: "example.com/a", parameters: { a: "a" }, volumeBindingMode: "WaitForFirstConsumer" },
    {
      provisioner: "example.com/a",
      parameters: { a: "a" },
      volumeBindingMode: "Immediate",
      reclaimPolicy: "Delete",
    },
    { provisioner: "example.com/a", parameters: { a: "a" }, allowVolumeExpansion: true },
  ],
  [
    "storage.k8s.io/v1 VolumeAttributesClass",
    { driverName: "example.com", parameters: { a: "a" } },
    { driverName: "example.com", parameters: { a: "b" } },
    { driverName: "example.org", parameters: { a: "a" } },
  ],
  [
    "rbac.authorization.k8s.io/v1 RoleBinding",
    { roleRef: role },
    { roleRef: { ...role, name: "edit" } },
    { roleRef: role, subjects: [{ kind: "User", name: "a", apiGroup: "rbac.authorization.k8s.io" }] },
  ],
  [
    "rbac.authorization.k8s.io/v1 ClusterRoleBinding",
    { roleRef: role },
    { roleRef: { ...role, name: "edit" } },
  ],
  [
    "networking.k8s.io/v1 IngressClass",
    { spec: { controller: "example.com/a" } },
    { spec: { controller: "example.com/b" } },
  ],
  [
    "networking.k8s.io/v1 Ingress",
    { spec: { ingressClassName: "a", defaultBackend: { service: { name: "a", port: { number: 1 } } } } },
    { spec: { ingressClassName: "b", defaultBackend: { service: { name: "b", port: { number: 2 } } } } },
  ],
  [
    "scheduling.k8s.io/v1 PriorityClass",
    { value: 1 },
    { value: 2 },
    { value: 1, preemptionPolicy: "Never" },
    { value: 1, preemptionPolicy: "PreemptLowerPriority" },
    { value: 1, description: "b" },
  ],
  ["node.k8s.io/v1 RuntimeClass", { handler: "a" }, { handler: "b" }],
  [
    "discovery.k8s.io/v1 EndpointSlice",
    { addressType: "IPv4", endpoints: [], ports: [] },
    { addressType: "FQDN", endpoints: [], ports: [] },
  ],
  [
    "policy/v1 PodDisruptionBudget",
    { spec: { selector: app, minAvailable: 1 } },
    { spec: { selector: other, maxUnavailable: 1 } },
  ],
  [
    "apiextensions.k8s.io/v1 CustomResourceDefinition",
    { spec: definition() },
    { spec: definition({ group: "example.org" }) },
    { spec: definition({ names: { kind: "Thing", plural: "others" } }) },
    { spec: definition({ names: { kind: "Thing", plural: "things", shortNames: ["th"] } }) },
  ],
];

const CLUSTER_SCOPED = /Class$|^PersistentVolume$|^ClusterRoleBinding$|^CustomResourceDefinition$/;
const NAMESPACE = "immutable-fields";

function objectOf(type: string, name: string, fields: Fields): KubeObject {
  const [apiVersion = "", kind = ""] = type.split(" ");
  const metadata = CLUSTER_SCOPED.test(kind) ? { name } : { name, namespace: NAMESPACE };
  return { apiVersion, kind, metadata, ...fields };
}

describe("edgefirst diff against a real API server", () => {
  const cluster = useSandbox("immutable");
  let client: KubeClient;
  before(async () => {
    client = new KubeClient({ kubeconfig: cluster.sandbox.kubeconfig, context: "immutable" });
    await client.apply(
      { apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } },
      { fieldManager: "flux" },
    );
  });

  for (const [index, [type, old, ...updates]] of CASES.entries())
    it(`refuses exactly the updates of a ${type} that the report calls refused (${index})`, async () => {
      const name = type.endsWith("CustomResourceDefinition") ? "things.example.com" : `case-${index}`;
      const current = objectOf(type, name, old);
      await client.apply(current, { fieldManager: "flux", force: true });
      for (const fields of updates) {
        const next = objectOf(type, name, fields);
        const predicted = [...immutableChange(current, next, undefined)].length > 0;
        const answer = await client.apply(next, { fieldManager: "flux", force: true, dryRun: true }).then(
          () => undefined,
          (error: unknown) => String(error),
        );
        const context = `${describeObject(next)} ${JSON.stringify(fields)}: ${answer ?? "accepted"}`;
        assert.equal(predicted, answer !== undefined, context);
      }
    });

  it("every kind in the table has a case, apart from those that need a definition of their own", () => {
    const tried = new Set(CASES.map(([type]) => groupKindOf(objectOf(type, "a", {}))));
    const untried = Object.keys(IMMUTABLE_FIELDS).filter((kind) => !tried.has(kind));
    assert.deepEqual(untried, ["gateway.networking.k8s.io/GatewayClass"]);
  });
});
