import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { moveApp, type Move } from "../../../tools/cli/move-app.ts";
import { KubeClient } from "../../../kube/kube-client.ts";
import type { KubeObject } from "../../../kube/objects.ts";
import { treeOf } from "../../../tools/sandbox/process-tree.ts";
import { type HttpAnswer } from "../../../tools/sandbox/network/ask.ts";
import { findProcess, isAlive, waitUntil } from "../../../tools/sandbox/processes.ts";
import { type Answer } from "../../../tools/sandbox/served.ts";
import { ask, requireRealPods } from "../../support/real-pods.ts";
import { condition, isReady, kustomization } from "../../support/flux.ts";
import { commandOf, runningWith } from "../../support/running.ts";
import { discard, temporarySandboxDir } from "../../support/sandbox.ts";

const ROOT = join(import.meta.dirname, "../../..");
/** Two stacks in a row, on a machine that runs other tests. */
const START_MS = 400_000;
/** Shorter than the test's timeout, so that a failure shows the command's output. */
const COMMAND_MS = 300_000;
const WAIT = { timeoutMs: 90_000 };
const HOST = "whoami.haynesedge.com";
const LEGACY = "kubernetes/edge/apps/demo/legacy/app/legacy.yaml";
const PROGRAMS = [
  "traefik",
  "gatus",
  "source-controller",
  "kustomize-controller",
  "helm-controller",
] as const;

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The output of `start --json`. */
interface Started {
  readonly objects: readonly { stack: string; kind: string; object: string; health: { state: string } }[];
  readonly move: Required<Move>;
  readonly answers: readonly Answer[];
}

describe("the whole plan with the real Pulumi, Flux, Traefik and Gatus", function () {
  this.timeout(START_MS);
  const dir = temporarySandboxDir();
  const edge = join(dir, "clusters", "edge");
  let client: KubeClient;

  before(async function () {
    await requireRealPods(this, PROGRAMS);
    const { code, stderr } = await edgefirst("rollout", "--to", "edge", "--yes", "--dir", dir);
    assert.equal(code, 0, stderr);
    client = new KubeClient({ kubeconfig: join(dir, "kubeconfig"), context: "edge" });
  });
  after(async () => {
    await discard(dir);
  });

  const request = (path: string, host = HOST): Promise<HttpAnswer> => ask(edge, host, path);
  const answers = (status: number): Promise<unknown> =>
    waitUntil(`${HOST} to answer ${status}`, async () => (await request("/")).status === status, WAIT);

  /** Gatus's last result for an endpoint. */
  async function gatus(name: string): Promise<boolean | undefined> {
    const { body } = await request("/api/v1/endpoints/statuses", "status.haynesedge.com");
    const statuses = JSON.parse(body) as { name: string; results?: { success: boolean }[] }[];
    return statuses.find((status) => status.name === name)?.results?.at(-1)?.success;
  }

  /** A probe may fail on a busy machine, so a later result counts as well. */
  async function isSeen(name: string, healthy: boolean): Promise<void> {
    const what = `Gatus to report ${name} ${healthy ? "healthy" : "broken"}`;
    await waitUntil(what, async () => (await gatus(name)) === healthy, WAIT);
  }

  it("serves apps over plain HTTP, because the committed edge has no certificate", async () => {
    const { status, body } = await request("/");
    assert.equal(status, 200);
    assert.match(body, /x-forwarded-host/);
  });

  it("decrypts, substitutes and places children by nothing but the root's patches", async () => {
    const [encrypted] = readdirSync(join(dir, "sops"));
    assert.match(readFileSync(join(dir, "sops", encrypted!), "utf8"), /SECRET_DOMAIN: ENC\[AES256_GCM,/);
    const secret = (await client.get({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { namespace: "flux-apps", name: "cluster-secrets" },
    })) as { data?: Record<string, string> } | undefined;
    assert.equal(Buffer.from(secret?.data?.SECRET_DOMAIN ?? "", "base64").toString(), "haynesedge.com");
    await isReady(client, kustomization("flux-apps", "whoami"));
  });

  it("installs a chart of the local registry by chartRef", async () => {
    const release = {
      apiVersion: "helm.toolkit.fluxcd.io/v2",
      kind: "HelmRelease",
      metadata: { namespace: "demo", name: "greeter" },
    };
    const { status } = await isReady(client, release);
    const [latest] = (status as { history: { chartName: string; chartVersion: string; status: string }[] })
      .history;
    assert.deepEqual([latest?.chartName, latest?.status], ["greeter", "deployed"]);
  });

  it("shows healthy endpoints on Gatus's page and in its API", async () => {
    const { status, body } = await request("/", "status.haynesedge.com");
    assert.equal(status, 200);
    assert.match(body, /Gatus/);
    for (const name of ["whoami", "greeter", "gatus"]) await isSeen(name, true);
  });

  it("blocks main while an app on edge is broken and its endpoint red", async () => {
    await answers(200);
    assert.equal((await request("/become?health=503")).body, "503");
    await answers(503);
    await isSeen("whoami", false);
    const refused = await edgefirst("rollout", "--only", "main", "--yes", "--dir", dir);
    assert.equal(refused.code, 1, refused.stderr);
    assert.match(refused.stdout, /Gatus endpoint _whoami of HTTPRoute demo\/whoami: is down/);
    const main = new KubeClient({ kubeconfig: join(dir, "kubeconfig"), context: "main" });
    const names = (await main.list("v1", "Namespace")).map(({ metadata }) => metadata.name);
    main.close();
    assert.deepEqual(names.sort(), [
      "default",
      "flux-system",
      "kube-node-lease",
      "kube-public",
      "kube-system",
    ]);
  });

  it("passes edge again once the app is fixed", async () => {
    for (const { metadata } of await client.list("v1", "Pod", "demo"))
      if (metadata.name.startsWith("whoami")) await client.delete(pod(metadata.name));
    await answers(200);
    await isSeen("whoami", true);
    const verified = await edgefirst("verify", "edge", "--dir", dir);
    assert.equal(verified.code, 0, verified.stdout);
  });

  it("promotes edge, moves an app from its Ingress to a route, then promotes main; every app answers through its Traefik", async () => {
    assert.deepEqual(await ingresses(), ["legacy"]);
    const started = await edgefirst("start", "--dir", dir, "--json");
    assert.equal(started.code, 0, started.stderr);
    const { answers: found, objects, move } = JSON.parse(started.stdout) as Started;
    assert.deepEqual(move.files, [{ path: LEGACY, change: "changed" }]);
    assert.deepEqual([move.answers.before.status, move.answers.after.status], [404, 200]);
    assert.deepEqual(await ingresses(), []);
    assert.deepEqual(
      found.map(({ url, status }) => `${url} ${status}`),
      [
        "http://whoami.haynesedge.com/ 200",
        "http://greeter.haynesedge.com/ 200",
        "http://status.haynesedge.com/ 200",
        "http://legacy.haynesedge.com/ 200",
        "https://whoami.haynesops.com/ 200",
        "https://greeter.haynesops.com/ 200",
      ],
    );
    const unhealthy = objects.filter(({ health }) => !["healthy", "present"].includes(health.state));
    assert.deepEqual(unhealthy, []);
    assert.deepEqual([...new Set(objects.map(({ stack }) => stack))], ["edge", "main"]);
  });

  it("leaves the migrated app alone on another run", async () => {
    const { signal } = new AbortController();
    const kubeconfig = join(dir, "kubeconfig");
    const again = await moveApp({
      dir,
      kubeconfig,
      clusters: ["edge", "main"],
      progress: () => undefined,
      signal,
    });
    assert.deepEqual(again.files, []);
    assert.deepEqual([again.answers?.before.status, again.answers?.after.status], [200, 200]);
  });

  it("recovers from the death of any process", async () => {
    const killed: [string, () => number | undefined][] = [
      ["the app", () => pidInNetwork(/whoami\.mjs/)],
      ["Traefik", () => pidInNetwork(/^traefik /)],
      ["the agent", () => pidInNetwork(/\/long-running\.js \S+\/agent\/main\.ts /)],
      ["what keeps the private network", () => pidOf("agent")],
      ["the API server", () => pidOf("kube-apiserver")],
      ["kustomize-controller", () => pidOf("kustomize-controller")],
    ];
    for (const [what, find] of killed) {
      // A controller may exit when it loses its API server, and is restarted.
      const pid = await waitUntil(what, find, WAIT);
      process.kill(pid, "SIGKILL");
      await waitUntil(`another process for ${what}`, () => find() !== pid && find(), WAIT);
      await answers(200);
    }
    await waitUntil(
      "the API server to know whoami as ready",
      async () => {
        const pods = await client.list("v1", "Pod", "demo").catch(() => []);
        return pods.some(
          (live) => live.metadata.name.startsWith("whoami") && condition(live, "Ready") === "True",
        );
      },
      WAIT,
    );
  });

  it("leaves no process after down", async () => {
    client.close();
    assert.equal((await edgefirst("sandbox", "down", "--dir", dir)).code, 0);
    assert.deepEqual(runningWith(dir), []);
  });

  async function ingresses(): Promise<string[]> {
    const found = await client.list("networking.k8s.io/v1", "Ingress", "demo");
    return found.map(({ metadata }) => metadata.name);
  }

  /** The PID of a running process of edge, by its name. */
  function pidOf(name: string): number | undefined {
    const record = findProcess(edge, name);
    return record !== undefined && isAlive(record) ? record.pid : undefined;
  }

  /** The PID of a process in edge's private network, by its command line. */
  function pidInNetwork(command: RegExp): number | undefined {
    const keeper = pidOf("agent");
    return keeper === undefined ? undefined : treeOf(keeper).find((pid) => command.test(commandOf(pid)));
  }
});

function pod(name: string): KubeObject {
  return { apiVersion: "v1", kind: "Pod", metadata: { namespace: "demo", name } };
}

function edgefirst(...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { cwd: ROOT, maxBuffer: 1 << 26, timeout: COMMAND_MS };
    execFile(
      process.execPath,
      [join(ROOT, "tools/cli/main.ts"), ...args],
      options,
      (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr });
      },
    );
  });
}
