import assert from "node:assert/strict";
import { join } from "node:path";
import type { KubeObject } from "../../../../kube/objects.ts";
import { Repository } from "../../../../tools/gitops/yaml/repository.ts";
import { buildRepository } from "../../../../tools/gitops/flux/repository-build.ts";
import type { CheckReport } from "../../../../tools/migrate/live/check.ts";
import { readOptions } from "../../../../tools/migrate/options.ts";
import { namespace } from "../../../../tools/migrate/steps/namespace/step.ts";
import { clusterHolding } from "../../../support/cluster.ts";

const FIXTURES = join(import.meta.dirname, "../../../fixtures/migrate/namespace");
const KEPT = { "kustomize.toolkit.fluxcd.io/prune": "disabled" };

type Live = Record<string, KubeObject>;

async function check(fixture: string, live: Live): Promise<CheckReport> {
  const repository = new Repository(join(FIXTURES, fixture, "after"));
  const { clusters } = buildRepository(repository);
  const context = { repository, clusters, selected: () => true, options: readOptions(repository) };
  assert.ok(namespace.check);
  return namespace.check(context, clusterHolding(...Object.values(live)));
}

function child(
  at: string,
  name: string,
  deletionPolicy: string | undefined,
  inventory: string[],
): KubeObject {
  return {
    apiVersion: "kustomize.toolkit.fluxcd.io/v1",
    kind: "Kustomization",
    metadata: { namespace: at, name, generation: 2 },
    spec: { prune: true, ...(deletionPolicy !== undefined && { deletionPolicy }) },
    status: {
      observedGeneration: 2,
      conditions: [{ type: "Ready", status: "True" }],
      inventory: { entries: inventory.map((id) => ({ id, v: "v1" })) },
    },
  };
}

/** An object in the namespace media, as applied by a Kustomization. */
function applied(apiVersion: string, kind: string, name: string, owner: string): KubeObject {
  const [ownerNamespace = "", ownerName = ""] = owner.split("/");
  const labels = {
    "kustomize.toolkit.fluxcd.io/name": ownerName,
    "kustomize.toolkit.fluxcd.io/namespace": ownerNamespace,
  };
  const metadata = { namespace: "media", name, labels, annotations: KEPT };
  return { apiVersion, kind, metadata };
}

/** The cluster's objects when a phase is complete. */
function cluster(at: string, deletionPolicy?: string): Live {
  const plain = (apiVersion: string, kind: string, namespace: string, name: string): KubeObject => ({
    apiVersion,
    kind,
    metadata: { namespace, name },
  });
  return {
    player: child(at, "player", deletionPolicy, ["media_player__ConfigMap"]),
    data: child(at, "player-data", deletionPolicy, [
      "media_player__PersistentVolumeClaim",
      "media_kept__PersistentVolumeClaim",
      "media_player_postgresql.cnpg.io_Cluster",
    ]),
    config: applied("v1", "ConfigMap", "player", `${at}/player`),
    claim: applied("v1", "PersistentVolumeClaim", "player", `${at}/player-data`),
    kept: applied("v1", "PersistentVolumeClaim", "kept", `${at}/player-data`),
    database: applied("postgresql.cnpg.io/v1", "Cluster", "player", `${at}/player-data`),
    source: plain("source.toolkit.fluxcd.io/v1", "GitRepository", "flux-system", "home"),
    key: plain("v1", "Secret", "flux-apps", "sops-age"),
    settings: plain("v1", "ConfigMap", "flux-apps", "cluster-settings"),
  };
}

function changed(live: Live, name: string, change: (object: KubeObject) => object): Live {
  const object = live[name];
  assert.ok(object);
  return { ...live, [name]: { ...object, ...change(object) } };
}

const GUARDED = cluster("flux-system", "Orphan");
const MOVED = cluster("flux-apps", "Orphan");
const without = (live: Live, name: string): Live =>
  Object.fromEntries(Object.entries(live).filter(([key]) => key !== name));

describe("edgefirst migrate namespace --check", () => {
  it("is safe if everything matches the phase", async () => {
    for (const [fixture, live, phase] of [
      ["guard", GUARDED, "guarded"],
      ["move", MOVED, "moved"],
      ["unguard", cluster("flux-apps"), "done"],
    ] as const) {
      const report = await check(fixture, live);
      assert.deepEqual([report.phase, report.obstacles, report.safe], [phase, [], true]);
    }
  });

  it("is safe if an object that Flux must not re-apply keeps its labels", async () => {
    const old = applied("v1", "PersistentVolumeClaim", "player", "flux-system/player-data");
    for (const [name, value] of [
      ["ssa", "IfNotPresent"],
      ["reconcile", "disabled"],
    ] as const) {
      const annotations = { ...KEPT, [`kustomize.toolkit.fluxcd.io/${name}`]: value };
      const claim = { ...old, metadata: { ...old.metadata, annotations } };
      assert.deepEqual((await check("move", { ...MOVED, claim })).obstacles, []);
    }
  });

  it("ignores the objects of another Kustomization with the same name", async () => {
    const other = child("elsewhere", "player", undefined, ["media_other__ConfigMap"]);
    const config = applied("v1", "ConfigMap", "other", "elsewhere/player");
    const { obstacles } = await check("move", { ...MOVED, other, otherConfig: config });
    assert.deepEqual(obstacles, [
      "Kustomization elsewhere/player is on the cluster but not in the repository",
    ]);
  });

  const cases: readonly (readonly [string, string, Live, string])[] = [
    [
      "a guard that is not on the cluster",
      "guard",
      changed(GUARDED, "data", () => ({ spec: { prune: true } })),
      "Kustomization flux-system/player-data is not guarded: spec.deletionPolicy is not Orphan",
    ],
    [
      "a guard that the controller has not observed",
      "guard",
      changed(GUARDED, "player", ({ status }) => ({
        status: { ...(status as object), observedGeneration: 1 },
      })),
      "Kustomization flux-system/player has not been reconciled since its last change (generation 2, observed 1)",
    ],
    [
      "a suspended child",
      "guard",
      changed(GUARDED, "player", ({ spec }) => ({ spec: { ...(spec as object), suspend: true } })),
      "Kustomization flux-system/player is suspended: resume it, or exclude it from the move",
    ],
    [
      "a child that is missing",
      "guard",
      without(GUARDED, "player"),
      "Kustomization flux-system/player is not on the cluster",
    ],
    [
      "data that Flux does not change",
      "guard",
      changed(GUARDED, "database", () => ({
        metadata: {
          namespace: "media",
          name: "player",
          labels: { "kustomize.toolkit.fluxcd.io/ssa": "IfNotPresent" },
        },
      })),
      "Cluster.postgresql.cnpg.io media/player holds data and does not have the annotation kustomize.toolkit.fluxcd.io/prune: disabled; Flux does not add it (kustomize.toolkit.fluxcd.io/ssa: IfNotPresent), so run: kubectl annotate Cluster.postgresql.cnpg.io player -n media kustomize.toolkit.fluxcd.io/prune=disabled --overwrite",
    ],
    [
      "data that may be pruned",
      "guard",
      changed(GUARDED, "database", () => ({ metadata: { namespace: "media", name: "player" } })),
      "Cluster.postgresql.cnpg.io media/player holds data and does not have the annotation kustomize.toolkit.fluxcd.io/prune: disabled",
    ],
    [
      "a key that is missing in the target",
      "guard",
      without(GUARDED, "key"),
      "Secret flux-apps/sops-age does not exist, and flux-apps/player, flux-apps/player-data would need it (decryption)",
    ],
    [
      "a controller that does not read sources from other namespaces",
      "guard",
      {
        ...GUARDED,
        controller: {
          apiVersion: "apps/v1",
          kind: "Deployment",
          metadata: { namespace: "flux-system", name: "kustomize-controller" },
          spec: { args: ["--no-cross-namespace-refs=true"] },
        },
      },
      "kustomize-controller runs with --no-cross-namespace-refs: children cannot read a source in a different namespace",
    ],
    [
      "a default account that the target does not contain",
      "guard",
      {
        ...GUARDED,
        controller: {
          apiVersion: "apps/v1",
          kind: "Deployment",
          metadata: { namespace: "flux-system", name: "kustomize-controller" },
          spec: { args: ["--no-cross-namespace-refs=false", "--default-service-account=applier"] },
        },
      },
      "ServiceAccount flux-apps/applier does not exist, and flux-apps/player, flux-apps/player-data would need it (serviceAccountName)",
    ],
    [
      "an object that the child does not apply in the repository",
      "guard",
      changed(GUARDED, "player", () => ({
        status: child("", "", "", ["media_player__ConfigMap", "media_old_apps_Deployment"]).status,
      })),
      "Kustomization flux-system/player owns Deployment.apps media/old, which it does not apply according to this repository",
    ],
    [
      "an object that was not adopted",
      "move",
      { ...MOVED, claim: applied("v1", "PersistentVolumeClaim", "player", "flux-system/player-data") },
      "PersistentVolumeClaim media/player still belongs to flux-system/player-data, not to flux-apps/player-data",
    ],
    [
      "an object that is gone",
      "move",
      without(MOVED, "claim"),
      "PersistentVolumeClaim media/player is in the inventory of flux-apps/player-data but no longer on the cluster",
    ],
    [
      "an object without an owner",
      "move",
      { ...MOVED, other: applied("v1", "ConfigMap", "other", "flux-system/player") },
      "ConfigMap media/other belonged to flux-system/player, but flux-apps/player has not adopted it",
    ],
    [
      "a child that still exists in its old namespace too",
      "move",
      { ...MOVED, old: child("flux-system", "player", "Orphan", []) },
      "Kustomization flux-system/player is on the cluster but not in the repository",
    ],
    [
      "a child that is not ready",
      "move",
      changed(MOVED, "player", () => ({
        status: {
          ...(MOVED.player?.status as object),
          conditions: [{ type: "Ready", status: "False", message: "no source" }],
        },
      })),
      "Kustomization flux-apps/player is not ready: no source",
    ],
  ];
  for (const [what, fixture, live, obstacle] of cases)
    it(`is not safe with ${what}`, async () => {
      const { obstacles, safe } = await check(fixture, live);
      assert.deepEqual([obstacles, safe], [[obstacle], false]);
    });

  it("is not safe before the repository has a guard", async () => {
    const { phase, safe, obstacles } = await check("unguarded", cluster("flux-system", "Orphan"));
    assert.deepEqual([phase, safe], ["before", false]);
    assert.deepEqual(obstacles, ["the repository does not guard every child"]);
  });
});
