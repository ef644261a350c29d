import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import type { KubeObject } from "../../cluster/objects.ts";
import type { CheckReport } from "../../gitops/migrate/live/check.ts";
import { waitUntil } from "../../sandbox/processes.ts";
import { pushDirectory, startRegistry, type Registry } from "../../sandbox/registry.ts";
import {
  applyObjects,
  becomes,
  FLUX_TIMEOUT_MS,
  isReady,
  kustomization,
  startFluxCluster,
  type FluxCluster,
} from "../support/flux.ts";
import { useSandbox } from "../support/sandbox.ts";

const ROOT = join(import.meta.dirname, "../..");

describe("migrate namespace, with the real source- and kustomize-controller", function () {
  this.timeout(FLUX_TIMEOUT_MS);
  const own = useSandbox("moving");
  let flux: FluxCluster;
  let registry: Registry;
  let repository: string;
  let claim: KubeObject;

  before(async () => {
    const { dir } = own.sandbox;
    flux = await startFluxCluster(own.sandbox, "moving");
    registry = await startRegistry({ dir, progress: () => undefined });
    repository = mkdtempSync(join(tmpdir(), "edgefirst-moving-"));
    cpSync(join(ROOT, "test/fixtures/moving"), repository, { recursive: true });
    const path = join(repository, "kubernetes/test/flux/cluster.yaml");
    writeFileSync(path, readFileSync(path, "utf8").replace("registry.example", registry.address));
    await push();
    const bootstrap = parseAllDocuments(readFileSync(path, "utf8")).map(
      (document) => document.toJS() as KubeObject,
    );
    await applyObjects(flux.client, bootstrap);
    await isReady(flux.client, kustomization("flux-system", "player"));
    claim = await becomes(flux.client, claimNamed("player"), "bound", isBound);
  });
  after(() => {
    flux.client.close();
    rmSync(repository, { recursive: true });
  });

  const push = (): Promise<string> => pushDirectory(registry, "moving", "v1", repository);

  async function run(...args: string[]): Promise<{ code: number; output: string }> {
    return new Promise((resolve) => {
      const command = [join(ROOT, "cli/main.ts"), "migrate", "namespace", repository, ...args];
      execFile(process.execPath, command, (error, stdout, stderr) => {
        resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr });
      });
    });
  }
  async function check(): Promise<CheckReport & { code: number }> {
    const { kubeconfig } = own.sandbox;
    const { code, output } = await run(
      "--check",
      "--json",
      "--context",
      "moving",
      "--cluster",
      "test",
      "--kubeconfig",
      kubeconfig,
    );
    assert.notEqual(code, 2, output);
    return { ...(JSON.parse(output) as CheckReport), code };
  }
  async function write(phase: string): Promise<void> {
    mkdirSync(join(repository, ".edgefirst"), { recursive: true });
    const options = { namespace: { phases: { "kubernetes/test": phase } } };
    writeFileSync(join(repository, ".edgefirst/migrate.yaml"), JSON.stringify(options));
    const { code, output } = await run("--write");
    assert.equal(code, 0, output);
    assert.match(output, /Proven: /);
  }
  async function isSafe(phase: string): Promise<CheckReport> {
    let report: CheckReport | undefined;
    try {
      return await waitUntil(
        `--check to be safe in phase ${phase}`,
        async () => {
          report = await check();
          return report.safe ? report : undefined;
        },
        { timeoutMs: FLUX_TIMEOUT_MS / 3 },
      );
    } catch (cause) {
      throw new Error(JSON.stringify(report, undefined, 2), { cause });
    }
  }
  async function survived(): Promise<void> {
    const { metadata } = await becomes(flux.client, claimNamed("player"), "there", () => true);
    assert.equal(metadata.uid, claim.metadata.uid, "the claim is another one");
    assert.equal(metadata.deletionTimestamp, undefined, "the claim is being deleted");
  }

  it("refuses while there is no guard, in the repository or on the cluster", async () => {
    const bare = await check();
    assert.deepEqual([bare.code, bare.safe, bare.phase], [1, false, "before"]);
    await write("guard");
    const written = await check();
    assert.deepEqual([written.code, written.phase], [1, "guarded"]);
    for (const name of ["player", "player-data"])
      assert.ok(
        written.obstacles.includes(
          `Kustomization flux-system/${name} has no guard: spec.deletionPolicy is not Orphan`,
        ),
        written.obstacles.join("\n"),
      );
    assert.ok(
      written.obstacles.includes(
        "PersistentVolumeClaim media/player has data, and lacks the annotation kustomize.toolkit.fluxcd.io/prune: disabled",
      ),
    );
    assert.ok(
      written.obstacles.some((line) => line.startsWith("ConfigMap flux-apps/cluster-settings is not")),
    );
  });

  it("says when the guard is observed, and what each Kustomization owns", async () => {
    await push();
    const { phase, inventory } = await isSafe("guarded");
    assert.equal(phase, "guarded");
    assert.deepEqual(inventory, {
      "flux-system/player": ["ConfigMap media/player"],
      "flux-system/player-data": ["PersistentVolumeClaim media/player"],
    });
  });

  it("moves the children; the claim is the same one, adopted", async () => {
    await write("move");
    assert.equal((await check()).code, 1, "the move is not live yet");
    await push();
    const { phase, inventory } = await isSafe("moved");
    assert.equal(phase, "moved");
    assert.deepEqual(Object.keys(inventory), ["flux-apps/player", "flux-apps/player-data"]);
    for (const name of ["player", "player-data"])
      assert.equal(await flux.client.get(kustomization("flux-system", name)), undefined);
    await survived();
  });

  it("takes the guard off", async () => {
    await write("unguard");
    await push();
    await becomes(flux.client, kustomization("flux-apps", "player-data"), "without guard", ({ spec }) => {
      return (spec as { deletionPolicy?: string }).deletionPolicy === undefined;
    });
    assert.equal((await isSafe("done")).phase, "done");
    await survived();
  });

  // The old one prunes only what still bears its name: a twin that is ready at once may win the race. This one finds no source.
  it("is needed: without a guard, a child that moves takes its claim with it", async () => {
    const careless = (namespace?: string): KubeObject => ({
      apiVersion: "kustomize.toolkit.fluxcd.io/v1",
      kind: "Kustomization",
      metadata: { name: "careless", namespace: "flux-system" },
      spec: {
        interval: "1h",
        path: "./careless",
        prune: true,
        sourceRef: { kind: "OCIRepository", name: "moving" },
        patches: namespace === undefined ? [] : [movePatch(namespace)],
      },
    });
    await applyObjects(flux.client, [careless()]);
    await becomes(flux.client, claimNamed("bare"), "bound", isBound);
    await applyObjects(flux.client, [careless("media")]);
    await waitUntil(
      "the claim to be lost",
      async () => (await flux.client.get(claimNamed("bare"))) === undefined,
      { timeoutMs: FLUX_TIMEOUT_MS / 3 },
    );
  });
});

const claimNamed = (name: string) => ({
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { namespace: "media", name },
});

const isBound = ({ status }: KubeObject): boolean => (status as { phase?: string }).phase === "Bound";

const movePatch = (namespace: string) => ({
  patch: JSON.stringify([{ op: "add", path: "/metadata/namespace", value: namespace }]),
  target: { kind: "Kustomization" },
});
