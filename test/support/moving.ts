import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import type { KubeObject } from "../../kube/objects.ts";
import type { CheckReport } from "../../tools/migrate/live/check.ts";
import { waitUntil } from "../../tools/sandbox/processes.ts";
import {
  applyObjects,
  assertClaimSurvived,
  becomes,
  claimNamed,
  FLUX_TIMEOUT_MS,
  isBound,
  isReady,
  kustomization,
  startFluxCluster,
} from "./flux.ts";
import { GitRepository } from "./git.ts";
import { serveGit, type GitServer } from "./git-server.ts";
import type { Sandbox } from "../../tools/sandbox/sandbox.ts";
import type { KubeClient } from "../../kube/kube-client.ts";

const ROOT = join(import.meta.dirname, "../..");

/** Arguments of {@link MovingRepository.follow}. */
export interface FollowArgs {
  readonly sandbox: Sandbox;
  /** The cluster's client. */
  readonly context: string;
  /** The migrate step. */
  readonly step: string;
  /** The step's options, without its phases. */
  readonly options?: object;
}

/** A test's git repository, which a cluster's real Flux follows while a migrate step takes it from phase to phase. */
export class MovingRepository {
  readonly client: KubeClient;
  /** The app's claim, as first applied by Flux. */
  readonly claim: KubeObject;
  readonly #repository: GitRepository;
  readonly #server: GitServer;
  readonly #args: FollowArgs;

  private constructor(
    args: FollowArgs,
    repository: GitRepository,
    server: GitServer,
    client: KubeClient,
    claim: KubeObject,
  ) {
    this.client = client;
    this.claim = claim;
    this.#repository = repository;
    this.#server = server;
    this.#args = args;
  }

  /** Starts Flux for a cluster, and makes it apply the fixture. */
  static async follow(args: FollowArgs): Promise<MovingRepository> {
    const { client } = await startFluxCluster(args.sandbox, args.context);
    const repository = new GitRepository();
    cpSync(join(ROOT, "test/fixtures/moving"), repository.dir, { recursive: true });
    const server = await serveGit(repository);
    const path = "kubernetes/test/flux/cluster.yaml";
    const cluster = readFileSync(join(repository.dir, path), "utf8").replace(
      "https://git.example/moving",
      server.url,
    );
    repository.commit({ [path]: cluster });
    await applyObjects(
      client,
      parseAllDocuments(cluster).map((document) => document.toJS() as KubeObject),
    );
    await isReady(client, kustomization("flux-system", "player"));
    const claim = await becomes(client, claimNamed("player"), "bound", isBound);
    return new MovingRepository(args, repository, server, client, claim);
  }

  /** The working copy. */
  get dir(): string {
    return this.#repository.dir;
  }

  /** The bare repository that Flux clones. */
  get url(): string {
    return this.#server.url;
  }

  end(): void {
    this.client.close();
    this.#server.close();
  }

  /** Commits the working copy in its current state; Flux polls every two seconds. */
  push(): void {
    this.#repository.commit({});
  }

  /** Sets the target phase in the repository, and writes that phase. */
  async write(phase: string): Promise<void> {
    mkdirSync(join(this.dir, ".edgefirst"), { recursive: true });
    const { step, options } = this.#args;
    const written = { [step]: { ...options, phases: { "kubernetes/test": phase } } };
    writeFileSync(join(this.dir, ".edgefirst/migrate.yaml"), JSON.stringify(written));
    const { code, output } = await this.#run("--write");
    assert.equal(code, 0, output);
    assert.match(output, /Proven: /);
  }

  /** The result of `--check` on the live cluster. */
  async check(): Promise<CheckReport & { code: number }> {
    const { context, sandbox } = this.#args;
    const live = ["--context", context, "--cluster", "test", "--kubeconfig", sandbox.kubeconfig];
    const { code, output } = await this.#run("--check", "--json", ...live);
    assert.notEqual(code, 2, output);
    return { ...(JSON.parse(output) as CheckReport), code };
  }

  /** The report, once it is safe to continue. */
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

  /** Fails unless the claim is the same object, and its deletion was not requested. */
  survived(): Promise<void> {
    return assertClaimSurvived(this.client, this.claim);
  }

  #run(...args: string[]): Promise<{ code: number; output: string }> {
    return new Promise((resolve) => {
      const command = [join(ROOT, "tools/cli/main.ts"), "migrate", this.#args.step, this.dir, ...args];
      execFile(process.execPath, command, (error, stdout, stderr) => {
        resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr });
      });
    });
  }
}

/** Waits until the unguarded claim is gone. */
export async function isLost(client: KubeClient, name: string): Promise<void> {
  await waitUntil("the claim to be lost", async () => (await client.get(claimNamed(name))) === undefined, {
    timeoutMs: FLUX_TIMEOUT_MS / 3,
  });
}
