import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { KubeClient } from "../../../../kube/kube-client.ts";
import type { KubeObject } from "../../../../kube/objects.ts";
import { Repository } from "../../../../tools/gitops/yaml/repository.ts";
import { asKubeObject } from "../../../../tools/lint/kube-object.ts";
import { buildClusters } from "../../../../tools/migrate/build.ts";
import { readOptions } from "../../../../tools/migrate/options.ts";
import { runStep } from "../../../../tools/migrate/run.ts";
import { sidecar } from "../../../../tools/migrate/steps/sidecar/step.ts";
import { findGatusSidecar } from "../../../../tools/sandbox/gatus-sidecar.ts";
import { waitUntil } from "../../../../tools/sandbox/processes.ts";
import { resolveProgram } from "../../../../tools/toolchain/resolve.ts";
import { freePort } from "../../../../tools/sandbox/ports.ts";
import { applyGatewayApi } from "../../../support/gateway-api.ts";
import { START_TIMEOUT_MS, useSandbox } from "../../../support/sandbox.ts";
import { temporaryDirectory } from "../../../support/temporary.ts";

const BEFORE = join(import.meta.dirname, "../../../fixtures/migrate/sidecar/app-template/before");

interface Values {
  readonly controllers: {
    readonly gatus: {
      readonly initContainers: Readonly<Record<string, { readonly args?: readonly string[] }>>;
    };
  };
}

/** Gatus's configuration for one process. */
class Running {
  readonly directory = temporaryDirectory("edgefirst-gatus-");
  readonly child: ChildProcess;
  readonly port: number;
  output = "";

  constructor(program: string, config: string, port: number, discovered: readonly object[] = []) {
    this.port = port;
    writeFileSync(join(this.directory, "config.yaml"), config);
    this.discover(discovered);
    this.child = spawn(program, {
      env: { ...process.env, GATUS_CONFIG_PATH: this.directory, WEB_PORT: String(port) },
    });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.on("data", (chunk: Buffer) => (this.output += chunk.toString()));
  }

  /** What gatus-sidecar writes. */
  discover(endpoints: readonly object[]): void {
    writeFileSync(join(this.directory, "gatus-sidecar.yaml"), stringify({ endpoints }));
  }

  async result(key: string): Promise<true> {
    const url = `http://127.0.0.1:${this.port}/api/v1/endpoints/${key}/statuses`;
    const isThere = async (): Promise<true | undefined> =>
      (await fetch(url).then(
        ({ status }) => status,
        () => 0,
      )) === 200
        ? true
        : undefined;
    return waitUntil(`a result of ${key}`, isThere, { timeoutMs: 30_000 });
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null) {
      this.child.kill();
      await once(this.child, "exit");
    }
  }
}

describe("migrate sidecar, checked by the real Gatus", function () {
  this.timeout(600_000);
  let gatus: string;
  let objects: { readonly before: readonly KubeObject[]; readonly after: readonly KubeObject[] };
  const running: Running[] = [];

  before(async () => {
    ({ path: gatus } = await resolveProgram("gatus", { progress: () => undefined }));
    const repository = new Repository(BEFORE);
    const clusters = buildClusters(repository);
    const context = { repository, clusters, selected: () => true, options: readOptions(repository) };
    const { proof } = runStep(sidecar, context);
    const plain = (built: typeof clusters): readonly KubeObject[] =>
      built.flatMap((cluster) => cluster.objects.map(({ object }) => asKubeObject(object)));
    objects = { before: plain(clusters), after: plain(proof.clusters) };
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((one) => one.stop()));
  });

  const configOf = (all: readonly KubeObject[]): string =>
    (
      all.find(({ metadata }) => metadata.name === "gatus-config") as unknown as {
        data: Record<string, string>;
      }
    ).data["config.yaml"] ?? "";

  async function start(config: string, discovered?: readonly object[]): Promise<Running> {
    const started = new Running(gatus, config, await freePort(), discovered);
    running.push(started);
    return started;
  }

  const endpoint = (name: string): object => ({
    name,
    url: `https://${name}.invalid`,
    interval: "1m",
    conditions: ["[STATUS] == 200"],
  });

  it("reads its configuration and what gatus-sidecar writes next to it", async () => {
    const found = await start(configOf(objects.after), [endpoint("wiki")]);
    await found.result("network_router");
    await found.result("_wiki");
    assert.doesNotMatch(found.output, /panic/);
  });

  it("survives endpoints with the same name, which stop it before the step", async () => {
    const [before, after] = [await start(configOf(objects.before)), await start(configOf(objects.after))];
    await Promise.all([before.result("network_router"), after.result("network_router")]);
    // Gatus compares modification times in whole seconds.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    for (const one of [before, after]) one.discover([endpoint("wiki"), endpoint("wiki")]);
    await waitUntil("Gatus to exit", () => Promise.resolve(before.child.exitCode ?? undefined), {
      timeoutMs: 90_000,
    });
    assert.notEqual(before.child.exitCode, 0);
    await waitUntil(
      "Gatus to report the invalid file",
      () => Promise.resolve(after.output.includes("name and group combination must be unique") || undefined),
      { timeoutMs: 90_000 },
    );
    assert.equal(after.child.exitCode, null);
  });

  describe("and by the real gatus-sidecar", function () {
    const program = findGatusSidecar();
    if (program === undefined) {
      it("did not run: EDGEFIRST_GATUS_SIDECAR names no gatus-sidecar", function () {
        console.log("    not run: EDGEFIRST_GATUS_SIDECAR names no gatus-sidecar");
        this.skip();
      });
      return;
    }
    const cluster = useSandbox("sidecar");

    before(async function () {
      this.timeout(START_TIMEOUT_MS);
      const client = new KubeClient({ kubeconfig: cluster.sandbox.kubeconfig, context: "sidecar" });
      await applyGatewayApi(client);
      await waitUntil(
        "the API server to serve HTTPRoutes",
        async () => ((await client.serves("gateway.networking.k8s.io/v1", "HTTPRoute")) ? true : undefined),
        { timeoutMs: 30_000 },
      );
      const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: "watch" } };
      const rights = objects.after.filter(({ kind }) => kind.startsWith("ClusterRole"));
      const routes = objects.after.filter(({ kind }) => kind === "HTTPRoute");
      assert.deepEqual([rights.length, routes.length], [2, 1]);
      for (const object of [namespace, ...rights, ...routes])
        await client.apply(object, { fieldManager: "test" });
    });

    /** Runs gatus-sidecar with the step's arguments as a ServiceAccount, until it has written a file or reported that it may not. */
    async function discoveredBy(
      account: string,
    ): Promise<{ readonly file: string; readonly output: string }> {
      const directory = temporaryDirectory("edgefirst-sidecar-");
      const kubeconfig = parse(readFileSync(cluster.sandbox.kubeconfig, "utf8")) as {
        users: { user: Record<string, unknown> }[];
      };
      for (const { user } of kubeconfig.users) user.as = `system:serviceaccount:watch:${account}`;
      writeFileSync(join(directory, "kubeconfig"), stringify(kubeconfig));
      const release = objects.after.find(({ kind }) => kind === "HelmRelease");
      const { values } = release?.spec as { values: Values };
      const args = values.controllers.gatus.initContainers["gatus-sidecar"]?.args ?? [];
      const file = join(directory, "gatus-sidecar.yaml");
      const child = spawn(program ?? "", [...args, `--output=${file}`], {
        env: { KUBECONFIG: join(directory, "kubeconfig") },
      });
      let output = "";
      for (const stream of [child.stdout, child.stderr])
        stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
      const read = (): string => {
        try {
          return readFileSync(file, "utf8");
        } catch {
          return "";
        }
      };
      try {
        await waitUntil(
          "gatus-sidecar's endpoints",
          () => Promise.resolve(read().includes("- name:") || /forbidden/i.test(output) || undefined),
          { timeoutMs: 60_000 },
        );
        return { file: read(), output };
      } finally {
        child.kill();
      }
    }

    it("writes the route's endpoint with the rights of the step, and Gatus reads it", async () => {
      const { file, output } = await discoveredBy("gatus");
      assert.doesNotMatch(output, /forbidden/i);
      const { endpoints } = parse(file) as { endpoints: readonly { name: string; url: string }[] };
      assert.deepEqual(
        endpoints.map(({ name, url }) => [name, url]),
        [["wiki", "https://wiki.example.com"]],
      );
      await (await start(configOf(objects.after), endpoints)).result("_wiki");
    });

    it("may not read routes without them", async () => {
      const { file, output } = await discoveredBy("another");
      assert.match(output, /forbidden/i);
      assert.ok(!file.includes("wiki"));
    });
  });
});
