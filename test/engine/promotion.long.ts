import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { KubeClient } from "../../kube/kube-client.ts";
import { startFlux } from "../../tools/sandbox/flux.ts";
import { pushDirectory, startRegistry } from "../../tools/sandbox/registry.ts";
import { Engine, gatewayApiDirectory, type Run, type TestStack } from "../support/engine.ts";
import { becomes, FLUX_TIMEOUT_MS, kustomization } from "../support/flux.ts";
import { applyGatewayApi } from "../support/gateway-api.ts";
import { serveGit, type GitServer } from "../support/git-server.ts";
import { GitRepository } from "../support/git.ts";
import { START_TIMEOUT_MS, useSandbox } from "../support/sandbox.ts";

const NAMESPACE = "flux-system";
const KINDS = { git: "GitRepository", oci: "OCIRepository" } as const;
type Name = keyof typeof KINDS;
const NAMES = Object.keys(KINDS) as Name[];

/** The repository at a version: a ConfigMap per source, so the two roots on one cluster do not conflict. */
function files(name: Name, version: string): Record<string, string> {
  const metadata = { name, namespace: "default" };
  return {
    "apps/config.yaml": JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata, data: { version } }),
  };
}

describe("engine: promotion of a GitRepository and of an OCIRepository from edge to main, with the real Flux on both", function () {
  this.timeout(FLUX_TIMEOUT_MS * 2);
  const clusters = useSandbox("edge", "main");
  let onEdge: KubeClient;
  let onMain: KubeClient;
  let engine: Engine;
  let repository: GitRepository;
  let server: GitServer;
  let registry: Awaited<ReturnType<typeof startRegistry>>;
  const edge = {} as Record<Name, TestStack>;
  const main = {} as Record<Name, TestStack>;

  before(async function () {
    this.timeout(START_TIMEOUT_MS + FLUX_TIMEOUT_MS);
    const { dir, kubeconfig } = clusters.sandbox;
    const progress = (): void => undefined;
    engine = await Engine.create();
    repository = new GitRepository();
    server = await serveGit(repository);
    registry = await startRegistry({ dir, progress });
    onEdge = new KubeClient({ kubeconfig, context: "edge" });
    onMain = new KubeClient({ kubeconfig, context: "main" });
    for (const client of [onEdge, onMain]) {
      await startFlux({ dir, cluster: client.context, kubeconfig, context: client.context, progress });
      await applyGatewayApi(client);
    }
    await publish("1");
    const source = await gatewayApiDirectory();
    for (const name of NAMES) {
      const config = (context: string) => ({
        cluster: { context, kubeconfig },
        gatewayApi: { install: false, source },
        verification: {
          soak: "0s",
          withoutSoak: "the test checks the pin",
          timeout: "1m",
          interval: "500ms",
        },
        flux: {
          source: { kind: KINDS[name], name, interval: "1h", ...addresses()[name] },
          root: { mode: "manage", name, path: "./apps", decryptionSecret: null },
        },
      });
      edge[name] = await engine.stack(`edge-${name}`, config("edge"));
      const after = [`edge-${name}`];
      main[name] = await engine.stack(`main-${name}`, { ...config("main"), after, promotion: { pin: true } });
    }
  });
  after(() => {
    onEdge.close();
    onMain.close();
    server.close();
  });

  const addresses = () => ({
    git: { url: server.url, ref: { branch: "main" } },
    oci: { url: `oci://${registry.address}/apps`, ref: { tag: "v1" }, insecure: true },
  });
  const sourceOf = (name: Name) => ({
    apiVersion: "source.toolkit.fluxcd.io/v1",
    kind: KINDS[name],
    metadata: { name, namespace: NAMESPACE },
  });

  /** Publishes a version in both repositories. */
  async function publish(version: string): Promise<void> {
    repository.commit(files("git", version));
    await push(version);
  }
  async function push(version: string): Promise<void> {
    const directory = join(clusters.sandbox.dir, `artifact-${version}`);
    mkdirSync(join(directory, "apps"), { recursive: true });
    for (const [path, content] of Object.entries(files("oci", version)))
      writeFileSync(join(directory, path), content);
    await pushDirectory(registry, "apps", "v1", directory);
  }

  /** Lets a cluster's Flux apply this version, and returns the pins of its sources. */
  async function runs(client: KubeClient, version: string): Promise<Record<Name, unknown>> {
    const pins = await Promise.all(
      NAMES.map(async (name) => {
        const config = { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "default" } };
        await becomes(
          client,
          config,
          `at version ${version}`,
          ({ data }) => (data as { version: string }).version === version,
        );
        const { revision } = (
          (await client.get(sourceOf(name)))?.status as { artifact: { revision: string } }
        ).artifact;
        await becomes(
          client,
          kustomization(NAMESPACE, name),
          `at ${revision}`,
          ({ status }) => (status as { lastAppliedRevision?: string }).lastAppliedRevision === revision,
        );
        const [, pin = ""] = /(sha256:\w+|\w+)$/.exec(revision.replace("sha1:", "")) ?? [];
        return [name, name === "git" ? { branch: "main", commit: pin } : { digest: pin }];
      }),
    );
    return Object.fromEntries(pins) as Record<Name, unknown>;
  }

  /** Triggers edge's Flux instead of waiting for its interval. */
  async function fetchOnEdge(): Promise<void> {
    const annotations = { "reconcile.fluxcd.io/requestedAt": new Date().toISOString() };
    for (const name of NAMES) {
      const { metadata, ...source } = sourceOf(name);
      await onEdge.apply(
        { ...source, metadata: { ...metadata, annotations } },
        { fieldManager: "test", force: true },
      );
    }
  }

  async function pinsOfMain(): Promise<Record<string, unknown>> {
    const pins = NAMES.map(async (name) => {
      const { ref } = (await onMain.get(sourceOf(name)))?.spec as { ref: unknown };
      return [name, ref];
    });
    return Object.fromEntries(await Promise.all(pins)) as Record<string, unknown>;
  }

  const ups = (stacks: Record<Name, TestStack>): Promise<Run[]> =>
    Promise.all(NAMES.map((name) => stacks[name].up()));
  async function pass(stacks: Record<Name, TestStack>): Promise<void> {
    for (const { code, output } of await ups(stacks)) assert.equal(code, 0, output);
  }

  it("pins main to what edge has verified, not to what was published since", async () => {
    await pass(edge);
    const first = await runs(onEdge, "1");
    await publish("2");
    await pass(main);
    assert.deepEqual(await pinsOfMain(), first);
    assert.deepEqual(await runs(onMain, "1"), first);
  });

  it("moves the pin when edge verifies the next revision", async () => {
    await fetchOnEdge();
    const second = await runs(onEdge, "2");
    await pass(edge);
    await pass(main);
    assert.deepEqual(await pinsOfMain(), second);
    assert.deepEqual(await runs(onMain, "2"), second);
  });

  it("refuses to move back when edge does, and keeps main's pin", async () => {
    const before = await pinsOfMain();
    repository.git("reset", "--quiet", "--hard", "HEAD~1");
    await push("1");
    await fetchOnEdge();
    await runs(onEdge, "1");
    await pass(edge);
    for (const { code, output } of await ups(main)) {
      assert.notEqual(code, 0, output);
      assert.match(output, /Cannot promote the repository from edge-(git|oci): .* would move back/);
    }
    assert.deepEqual(await pinsOfMain(), before);
    await runs(onMain, "2");
  });
});
