import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";
import { Gatus, gatusObjects, type GatusArgs } from "../../../components/gatus/gatus.ts";
import { gatusRoute, type GatusPage } from "../../../components/gatus/page.ts";
import { loadPins } from "../../../config/pins.ts";
import { recordResources, resourceNamed, type RecordedResource } from "../../support/mocks.ts";
import { writeSecretFile } from "../../support/secret-file.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

const labels = { "edgefirst.dev/stack": "test" };
const PAGE: GatusPage = {
  hostname: "status.example.com",
  url: "https://status.example.com",
  gateway: { name: "external", namespace: "network", sectionName: "web" },
};
const args: GatusArgs = {
  install: true,
  namespace: "observability",
  labels,
  page: PAGE,
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
      assert.match(metadata.name, /^(edgefirst-)?gatus(-pushover|-scripts)?$/);
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

  it("rolls the pod when the base configuration or the endpoint defaults of a Gateway change, and only then", async () => {
    const checksum = async (overrides: Partial<GatusArgs>) =>
      deployment(await record(overrides)).template.metadata.annotations["edgefirst.dev/config-checksum"];
    const endpoint = { name: "a", url: "http://a", interval: "1m", conditions: ["[STATUS] == 200"] };
    assert.equal(await checksum({}), await checksum({ labels: { "edgefirst.dev/stack": "other" } }));
    assert.notEqual(await checksum({}), await checksum({ endpoints: [endpoint] }));
    const gateway = { name: "external", namespace: "network" };
    const defaults = { ...gateway, endpoint: { group: "external" } };
    assert.equal(await checksum({ gateways: [] }), await checksum({ gateways: [gateway] }));
    assert.notEqual(await checksum({ gateways: [gateway] }), await checksum({ gateways: [defaults] }));
    // Without gatus-sidecar, nothing reads the defaults.
    const discover = { httpRoutes: false, services: false };
    assert.equal(
      await checksum({ discover, gateways: [gateway] }),
      await checksum({ discover, gateways: [defaults] }),
    );
  });

  it("confines every container: no root, no capabilities, only volumes writable; with digests, requests and limits", async () => {
    const spec = pod(await record({ labelledConfigMaps: true }));
    assert.equal(spec.securityContext.runAsNonRoot, true);
    assert.deepEqual(spec.securityContext.seccompProfile, { type: "RuntimeDefault" });
    const containers = [...spec.initContainers, ...spec.containers];
    assert.equal(containers.length, 4);
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

  it("probes Gatus on /health, and k8s-sidecar and the filter on separate ports", async () => {
    const spec = pod(await record({ labelledConfigMaps: true }));
    const [gatus] = spec.containers;
    const [, labelled, filter] = spec.initContainers;
    assert.ok(gatus?.livenessProbe && gatus.readinessProbe && gatus.startupProbe);
    assert.ok(labelled?.livenessProbe && labelled.startupProbe);
    assert.ok(labelled.env.some(({ name, value }) => name === "HEALTH_PORT" && value === "8081"));
    assert.ok(filter?.livenessProbe && filter.startupProbe);
    assert.ok(filter.env.some(({ name, value }) => name === "PORT" && value === "8082"));
  });
});

describe("Gatus's sidecars", () => {
  it("are native sidecars whose files reach Gatus only through the filter", async () => {
    const spec = pod(await record({ labelledConfigMaps: true }));
    const [gatus] = spec.containers;
    assert.deepEqual(
      spec.initContainers.map(({ name, restartPolicy }) => [name, restartPolicy]),
      [
        ["gatus-sidecar", "Always"],
        ["k8s-sidecar", "Always"],
        ["endpoint-filter", "Always"],
      ],
    );
    const [discovery, labelled, filter] = spec.initContainers;
    const mounted = (container: Container | undefined) =>
      Object.fromEntries((container?.volumeMounts ?? []).map((mount) => [mount.name, mount]));
    const [output] = filter?.volumeMounts ?? [];
    assert.deepEqual(mounted(gatus).endpoints, { ...output, readOnly: true });
    const variable = (container: Container | undefined, wanted: string) =>
      container?.env.find(({ name }) => name === wanted)?.value ?? "";
    assert.ok(variable(filter, "OUTPUT").startsWith(`${variable(gatus, "GATUS_CONFIG_PATH")}/endpoints/`));
    for (const [writer, volume, path] of [
      [discovery, "discovered", variable(filter, "DISCOVERED")],
      [labelled, "fragments", variable(filter, "FRAGMENTS")],
    ] as const) {
      assert.ok(!(volume in mounted(gatus)), volume);
      const { mountPath } = mounted(writer)[volume] ?? assert.fail(volume);
      assert.ok(path.startsWith(mountPath), path);
      assert.deepEqual(mounted(filter)[volume], { name: volume, mountPath, readOnly: true });
    }
    assert.deepEqual(discovery?.args, ["--auto-httproute", `--output=${variable(filter, "DISCOVERED")}`]);
    assert.equal(variable(labelled, "FOLDER"), variable(filter, "FRAGMENTS"));
    assert.equal(new Set(spec.volumes.map(({ name }) => name)).size, spec.volumes.length);
  });

  it("are omitted, with RBAC rules and token, if nothing is discovered", async () => {
    const resources = await record({ discover: { httpRoutes: false, services: false } });
    assert.deepEqual(pod(resources).initContainers, []);
    assert.equal(pod(resources).automountServiceAccountToken, false);
    assert.ok(!children(resources).some(({ type }) => type.includes("ClusterRole")));
    assert.ok(!pod(resources).volumes.some(({ name }) => name === "token"));
  });

  it("have a token for the API server, and neither Gatus nor the filter has one", async () => {
    const spec = pod(await record({ labelledConfigMaps: true }));
    assert.equal(spec.automountServiceAccountToken, false);
    const token = spec.volumes.find(({ name }) => name === "token") as unknown as {
      projected: { sources: Record<string, { path?: string; expirationSeconds?: number }>[] };
    };
    assert.deepEqual(
      token.projected.sources.flatMap((source) => Object.keys(source)),
      ["serviceAccountToken", "configMap", "downwardAPI"],
    );
    assert.equal(token.projected.sources[0]?.serviceAccountToken?.expirationSeconds, 3607);
    const path = "/var/run/secrets/kubernetes.io/serviceaccount";
    const mounts = ({ volumeMounts }: Container) =>
      volumeMounts.filter(({ name, mountPath }) => name === "token" || mountPath.startsWith("/var/run"));
    for (const sidecar of spec.initContainers.slice(0, 2))
      assert.deepEqual(mounts(sidecar), [{ name: "token", mountPath: path, readOnly: true }]);
    for (const container of [...spec.initContainers.slice(2), ...spec.containers])
      assert.deepEqual(mounts(container), []);
  });

  it("read labelled ConfigMaps in named namespaces only, if configured so", async () => {
    const resources = await record({ labelledConfigMaps: { namespaces: ["media", "home"] } });
    const sidecar = pod(resources).initContainers.find(({ name }) => name === "k8s-sidecar");
    assert.equal(sidecar?.env.find(({ name }) => name === "NAMESPACE")?.value, "media,home");
    const role = resourceNamed(
      resources,
      "edgefirst-gatus",
      "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole",
    );
    assert.doesNotMatch(JSON.stringify(role.inputs.rules), /configmaps/);
    for (const namespace of ["media", "home"]) {
      const own = resourceNamed(
        resources,
        `${namespace}/edgefirst-gatus`,
        "kubernetes:rbac.authorization.k8s.io/v1:Role",
      );
      assert.deepEqual(own.inputs.rules, [
        { apiGroups: [""], resources: ["configmaps"], verbs: ["get", "list", "watch"] },
      ]);
      const binding = resourceNamed(
        resources,
        `${namespace}/edgefirst-gatus`,
        "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding",
      );
      assert.deepEqual(binding.inputs.subjects, [
        { kind: "ServiceAccount", name: "gatus", namespace: "observability" },
      ]);
    }
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

  it("in Postgres takes the URL from a file that a container writes before Gatus starts", async () => {
    const resources = await record({ storage: { type: "postgres", secret: "db", key: "uri" } });
    const spec = pod(resources);
    const writer = spec.initContainers.at(-1) as Container & { command: string[] };
    assert.equal(writer.name, "storage-url");
    assert.equal(writer.restartPolicy, undefined);
    assert.deepEqual(writer.command.slice(4), ["/run/database", "/config/storage/storage.yaml"]);
    const [gatus] = spec.containers;
    const mounted = gatus?.volumeMounts.map(({ name }) => name) ?? [];
    assert.ok(mounted.includes("storage") && !mounted.includes("database"), mounted.join());
  });

  it("in Postgres shows the URL in no variable that Gatus would expand in an annotation", async () => {
    const resources = await record({
      storage: { type: "postgres", secret: "db", key: "uri" },
      pushover: { token: "t".repeat(30), userKey: "u".repeat(30) },
    });
    const [gatus] = pod(resources).containers;
    for (const variable of gatus?.env ?? [])
      assert.deepEqual(Object.keys(variable).sort(), ["name", "value"]);
    assert.deepEqual(
      gatus?.env.map(({ name }) => name),
      ["GATUS_CONFIG_PATH", "GATUS_DELAY_START_SECONDS"],
    );
  });

  // The sidecar's image has Python; this machine may not.
  const hasPython = spawnSync("python3", ["--version"]).status === 0;
  (hasPython ? it : () => undefined)("in Postgres gets any URL unchanged", async () => {
    const resources = await record({ storage: { type: "postgres", secret: "db", key: "uri" } });
    const writer = pod(resources).initContainers.at(-1) as Container & { command: string[] };
    const dir = temporaryDirectory("edgefirst-storage-");
    const url = "postgres://gatus:p$a${HOME}\"'\\ö@db:5432/gatus?sslmode=disable";
    writeSecretFile(writer, { uri: `${url}\n` }, join(dir, "storage.yaml"));
    const { storage } = parse(readFileSync(join(dir, "storage.yaml"), "utf8")) as {
      storage: { path: string };
    };
    // Gatus turns $$ into $.
    assert.equal(storage.path.replaceAll("$$", "$"), url);
    assert.doesNotMatch(storage.path.replaceAll("$$", ""), /\$/);
  });
});

describe("Gatus's login", () => {
  const secretOf = async (login: GatusArgs["login"]) => {
    const resources = await record({ login });
    const secret = resourceNamed(resources, "observability/gatus-login", "kubernetes:core/v1:Secret");
    const { "login.yaml": file = "" } = secret.inputs.stringData as Record<string, string>;
    return { resources, security: (parse(file) as { security: unknown }).security };
  };

  it("is a Secret that Gatus reads as part of its configuration", async () => {
    const { resources, security } = await secretOf({
      basic: { username: "ann" },
      passwordHash: pulumi.secret("JDJhJDEw"),
    });
    assert.deepEqual(security, { basic: { username: "ann", "password-bcrypt-base64": "JDJhJDEw" } });
    const [gatus] = pod(resources).containers;
    assert.deepEqual(
      gatus?.volumeMounts.find(({ name }) => name === "login"),
      { name: "login", mountPath: "/config/login", readOnly: true },
    );
  });

  it("returns from OpenID Connect to the page, with a secret that is not expanded", async () => {
    const oidc = {
      issuerUrl: "https://id.example.com",
      clientId: "gatus",
      scopes: ["openid"],
      allowedSubjects: ["ann@example.com"],
    };
    const clientSecret = pulumi.secret("a$HOME");
    const { security } = await secretOf({ oidc, clientSecret, page: PAGE.url });
    assert.deepEqual(security, {
      oidc: {
        "issuer-url": "https://id.example.com",
        "redirect-url": "https://status.example.com/authorization-code/callback",
        "client-id": "gatus",
        "client-secret": "a$$HOME",
        scopes: ["openid"],
        "allowed-subjects": ["ann@example.com"],
      },
    });
  });

  it("from an existing Secret is in a file that a container writes before Gatus starts, and in no object", async () => {
    const resources = await record({ login: { basic: { username: "ann" }, secret: "status", key: "hash" } });
    assert.ok(!resources.some(({ inputs }) => inputs.kind === "Secret"));
    const { initContainers, containers, volumes } = pod(resources);
    const writer = initContainers.at(-1) as Container & { command: string[] };
    assert.equal(writer.name, "login-secret");
    assert.match(writer.command[3] ?? "", /"password-bcrypt-base64":\{"key":"hash"\}/);
    assert.deepEqual(writer.command.slice(4), ["/run/login-secret", "/config/login/login.yaml"]);
    assert.deepEqual(
      volumes.find(({ name }) => name === "login-secret"),
      { name: "login-secret", secret: { secretName: "status", defaultMode: 0o440 } },
    );
    const mounted = containers[0]?.volumeMounts.map(({ name }) => name) ?? [];
    assert.ok(mounted.includes("login") && !mounted.includes("login-secret"), mounted.join());
  });

  it("is off by default, and so is the NetworkPolicy", async () => {
    const names = children(await record()).map(({ name, type }) => `${type.split(":").at(-1) ?? ""} ${name}`);
    assert.ok(!names.some((name) => /gatus-login|NetworkPolicy/.test(name)), names.join());
    const policy = resourceNamed(
      await record({ networkPolicy: true }),
      "observability/gatus",
      "kubernetes:networking.k8s.io/v1:NetworkPolicy",
    );
    assert.deepEqual((policy.inputs.spec as { ingress: object }).ingress, [
      { ports: [{ port: "http", protocol: "TCP" }] },
    ]);
  });
});

describe("Gatus's page and alerts", () => {
  it("publish the page and its API, and no metrics in any spelling", () => {
    const { spec } = gatusRoute(PAGE, "observability", 80);
    const [rule, ...more] = (spec as { rules: { matches: { path: { type: string; value: string } }[] }[] })
      .rules;
    assert.deepEqual(more, []);
    const paths = rule?.matches.map(({ path }) => path) ?? [];
    const served = (url: string) =>
      paths.some(
        ({ type, value }) => url === value || (type === "PathPrefix" && url.startsWith(`${value}/`)),
      );
    for (const url of [
      "/",
      "/api/v1/endpoints/statuses",
      "/endpoints/media_app",
      "/js/app.js",
      "/favicon.ico",
      "/health",
    ])
      assert.ok(served(url), url);
    for (const url of ["/metrics", "/Metrics", "/METRICS/", "//metrics", "/index.html"])
      assert.ok(!served(url), url);
    // gatus-sidecar probes the first path.
    assert.deepEqual(paths[0], { type: "Exact", value: "/" });
  });

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
    const { rules } = route.inputs.spec as { rules: { matches?: unknown }[] };
    const matches = rules[0]?.matches;
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
      rules: [{ matches, backendRefs: [{ name: "gatus", port: 80 }] }],
    });
    assert.ok(matches);
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

  it("declare no Secret for Pushover if there is one, and mount it only where its file is written", async () => {
    const resources = await record({ pushover: { secret: "notify", token: "APP", userKey: "USER" } });
    assert.ok(!children(resources).some(({ type }) => type === "kubernetes:core/v1:Secret"));
    const { initContainers, containers, volumes } = pod(resources);
    const mounting = (volume: string) =>
      [...initContainers, ...containers]
        .filter(({ volumeMounts }) => volumeMounts.some(({ name }) => name === volume))
        .map(({ name }) => name);
    assert.deepEqual(mounting("pushover-keys"), ["pushover-keys"]);
    assert.deepEqual(mounting("pushover"), ["pushover-keys", "gatus"]);
    const volume = (name: string) => volumes.find((each) => each.name === name);
    assert.deepEqual(volume("pushover"), { name: "pushover", emptyDir: { medium: "Memory" } });
    assert.deepEqual(volume("pushover-keys"), {
      name: "pushover-keys",
      secret: { secretName: "notify", defaultMode: 0o440 },
    });
  });
});
