import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ObjectReference } from "../../kube/client.ts";
import { STACK_LABEL, type KubeObject } from "../../kube/objects.ts";
import { Engine, gatewayApiDirectory, type TestStack, expectSuccess } from "../support/engine.ts";
import {
  applyObjects,
  becomes,
  claimNamed,
  FLUX_TIMEOUT_MS,
  isBound,
  isReady,
  kustomization,
} from "../support/flux.ts";
import { isLost, MovingRepository } from "../support/moving.ts";
import { START_TIMEOUT_MS, useSandbox } from "../support/sandbox.ts";

const ROOT = kustomization("flux-system", "cluster-apps");
const SOURCE: ObjectReference = {
  apiVersion: "source.toolkit.fluxcd.io/v1",
  kind: "GitRepository",
  metadata: { namespace: "flux-system", name: "moving" },
};
/** The objects that Flux has applied below the root, down to the app. */
const APPLIED: readonly ObjectReference[] = [
  { apiVersion: "v1", kind: "Namespace", metadata: { name: "media" } },
  kustomization("flux-system", "player"),
  kustomization("flux-system", "player-data"),
  { apiVersion: "v1", kind: "ConfigMap", metadata: { namespace: "media", name: "player" } },
  claimNamed("player"),
];

describe("migrate handover, with the real Flux and the real engine", function () {
  this.timeout(FLUX_TIMEOUT_MS);
  const own = useSandbox("edge");
  let moving: MovingRepository;
  let engine: Engine;
  let stack: TestStack;
  let uids: readonly unknown[];

  before(async function () {
    this.timeout(START_TIMEOUT_MS + FLUX_TIMEOUT_MS);
    moving = await MovingRepository.follow({ sandbox: own.sandbox, context: "edge", step: "handover" });
    uids = await uidsOf([ROOT, SOURCE, ...APPLIED]);
    engine = await Engine.create();
    stack = await engine.stack("edge", {});
    await configure({ mode: "observe" });
  });
  after(() => {
    moving.end();
  });

  const uidsOf = (objects: readonly ObjectReference[]): Promise<unknown[]> =>
    Promise.all(objects.map(async (object) => (await moving.client.get(object))?.metadata.uid));

  async function configure({ mode, adopt = [] }: { mode: string; adopt?: string[] }): Promise<void> {
    stack.configure({
      cluster: { context: "edge", kubeconfig: own.sandbox.kubeconfig },
      gatewayApi: { source: await gatewayApiDirectory() },
      flux: {
        source: {
          kind: "GitRepository",
          name: "moving",
          url: moving.url,
          ref: { branch: "main" },
          interval: "2s",
        },
        root: {
          mode,
          name: "cluster-apps",
          path: "./kubernetes/test/apps",
          interval: "1h",
          decryptionSecret: null,
          substituteFrom: [{ kind: "ConfigMap", name: "cluster-settings" }],
        },
        apps: { placement: "unchanged" },
      },
      adopt,
    });
  }

  it("is refused while there is no guard, in the repository or on the cluster", async () => {
    const bare = await moving.check();
    assert.deepEqual([bare.code, bare.phase], [1, "before"]);
    await moving.write("guard");
    const written = await moving.check();
    assert.deepEqual([written.code, written.phase], [1, "guarded"]);
    assert.ok(
      written.obstacles.includes(
        "Kustomization flux-system/cluster-apps does not have the annotation kustomize.toolkit.fluxcd.io/prune: disabled",
      ),
      written.obstacles.join("\n"),
    );
  });

  it("is safe once the guard is live; the stack in mode observe reports how its root differs", async () => {
    moving.push();
    assert.equal((await moving.isSafe("guarded")).phase, "guarded");
    const { code, output } = await stack.previewText();
    assert.equal(code, 0, output);
    assert.match(output, /Kustomization flux-system\/cluster-apps is observed and left alone/);
  });

  it("removes root and source from the repository; nothing is removed from the cluster", async () => {
    const parent = kustomization("flux-system", "cluster");
    const before = appliedRevision(await isReady(moving.client, parent));
    await moving.write("remove");
    moving.push();
    await becomes(moving.client, parent, "at the new revision", (live) => appliedRevision(live) !== before);
    const { phase, notes } = await moving.isSafe("removed");
    assert.equal(phase, "removed");
    assert.deepEqual(notes, ["Kustomization flux-system/cluster-apps has no owner yet"]);
    assert.deepEqual(await uidsOf([ROOT, SOURCE, ...APPLIED]), uids);
  });

  it("hands them over to the stack, in mode manage; the objects that they have applied stay the same", async () => {
    await configure({
      mode: "manage",
      adopt: ["Kustomization flux-system/cluster-apps", "GitRepository flux-system/moving"],
    });
    const run = await stack.up();
    await expectSuccess(run);
    const root = await isReady(moving.client, ROOT);
    assert.equal(root.metadata.labels?.[STACK_LABEL], "edge");
    for (const name of ["player-data", "player"])
      await isReady(moving.client, kustomization("flux-system", name));
    assert.deepEqual(await uidsOf([ROOT, SOURCE, ...APPLIED]), uids);
    await moving.survived();
    assert.deepEqual((await moving.check()).notes, [
      "Kustomization flux-system/cluster-apps belongs to stack edge",
    ]);
    assert.deepEqual((await stack.preview()).changes, []);
  });

  it("is needed: without a guard, removing a Kustomization from the repository also deletes its claim", async () => {
    await applyObjects(moving.client, [
      {
        ...kustomization("flux-system", "careless"),
        spec: {
          interval: "1h",
          path: "./careless",
          prune: true,
          sourceRef: { kind: "GitRepository", name: "moving" },
        },
      },
    ]);
    await becomes(moving.client, claimNamed("bare"), "bound", isBound);
    writeFileSync(
      join(moving.dir, "careless/kustomization.yaml"),
      "configMapGenerator: [{ name: rest, namespace: media, literals: [a=b] }]\n",
    );
    moving.push();
    await isLost(moving.client, "bare");
  });
});

const appliedRevision = ({ status }: KubeObject): string | undefined =>
  (status as { lastAppliedRevision?: string }).lastAppliedRevision;
