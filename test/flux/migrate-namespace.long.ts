import assert from "node:assert/strict";
import type { KubeObject } from "../../kube/objects.ts";
import {
  applyObjects,
  becomes,
  claimNamed,
  FLUX_TIMEOUT_MS,
  isBound,
  kustomization,
} from "../support/flux.ts";
import { isLost, MovingRepository } from "../support/moving.ts";
import { useSandbox } from "../support/sandbox.ts";

const PLACES = [
  { title: "to one namespace", options: {}, target: "flux-apps" },
  { title: "to the namespace of each app", options: { perApp: true }, target: "media" },
];

for (const { title, options, target } of PLACES)
  describe(`migrate namespace, ${title}, with the real source- and kustomize-controller`, function () {
    this.timeout(FLUX_TIMEOUT_MS);
    const own = useSandbox("moving");
    let moving: MovingRepository;

    before(async () => {
      moving = await MovingRepository.follow({
        sandbox: own.sandbox,
        context: "moving",
        step: "namespace",
        options,
      });
    });
    after(() => {
      moving.end();
    });

    it("refuses while there is no guard, in the repository or on the cluster", async () => {
      const bare = await moving.check();
      assert.deepEqual([bare.code, bare.safe, bare.phase], [1, false, "before"]);
      await moving.write("guard");
      const written = await moving.check();
      assert.deepEqual([written.code, written.phase], [1, "guarded"]);
      for (const name of ["player", "player-data"])
        assert.ok(
          written.obstacles.includes(
            `Kustomization flux-system/${name} is not guarded: spec.deletionPolicy is not Orphan`,
          ),
          written.obstacles.join("\n"),
        );
      assert.ok(
        written.obstacles.includes(
          "PersistentVolumeClaim media/player holds data and does not have the annotation kustomize.toolkit.fluxcd.io/prune: disabled",
        ),
      );
      assert.ok(
        written.obstacles.some((line) =>
          line.startsWith(`ConfigMap ${target}/cluster-settings does not exist`),
        ),
      );
    });

    it("reports when the guard is observed, and what each Kustomization owns", async () => {
      moving.push();
      const { phase, inventory } = await moving.isSafe("guarded");
      assert.equal(phase, "guarded");
      assert.deepEqual(inventory, {
        "flux-system/player": ["ConfigMap media/player"],
        "flux-system/player-data": ["PersistentVolumeClaim media/player"],
      });
    });

    it("moves the children; the claim is adopted and stays the same object", async () => {
      await moving.write("move");
      assert.equal((await moving.check()).code, 1, "the move is not live yet");
      moving.push();
      const { phase, inventory } = await moving.isSafe("moved");
      assert.equal(phase, "moved");
      assert.deepEqual(Object.keys(inventory), [`${target}/player`, `${target}/player-data`]);
      for (const name of ["player", "player-data"])
        assert.equal(await moving.client.get(kustomization("flux-system", name)), undefined);
      await moving.survived();
    });

    it("removes the guard", async () => {
      await moving.write("unguard");
      moving.push();
      await becomes(moving.client, kustomization(target, "player-data"), "without guard", ({ spec }) => {
        return (spec as { deletionPolicy?: string }).deletionPolicy === undefined;
      });
      assert.equal((await moving.isSafe("done")).phase, "done");
      await moving.survived();
    });

    if (target !== "flux-apps") return;
    // The old Kustomization prunes only objects that still carry its name. A new one that became ready at once might win the race, so this one finds no source.
    it("is needed: without a guard, moving a child deletes its claim", async () => {
      const careless = (namespace?: string): KubeObject => ({
        apiVersion: "kustomize.toolkit.fluxcd.io/v1",
        kind: "Kustomization",
        metadata: { name: "careless", namespace: "flux-system" },
        spec: {
          interval: "1h",
          path: "./careless",
          prune: true,
          sourceRef: { kind: "GitRepository", name: "moving" },
          patches: namespace === undefined ? [] : [movePatch(namespace)],
        },
      });
      await applyObjects(moving.client, [careless()]);
      await becomes(moving.client, claimNamed("bare"), "bound", isBound);
      await applyObjects(moving.client, [careless("media")]);
      await isLost(moving.client, "bare");
    });
  });

const movePatch = (namespace: string) => ({
  patch: JSON.stringify([{ op: "add", path: "/metadata/namespace", value: namespace }]),
  target: { kind: "Kustomization" },
});
