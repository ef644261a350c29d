import assert from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";
import { Gatus, gatusObjects, type GatusArgs } from "../../../components/gatus/gatus.ts";
import { loadPins } from "../../../config/pins.ts";
import { recordResources, resourceNamed, type RecordedResource } from "../../support/mocks.ts";

const labels = { "edgefirst.dev/stack": "test" };
const args: GatusArgs = {
  install: true,
  namespace: "observability",
  labels,
  page: {
    hostname: "status.example.com",
    url: "https://status.example.com",
    gateway: { name: "external", namespace: "network", sectionName: "web" },
  },
  endpoints: [],
  storage: { type: "memory" },
  discover: { httpRoutes: true, services: false },
  labelledConfigMaps: false,
  images: loadPins().images,
  gateways: [],
};
const token = "t".repeat(30);
const userKey = "u".repeat(30);

async function record(overrides: Partial<GatusArgs> = {}): Promise<RecordedResource[]> {
  return recordResources(
    () => {
      const provider = new k8s.Provider("cluster", { kubeconfig: "{}" });
      new Gatus("gatus", { ...args, ...overrides }, { provider });
    },
    { preview: true },
  );
}

interface Container {
  name: string;
  image: string;
  restartPolicy?: string;
  args?: string[];
  env: { name: string; value?: string; valueFrom?: unknown }[];
  volumeMounts: { name: string; mountPath: string; readOnly?: boolean }[];
  securityContext: unknown;
  resources: { requests: object; limits: object };
  livenessProbe?: unknown;
  readinessProbe?: unknown;
  startupProbe?: unknown;
}
interface DeploymentSpec {
  replicas: number;
  strategy: { type: string };
  selector: { matchLabels: Record<string, string> };
  template: {
    metadata: { labels: Record<string, string>; annotations: Record<string, string> };
    spec: {
      automountServiceAccountToken: boolean;
      initContainers: Container[];
      containers: Container[];
      volumes: { name: string }[];
      securityContext: Record<string, unknown>;
    };
  };
}

const deployment = (resources: readonly RecordedResource[]): DeploymentSpec =>
  resourceNamed(resources, "observability/gatus", "kubernetes:apps/v1:Deployment").inputs
    .spec as DeploymentSpec;
const pod = (resources: readonly RecordedResource[]) => deployment(resources).template.spec;
const children = (resources: readonly RecordedResource[]) =>
  resources.filter(({ options, type }) => options.custom && !type.startsWith("pulumi:providers:"));

describe("the component Gatus", () => {
  it("declares children on the cluster's provider, with literal names and labels and no unknowns", async () => {
    const resources = await record({
      storage: { type: "sqlite", size: "1Gi" },
      labelledConfigMaps: true,
      pushover: { token: pulumi.secret(token), userKey: pulumi.secret(userKey) },
    });
    const component = resourceNamed(resources, "gatus", "edgefirst:platform:Gatus");
    const provider = resourceNamed(resources, "cluster");
    assert.deepEqual(
      children(resources)
        .map(({ type }) => type.split(":").at(-1))
        .sort(),
      [
        "ClusterRole",
        "ClusterRoleBinding",
        "ConfigMap",
        "Deployment",
        "HTTPRoute",
        "PersistentVolumeClaim",
        "Secret",
        "Service",
        "ServiceAccount",
      ],
    );
    for (const child of children(resources)) {
      const metadata = child.inputs.metadata as { name: string; labels: Record<string, string> };
      assert.equal(child.parent, component.urn);
      assert.ok(child.provider?.startsWith(`${provider.urn}::`), child.type);
      assert.deepEqual(child.unknowns, [], child.type);
      assert.match(metadata.name, /^(edgefirst-)?gatus(-pushover)?$/);
      assert.equal(metadata.labels["edgefirst.dev/stack"], "test", child.type);
    }
  });

  it("declares exactly the objects that the preflight check sees", async () => {
    const resources = await record({ labelledConfigMaps: true });
    const identity = (object: { kind: unknown; metadata: { name: string } }) =>
      `${String(object.kind)} ${object.metadata.name}`;
    assert.deepEqual(
      children(resources)
        .map(({ inputs }) => identity(inputs as Parameters<typeof identity>[0]))
        .sort(),
      gatusObjects({ ...args, labelledConfigMaps: true })
        .map(identity)
        .sort(),
    );
  });

  it("declares nothing if Gatus has another owner", async () => {
    assert.deepEqual(children(await record({ install: false })), []);
  });

  it("puts no stack label on the pods, which the program does not declare", async () => {
    const { template, selector } = deployment(await record());
    assert.deepEqual(template.metadata.labels, selector.matchLabels);
    assert.equal(template.metadata.labels["edgefirst.dev/stack"], undefined);
  });

  it("updates the Deployment only after everything that it mounts", async () => {
    const resources = await record();
    const { options } = resourceNamed(resources, "observability/gatus", "kubernetes:apps/v1:Deployment");
    for (const type of ["kubernetes:core/v1:ConfigMap", "kubernetes:core/v1:ServiceAccount"])
      assert.ok(
        options.dependencies.includes(resourceNamed(resources, "observability/gatus", type).urn),
        type,
      );
  });

  it("rolls the pod when the base configuration changes, and only then", async () => {
    const checksum = async (overrides: Partial<GatusArgs>) =>
      deployment(await record(overrides)).template.metadata.annotations["edgefirst.dev/config-checksum"];
    const endpoint = { name: "a", url: "http://a", interval: "1m", conditions: ["[STATUS] == 200"] };
    assert.equal(await checksum({}), await checksum({ labels: { "edgefirst.dev/stack": "other" } }));
    assert.notEqual(await checksum({}), await checksum({ endpoints: [endpoint] }));
  });

  it("confines both containers: no root, no capabilities, only volumes writable; with digests, requests and limits", async () => {
    const spec = pod(await record({ labelledConfigMaps: true }));
    assert.equal(spec.securityContext.runAsNonRoot, true);
    assert.deepEqual(spec.securityContext.seccompProfile, { type: "RuntimeDefault" });
    const containers = [...spec.initContainers, ...spec.containers];
    assert.equal(containers.length, 3);
    for (const container of containers) {
      assert.deepEqual(container.securityContext, {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      });
      assert.match(container.image, /:[^@]+@sha256:[0-9a-f]{64}$/);
      assert.ok("cpu" in container.resources.requests && "memory" in container.resources.limits);
    }
  });

  it("probes Gatus on /health, and k8s-sidecar on a separate port", async () => {
    const spec = pod(await record({ labelledConfigMaps: true }));
    const [gatus] = spec.containers;
    const labelled = spec.initContainers.find(({ name }) => name === "k8s-sidecar");
    assert.ok(gatus?.livenessProbe && gatus.readinessProbe && gatus.startupProbe);
    assert.ok(labelled?.livenessProbe && labelled.startupProbe);
    assert.ok(labelled.env.some(({ name, value }) => name === "HEALTH_PORT" && value === "8081"));
  });
});

describe("Gatus's sidecars", () => {
  it("are native sidecars and write where Gatus reads, each into a separate folder", async () => {
    const spec = pod(await record({ labelledConfigMaps: true }));
    const [gatus] = spec.containers;
    const configPath = gatus?.env.find(({ name }) => name === "GATUS_CONFIG_PATH")?.value;
    assert.deepEqual(
      spec.initContainers.map(({ name }) => name),
      ["gatus-sidecar", "k8s-sidecar"],
    );
    for (const { restartPolicy, volumeMounts } of spec.initContainers) {
      assert.equal(restartPolicy, "Always");
      const [mount] = volumeMounts;
      assert.ok(mount);
      assert.ok(mount.mountPath.startsWith(`${configPath ?? ""}/`));
      assert.deepEqual(
        gatus?.volumeMounts.find(({ name }) => name === mount.name),
        { ...mount, readOnly: true },
      );
    }
    assert.deepEqual(spec.initContainers[0]?.args, [
      "--auto-httproute",
      "--output=/config/discovered/gatus-sidecar.yaml",
    ]);
    assert.equal(new Set(spec.volumes.map(({ name }) => name)).size, spec.volumes.length);
  });

  it("are omitted, with RBAC rules and token, if nothing is discovered", async () => {
    const resources = await record({ discover: { httpRoutes: false, services: false } });
    assert.deepEqual(pod(resources).initContainers, []);
    assert.equal(pod(resources).automountServiceAccountToken, false);
    assert.ok(!children(resources).some(({ type }) => type.includes("ClusterRole")));
  });

  it("may read ConfigMaps only if labelled ones are enabled", async () => {
    const rules = async (labelledConfigMaps: boolean) => {
      const role = resourceNamed(await record({ labelledConfigMaps }), "edgefirst-gatus", ROLE);
      return (role.inputs.rules as { resources: string[] }[]).flatMap(({ resources }) => resources);
    };
    const ROLE = "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole";
    assert.deepEqual(await rules(false), ["httproutes", "gateways"]);
    assert.deepEqual(await rules(true), ["httproutes", "gateways", "configmaps"]);
  });
});

describe("Gatus's storage", () => {
  it("in memory needs no claim and rolls without downtime", async () => {
    const resources = await record();
    assert.equal(deployment(resources).strategy.type, "RollingUpdate");
    assert.ok(!children(resources).some(({ type }) => type.endsWith("PersistentVolumeClaim")));
  });

  it("in SQLite is on a claim that outlives the stack, mounted by one pod at a time", async () => {
    const resources = await record({ storage: { type: "sqlite", size: "2Gi", storageClass: "fast" } });
    const claim = resourceNamed(resources, "observability/gatus", "kubernetes:core/v1:PersistentVolumeClaim");
    assert.equal(claim.options.retainOnDelete, true);
    assert.deepEqual(claim.inputs.spec, {
      accessModes: ["ReadWriteOnce"],
      resources: { requests: { storage: "2Gi" } },
      storageClassName: "fast",
    });
    assert.equal(deployment(resources).strategy.type, "Recreate");
    assert.deepEqual(
      pod(resources).containers[0]?.volumeMounts.find(({ name }) => name === "data"),
      { name: "data", mountPath: "/data" },
    );
  });

  it("in Postgres takes the URL from the Secret", async () => {
    const resources = await record({ storage: { type: "postgres", secret: "db", key: "uri" } });
    assert.deepEqual(
      pod(resources).containers[0]?.env.find(({ name }) => name === "STORAGE_URL")?.valueFrom,
      { secretKeyRef: { name: "db", key: "uri" } },
    );
  });
});

describe("Gatus's page and alerts", () => {
  it("have a monitored route to the Service on the configured Gateway", async () => {
    const route = resourceNamed(
      await record({
        page: {
          hostname: "status.example.com",
          url: "https://status.example.com",
          gateway: { name: "external", namespace: "network", sectionName: "websecure" },
        },
      }),
      "observability/gatus",
      "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute",
    );
    const { annotations } = route.inputs.metadata as { annotations: Record<string, string> };
    assert.equal(annotations["gatus.home-operations.com/enabled"], "true");
    assert.deepEqual(route.inputs.spec, {
      parentRefs: [
        {
          group: "gateway.networking.k8s.io",
          kind: "Gateway",
          name: "external",
          namespace: "network",
          sectionName: "websecure",
        },
      ],
      hostnames: ["status.example.com"],
      rules: [{ backendRefs: [{ name: "gatus", port: 80 }] }],
    });
  });

  it("are probed at their real URL, since gatus-sidecar would use https on port 443", async () => {
    const gateway = { name: "external", namespace: "network", sectionName: "web" };
    const page = { hostname: "status.example.com", url: "http://status.example.com:8080", gateway };
    const route = resourceNamed(
      await record({ page }),
      "observability/gatus",
      "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute",
    );
    const { annotations } = route.inputs.metadata as { annotations: Record<string, string> };
    assert.deepEqual(parse(annotations["gatus.home-operations.com/endpoint"] ?? ""), { url: page.url });
  });

  it("have no route without a hostname", async () => {
    assert.ok(!children(await record({ page: undefined })).some(({ type }) => type.includes("HTTPRoute")));
  });

  it("read the Pushover token from a Secret only", async () => {
    const resources = await record({
      pushover: { token: pulumi.secret(token), userKey: pulumi.secret(userKey) },
    });
    const secret = resourceNamed(resources, "observability/gatus-pushover");
    const { "pushover.yaml": file } = secret.inputs.stringData as Record<string, string>;
    assert.ok(secret.secrets.some((path) => path.startsWith("stringData")));
    assert.deepEqual(
      (parse(file ?? "") as { alerting: { pushover: Record<string, unknown> } }).alerting.pushover,
      {
        "application-token": token,
        "user-key": userKey,
        "default-alert": {
          description: "health check failed",
          "failure-threshold": 3,
          "success-threshold": 2,
          "send-on-resolved": true,
        },
      },
    );
    const others = children(resources).filter(({ name }) => name !== secret.name);
    assert.ok(!JSON.stringify(others).includes(token));
  });
});
