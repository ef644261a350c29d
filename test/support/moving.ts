import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import type { ObjectReference } from "../../cluster/client.ts";
import type { KubeObject } from "../../cluster/objects.ts";
import type { CheckReport } from "../../gitops/migrate/live/check.ts";
import { waitUntil } from "../../sandbox/processes.ts";
import { pushDirectory, startRegistry, type Registry } from "../../sandbox/registry.ts";
import { applyObjects, becomes, FLUX_TIMEOUT_MS, isReady, kustomization, startFluxCluster } from "./flux.ts";
import type { Sandbox } from "../../sandbox/sandbox.ts";
import type { KubeClient } from "../../cluster/kube-client.ts";

const ROOT = join(import.meta.dirname, "../..");

/** A repository of a test's own that the real Flux of a cluster follows, while a step of migrate takes it from phase to phase. */
export class MovingRepository {
  readonly dir: string;
  readonly client: KubeClient;
  readonly registry: Registry;
  /** The claim of the app, as Flux has brought it first. */
  readonly claim: KubeObject;
  readonly #step: string;
  readonly #options: object;
  readonly #kubeconfig: string;
  readonly #context: string;

  private constructor(
    at: { dir: string; client: KubeClient; registry: Registry; claim: KubeObject },
    run: { step: string; options: object; kubeconfig: string; context: string },
  ) {
    this.dir = at.dir;
    this.client = at.client;
    this.registry = at.registry;
    this.claim = at.claim;
    this.#step = run.step;
    this.#options = run.options;
    this.#kubeconfig = run.kubeconfig;
    this.#context = run.context;
  }

  /**
   * Starts Flux beside a cluster, and has it apply the fixture.
   * @param options of the step, beside its phases
   */
  static async follow(
    sandbox: Sandbox,
    context: string,
    step: string,
    options: object = {},
  ): Promise<MovingRepository> {
    const { client } = await startFluxCluster(sandbox, context);
    const registry = await startRegistry({ dir: sandbox.dir, progress: () => undefined });
    const dir = mkdtempSync(join(tmpdir(), "edgefirst-moving-"));
    cpSync(join(ROOT, "test/fixtures/moving"), dir, { recursive: true });
    const path = join(dir, "kubernetes/test/flux/cluster.yaml");
    writeFileSync(path, readFileSync(path, "utf8").replace("registry.example", registry.address));
    await pushDirectory(registry, "moving", "v1", dir);
    const bootstrap = parseAllDocuments(readFileSync(path, "utf8")).map(
      (document) => document.toJS() as KubeObject,
    );
    await applyObjects(client, bootstrap);
    await isReady(client, kustomization("flux-system", "player"));
    const claim = await becomes(client, claimNamed("player"), "bound", isBound);
    const { kubeconfig } = sandbox;
    return new MovingRepository({ dir, client, registry, claim }, { step, options, kubeconfig, context });
  }

  end(): void {
    this.client.close();
    rmSync(this.dir, { recursive: true });
  }

  /** Publishes the repository as it is; Flux looks every two seconds. */
  push(): Promise<string> {
    return pushDirectory(this.registry, "moving", "v1", this.dir);
  }

  /** Says in the repository how far it is to go, and writes that phase. */
  async write(phase: string): Promise<void> {
    mkdirSync(join(this.dir, ".edgefirst"), { recursive: true });
    const options = { [this.#step]: { ...this.#options, phases: { "kubernetes/test": phase } } };
    writeFileSync(join(this.dir, ".edgefirst/migrate.yaml"), JSON.stringify(options));
    const { code, output } = await this.#run("--write");
    assert.equal(code, 0, output);
    assert.match(output, /Proven: /);
  }

  /** What `--check` says of the live cluster. */
  async check(): Promise<CheckReport & { code: number }> {
    const live = ["--context", this.#context, "--cluster", "test", "--kubeconfig", this.#kubeconfig];
    const { code, output } = await this.#run("--check", "--json", ...live);
    assert.notEqual(code, 2, output);
    return { ...(JSON.parse(output) as CheckReport), code };
  }

  /** The report, once it is safe to go on. */
  async isSafe(phase: string): Promise<CheckReport> {
    let report: CheckReport | undefined;
    try {
      return await waitUntil(
        `--check to be safe in phase ${phase}`,
        async () => {
          report = await this.check();
          return report.safe ? report : undefined;
        },
        { timeoutMs: FLUX_TIMEOUT_MS / 3 },
      );
    } catch (cause) {
      throw new Error(JSON.stringify(report, undefined, 2), { cause });
    }
  }

  /** Fails unless the claim is the very same one, and nobody has asked for its deletion. */
  async survived(): Promise<void> {
    const { metadata } = await becomes(this.client, claimNamed("player"), "there", () => true);
    assert.equal(metadata.uid, this.claim.metadata.uid, "the claim is another one");
    assert.equal(metadata.deletionTimestamp, undefined, "the claim is being deleted");
  }

  #run(...args: string[]): Promise<{ code: number; output: string }> {
    return new Promise((resolve) => {
      const command = [join(ROOT, "cli/main.ts"), "migrate", this.#step, this.dir, ...args];
      execFile(process.execPath, command, (error, stdout, stderr) => {
        resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr });
      });
    });
  }
}

/** A claim of the fixture. */
export const claimNamed = (name: string): ObjectReference => ({
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { namespace: "media", name },
});

/** Whether a claim has its volume. */
export const isBound = ({ status }: KubeObject): boolean => (status as { phase?: string }).phase === "Bound";

/** Waits until the claim that nothing guards is gone. */
export async function isLost(client: KubeClient, name: string): Promise<void> {
  await waitUntil("the claim to be lost", async () => (await client.get(claimNamed(name))) === undefined, {
    timeoutMs: FLUX_TIMEOUT_MS / 3,
  });
}
