import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { openServices } from "../../../tools/sandbox/open.ts";
import { sandboxUp } from "../../../tools/sandbox/sandbox.ts";
import { findProcess, isAlive, waitUntil } from "../../../tools/sandbox/processes.ts";
import { childrenOf } from "../../../tools/sandbox/process-tree.ts";
import { type HttpAnswer } from "../../../tools/sandbox/network/ask.ts";
import { printedBy, useRealPods } from "../../support/real-pods.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

type Json = Record<string, unknown>;

interface PodObject {
  readonly metadata: { readonly name: string; readonly annotations?: Record<string, string> };
  readonly status: {
    readonly podIP?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly {
      readonly restartCount: number;
      readonly ready: boolean;
      readonly state: Json;
      readonly lastState: { readonly terminated?: { readonly exitCode: number } };
    }[];
  };
}

const WAIT = { timeoutMs: 25_000 };
const NAMESPACE = "real";
const CORE = `/api/v1/namespaces/${NAMESPACE}`;
const labels = { app: "who" };

describe("sandbox: pods as processes", function () {
  this.timeout(40_000);
  const cluster = useRealPods();
  const create = (path: string, body: Json): Promise<Json> => cluster.api.call("POST", path, { body });
  const pod = (name: string): Promise<PodObject | undefined> => cluster.api.find(`${CORE}/pods/${name}`);
  const pods = async (): Promise<PodObject[]> =>
    (await cluster.api.call<{ items: PodObject[] }>("GET", `${CORE}/pods?labelSelector=app%3Dwho`)).items;
  const isReady = (object: PodObject | undefined): boolean =>
    object?.status.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;
  const until = <T>(what: string, check: () => Promise<T | undefined | false>): Promise<T> =>
    waitUntil(what, check, WAIT);
  const whoami = (path: string, host = `who.${NAMESPACE}.svc.cluster.local`): Promise<HttpAnswer> =>
    cluster.get(host, path);

  const printed = (name: string): Promise<string> => printedBy(name, cluster.sandbox);

  before(async () => {
    await create("/api/v1/namespaces", { metadata: { name: NAMESPACE } });
    await until("the ServiceAccount", () => cluster.api.find(`${CORE}/serviceaccounts/default`));
    await create(`${CORE}/configmaps`, { metadata: { name: "config" }, data: { color: "blue" } });
    await create(`${CORE}/secrets`, {
      metadata: { name: "secret" },
      stringData: { password: "not-so-secret" },
    });
    await create(`${CORE}/services`, {
      metadata: { name: "who" },
      spec: { type: "LoadBalancer", selector: labels, ports: [{ port: 80, targetPort: "web" }] },
    });
    await create(`/apis/apps/v1/namespaces/${NAMESPACE}/deployments`, {
      metadata: { name: "who" },
      spec: {
        replicas: 2,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: podSpec() },
      },
    });
    await until("both pods to be ready", async () => (await pods()).filter(isReady).length === 2);
  });

  /** The agent in the private network. */
  function insidePid(): number {
    const record = findProcess(cluster.dir, "agent");
    assert.ok(record);
    assert.ok(isAlive(record));
    return childrenOf(childrenOf(record.pid)[0] ?? 0)[0] ?? 0;
  }

  it("gives each pod an address, so that both listen on the same port, and balances the Service between them", async () => {
    const names = new Set<unknown>();
    // The Service gets a ready pod's endpoint a moment later.
    await until("an answer of both", async () => {
      const { status, body } = await whoami("/api");
      if (status === 200) names.add((JSON.parse(body) as Json).name);
      return names.size === 2;
    });
    assert.deepEqual([...names].sort(), (await pods()).map(({ metadata }) => metadata.name).sort());
    const service = await cluster.api.call<{ status: { loadBalancer: { ingress: { ip: string }[] } } }>(
      "GET",
      `${CORE}/services/who`,
    );
    const address = service.status.loadBalancer.ingress[0]?.ip ?? "";
    assert.match(address, /^10\.98\./);
    assert.equal((await whoami("/", address)).status, 200);
  });

  it("gives containers their environment, user, volumes and token like a kubelet", async () => {
    const env = JSON.parse((await whoami("/env")).body) as Record<string, string>;
    assert.equal(env.GREETING, "hello not-so-secret of $(UNSET)");
    assert.equal(env.KUBERNETES_SERVICE_HOST, "10.96.0.1");
    assert.equal((JSON.parse((await whoami("/api")).body) as Json).user, 4321);
    assert.equal((await whoami("/file?path=/config/color")).body, "blue");
    // In a folder of the machine's programs, which stay available.
    assert.equal((await whoami("/file?path=/bin/color")).body, "blue");
    assert.equal((await whoami("/file?path=/bin/sh")).status, 200);
    assert.match(
      (await whoami("/file?path=/var/run/secrets/kubernetes.io/serviceaccount/token")).body,
      /^ey/,
    );
    assert.equal((await whoami(`/file?path=${cluster.sandbox.kubeconfig}`)).status, 404);
  });

  it("lets pods use their token at the API server's Service address", async () => {
    const { status, body } = await whoami("/kubernetes");
    assert.deepEqual([status, body], [200, `system:serviceaccount:${NAMESPACE}:default`]);
  });

  it("reports what is simulated in an annotation and in a condition", async () => {
    const [first] = await pods();
    assert.match(first?.metadata.annotations?.["edgefirst.dev/simulated"] ?? "", /fsGroup.*resources/);
    assert.ok(first?.status.conditions?.some(({ type }) => type === "edgefirst.dev/Simulated"));
  });

  it("shows a container's log", async () => {
    const [first] = await pods();
    assert.match(await printed(first?.metadata.name ?? ""), /listening on port 80\n/);
  });

  it("opens a Service on this machine", async () => {
    const opened = await openServices({
      dir: cluster.sandbox.dir,
      cluster: "edge",
      services: [`${NAMESPACE}/who`],
    });
    const response = await fetch(`http://127.0.0.1:${opened.ports[0]?.local ?? 0}/api`, {
      headers: { connection: "close" },
    });
    assert.equal(((await response.json()) as Json).user, 4321);
    opened.close();
  });

  it("updates a ConfigMap's files in running containers", async () => {
    await cluster.api.call("PATCH", `${CORE}/configmaps/config`, {
      body: { data: { color: "green" } },
      contentType: "application/merge-patch+json",
    });
    await until("the new color", async () => (await whoami("/file?path=/config/color")).body === "green");
  });

  it("removes a pod that fails its readiness probe from the Service, and restarts one that fails its liveness probe", async () => {
    const target = (await pods())[0];
    const address = target?.status.podIP ?? "";
    const restarts = async (): Promise<number> =>
      (await pod(target?.metadata.name ?? ""))?.status.containerStatuses?.[0]?.restartCount ?? 0;
    await cluster.get(address, "/become?health=500", { port: 8080 });
    await until("the pod not to be ready", async () => !isReady(await pod(target?.metadata.name ?? "")));
    await until("the restart", async () => (await restarts()) === 1);
    await until("the pod to be ready again", async () => isReady(await pod(target?.metadata.name ?? "")));
  });

  it("restarts an exited container at once the first time, then with a back-off", async () => {
    await create(`${CORE}/pods`, {
      metadata: { name: "crash" },
      spec: { containers: [{ name: "crash", image: "traefik/whoami", command: ["sh", "-c", "exit 7"] }] },
    });
    const status = await until("the back-off", async () => {
      const [container] = (await pod("crash"))?.status.containerStatuses ?? [];
      return (container?.state.waiting as Json | undefined)?.reason === "CrashLoopBackOff" && container;
    });
    assert.equal(status.restartCount, 1);
    assert.equal(status.lastState.terminated?.exitCode, 7);
  });

  it("runs init containers first, and completes pods according to their restart policy", async () => {
    const volumeMounts = [{ name: "shared", mountPath: "/shared" }];
    const image = "traefik/whoami";
    await create(`${CORE}/pods`, {
      metadata: { name: "once" },
      spec: {
        restartPolicy: "Never",
        volumes: [{ name: "shared", emptyDir: {} }],
        initContainers: [
          { name: "first", image, command: ["sh", "-c", "echo done > /shared/first"], volumeMounts },
        ],
        containers: [{ name: "once", image, command: ["grep", "done", "/shared/first"], volumeMounts }],
      },
    });
    await until(
      "the end",
      async () =>
        (await cluster.api.find<{ status: Json }>(`${CORE}/pods/once`))?.status.phase === "Succeeded",
    );
  });

  it("stops a pod within its grace period without a trace, and without affecting other pods", async () => {
    const agent = insidePid();
    const victim = (await pods())[0]?.metadata.name ?? "";
    await cluster.api.call("DELETE", `${CORE}/pods/${victim}`);
    await until("the deletion", async () => (await pod(victim)) === undefined);
    await until("another pod", async () => (await pods()).filter(isReady).length === 2);
    assert.equal(insidePid(), agent);
  });

  it("recovers from the death of the agent's private network", async () => {
    const inside = insidePid();
    const before = new Map((await pods()).map((object) => [object.metadata.name, object]));
    process.kill(inside, "SIGKILL");
    await until("the pods to be restarted", async () =>
      (await pods()).every(
        (object) =>
          isReady(object) &&
          (object.status.containerStatuses?.[0]?.restartCount ?? 0) >
            (before.get(object.metadata.name)?.status.containerStatuses?.[0]?.restartCount ?? 0),
      ),
    );
    await until("an answer", async () => (await whoami("/")).status === 200);
  });

  it("corrects a status that another writer has changed", async () => {
    const name = (await pods())[0]?.metadata.name ?? "";
    const body = { status: { conditions: [{ type: "Ready", status: "False" }] } };
    const contentType = "application/strategic-merge-patch+json";
    const written = await cluster.api.call<PodObject>("PATCH", `${CORE}/pods/${name}/status`, {
      body,
      contentType,
    });
    assert.equal(isReady(written), false);
    await until("the pod to be ready again", async () => isReady(await pod(name)));
  });

  it("runs an installed gatus-sidecar, even if it was installed after the agent's start", async () => {
    const folder = temporaryDirectory("edgefirst-sidecar-");
    try {
      const sidecar = join(folder, "gatus-sidecar");
      writeFileSync(sidecar, '#!/bin/sh\necho "sidecar with $*"\nexec sleep 600\n', { mode: 0o755 });
      process.env.EDGEFIRST_GATUS_SIDECAR = sidecar;
      const { dir } = cluster.sandbox;
      await sandboxUp({ dir, clusters: ["edge"], pods: "real", progress: () => undefined });
      const image = "ghcr.io/home-operations/gatus-sidecar:0.4.1";
      const spec = { containers: [{ name: "sidecar", image, args: ["--auto-httproute"] }] };
      await create(`${CORE}/pods`, { metadata: { name: "sidecar" }, spec });
      await until("the sidecar to run", async () => isReady(await pod("sidecar")));
      await until(
        "what it prints",
        async () => (await printed("sidecar")) === "sidecar with --auto-httproute\n",
      );
    } finally {
      delete process.env.EDGEFIRST_GATUS_SIDECAR;
    }
  });
});

/** Many fields that the runtime implements, and two that are only simulated. */
function podSpec(): Json {
  return {
    securityContext: {
      runAsUser: 4321,
      fsGroup: 7,
      sysctls: [{ name: "net.ipv4.ip_unprivileged_port_start", value: "0" }],
    },
    terminationGracePeriodSeconds: 5,
    containers: [
      {
        name: "who",
        image: "docker.io/traefik/whoami:v1.11.0",
        args: ["--port=80", "--control-port=8080"],
        env: [
          { name: "PASSWORD", valueFrom: { secretKeyRef: { name: "secret", key: "password" } } },
          { name: "GREETING", value: "hello $(PASSWORD) of $(UNSET)" },
          { name: "WHOAMI_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
        ],
        ports: [{ name: "web", containerPort: 80 }],
        readinessProbe: { httpGet: { path: "/health", port: "web" }, periodSeconds: 1, failureThreshold: 1 },
        livenessProbe: { httpGet: { path: "/health", port: "web" }, periodSeconds: 1, failureThreshold: 4 },
        resources: { limits: { memory: "64Mi" } },
        securityContext: { readOnlyRootFilesystem: true, allowPrivilegeEscalation: false },
        volumeMounts: [
          { name: "config", mountPath: "/config" },
          { name: "config", mountPath: "/bin/color", subPath: "color" },
        ],
      },
    ],
    volumes: [{ name: "config", configMap: { name: "config" } }],
  };
}
