import assert from "node:assert/strict";
import { join } from "node:path";
import { stringify } from "yaml";
import type { KubeObject } from "../../../../kube/objects.ts";
import { describeDifference } from "../../../../components/flux/difference.ts";
import { desiredFluxRoot, type FluxRootArgs } from "../../../../components/flux/root.ts";
import { Repository } from "../../../../tools/gitops/yaml/repository.ts";
import { buildRepository } from "../../../../tools/gitops/flux/repository-build.ts";
import { differences } from "../../../../tools/gitops/flux/differences.ts";
import type { CheckReport } from "../../../../tools/migrate/live/check.ts";
import { readOptions } from "../../../../tools/migrate/options.ts";
import type { StepResult } from "../../../../tools/migrate/run.ts";
import { handover } from "../../../../tools/migrate/steps/handover/step.ts";
import { clusterHolding } from "../../../support/cluster.ts";
import { messages, resultOf, written, SOURCE as source } from "../planning.ts";

const FIXTURES = join(import.meta.dirname, "../../../fixtures/migrate/handover");
const labels = { "edgefirst.dev/stack": "home" };
const KEPT = { "kustomize.toolkit.fluxcd.io/prune": "disabled" };

/** The configuration of a stack that will own the fixture's root. */
const STACK: FluxRootArgs = {
  mode: "manage",
  labels,
  installsFlux: false,
  name: "cluster-apps",
  namespace: "flux-system",
  path: "./kubernetes/home/apps",
  interval: "10m",
  prune: true,
  wait: false,
  source: {
    kind: "GitRepository",
    name: "home",
    namespace: "flux-system",
    url: "https://git.example.com/home",
    ref: { branch: "main" },
    interval: "30m",
    insecure: false,
  },
  decryptionSecret: "sops-age",
  substituteFrom: [
    { kind: "ConfigMap", name: "cluster-settings" },
    { kind: "Secret", name: "user-secrets", optional: true },
  ],
  optOutLabel: "substitution.flux.home.arpa/disabled",
  children: {},
  apps: { placement: "unchanged", namespace: "flux-apps", rbac: "controller", tenantNamespaces: [] },
};

async function check(fixture: string, ...live: KubeObject[]): Promise<CheckReport> {
  const repository = new Repository(join(FIXTURES, fixture, "after"));
  const { clusters } = buildRepository(repository);
  const context = { repository, clusters, selected: () => true, options: readOptions(repository) };
  assert.ok(handover.check);
  return handover.check(context, clusterHolding(...live));
}

function root(deletionPolicy: string | undefined, annotations: Record<string, string> = KEPT): KubeObject {
  return {
    apiVersion: "kustomize.toolkit.fluxcd.io/v1",
    kind: "Kustomization",
    metadata: { namespace: "flux-system", name: "cluster-apps", generation: 1, annotations },
    spec: deletionPolicy === undefined ? {} : { deletionPolicy },
    status: { observedGeneration: 1, conditions: [{ type: "Ready", status: "True" }] },
  };
}

const kept = (apiVersion: string, kind: string, namespace: string, name: string): KubeObject => ({
  apiVersion,
  kind,
  metadata: { namespace, name, annotations: KEPT },
});
const SOURCE = kept("source.toolkit.fluxcd.io/v1", "GitRepository", "flux-system", "home");
const GATEWAY = kept("gateway.networking.k8s.io/v1", "Gateway", "media", "media");

describe("edgefirst migrate handover", () => {
  it("--check is safe once every guard is live, and later if everything that was handed over still exists", async () => {
    const guarded = await check("guard", root("Orphan"), SOURCE, GATEWAY);
    assert.deepEqual([guarded.phase, guarded.obstacles, guarded.safe], ["guarded", [], true]);
    const removed = await check("remove", root("Orphan"));
    assert.deepEqual([removed.phase, removed.obstacles, removed.safe], ["removed", [], true]);
    assert.deepEqual(removed.notes, ["Kustomization flux-system/cluster-apps has no owner yet"]);
  });

  it("--check names each guard that is not live", async () => {
    const { obstacles, safe } = await check("guard", root(undefined, {}), SOURCE);
    assert.equal(safe, false);
    assert.deepEqual([...obstacles].sort(), [
      "Gateway media/media is not on the cluster",
      "Kustomization flux-system/cluster-apps does not have the annotation kustomize.toolkit.fluxcd.io/prune: disabled",
      "Kustomization flux-system/cluster-apps is not guarded: spec.deletionPolicy is not Orphan",
    ]);
    const before = await check("unguarded", root("Orphan"), SOURCE, GATEWAY);
    assert.deepEqual([before.phase, before.safe], ["before", false]);
    const gone = await check("remove");
    assert.deepEqual(gone.obstacles, ["Kustomization cluster-apps is not on the cluster"]);
  });

  it("leaves what a stack would declare: the same source, and a root that builds the same children", async () => {
    const repository = new Repository(join(FIXTURES, "guard/after"));
    const { clusters } = buildRepository(repository);
    const live = clusters
      .flatMap(({ objects }) => objects)
      .map(({ object }) => object as unknown as KubeObject)
      .map((object) => ({ ...object, metadata: { ...object.metadata, labels } }));
    const declared = desiredFluxRoot(STACK);
    const [source, changed] = await describeDifference(declared, clusterHolding(...live));
    assert.deepEqual([source?.state, source?.diff], ["none", ""]);
    assert.equal(changed?.object, "Kustomization flux-system/cluster-apps");
    // The text differs: the stack sets the source's namespace explicitly, and states how lists are merged.
    assert.equal(changed.state, "differs");
    const path = "kubernetes/home/flux/apps.yaml";
    const after = repository.with(new Map([[path, stringify(declared[1])]]));
    const found = differences(clusters, buildRepository(after).clusters);
    assert.deepEqual(
      found.map(({ object }) => object),
      ["Kustomization flux-system/cluster-apps"],
    );
  });
});

const kustomization = (name: string, spec: object = {}): object => ({
  apiVersion: "kustomize.toolkit.fluxcd.io/v1",
  kind: "Kustomization",
  metadata: { name, namespace: "flux-system" },
  spec: { path: `./${name}`, prune: true, sourceRef: { kind: "GitRepository", name: "home" }, ...spec },
});

describe("migrate handover: what stays", () => {
  it("includes clusters whose root has another name, which the report names", () => {
    const cluster = (name: string, root: string): object => ({
      [`clusters/${name}/flux/sync.yaml`]: [
        kustomization("cluster", { path: `./clusters/${name}/flux` }),
        source,
      ],
      [`clusters/${name}/flux/apps.yaml`]: kustomization(root, { path: `./clusters/${name}/apps` }),
      [`clusters/${name}/apps/app.yaml`]: { apiVersion: "v1", kind: "Namespace", metadata: { name: "app" } },
    });
    const left = (root: string, options: object = {}): readonly string[] =>
      messages(
        resultOf(handover, { ...cluster("a", "cluster-apps"), ...cluster("b", root) }, options),
        "left",
      );
    assert.match(
      left("apps").join("\n"),
      /^nothing is handed over in clusters\/b, because it has no Kustomization cluster-apps/,
    );
    assert.deepEqual(left("cluster-apps"), []);
    // There, the handover is done.
    assert.deepEqual(left("apps", { handover: { phases: { "clusters/b": "remove" } } }), []);
  });

  it("names a GatewayClass without a namespace, and takes it over by its name alone", () => {
    const gatewayClass = {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "GatewayClass",
      metadata: { name: "wide" },
      spec: { controllerName: "example.com/controller" },
    };
    const result = (objects: readonly object[]): StepResult =>
      resultOf(
        handover,
        {
          "flux/sync.yaml": [kustomization("cluster", { path: "./flux" }), source],
          "flux/apps.yaml": kustomization("cluster-apps", { targetNamespace: "network" }),
          "cluster-apps/class.yaml": gatewayClass,
        },
        { handover: { objects } },
      );
    assert.match(messages(result([]), "runbook").join("\n"), /^GatewayClass wide stays in the repository/m);
    for (const namespace of [{}, { namespace: "network" }])
      assert.match(
        written(result([{ kind: "GatewayClass", name: "wide", ...namespace }]), "cluster-apps/class.yaml"),
        /prune: disabled/,
      );
  });

  it("includes the Kustomizations that the root depends on, which the report names", () => {
    const result = resultOf(handover, {
      "flux/sync.yaml": [kustomization("cluster", { path: "./flux" }), source],
      "flux/apps.yaml": [
        kustomization("repositories"),
        kustomization("cluster-apps", { dependsOn: [{ name: "repositories" }], patches: [] }),
      ],
      "cluster-apps/app.yaml": kustomization("app"),
    });
    assert.ok(
      messages(result, "runbook").some((message) =>
        message.startsWith("Kustomization flux-system/repositories, which the root depends on, stays"),
      ),
    );
    assert.match(written(result, "flux/apps.yaml"), /prune: true\n {2}deletionPolicy: Orphan\n/);
  });
});

describe("migrate handover: a root that is alone below its parent's path", () => {
  const kept = { "kustomize.toolkit.fluxcd.io/prune": "disabled" };
  const alone = (metadata: object = {}, spec: object = {}): Record<string, object | readonly object[]> => {
    const root = kustomization("cluster-apps", { path: "./apps", ...spec }) as { metadata: object };
    const home = { ...source, metadata: { ...source.metadata, ...metadata } };
    return {
      "flux/sync.yaml": [kustomization("cluster", { path: "./cluster" }), home],
      "cluster/root.yaml": { ...root, metadata: { ...root.metadata, ...metadata } },
      "apps/app.yaml": { apiVersion: "v1", kind: "Namespace", metadata: { name: "app" } },
    };
  };
  const REASON =
    /the removal leaves nothing in cluster for Kustomization flux-system\/cluster to build, which Flux refuses: add another object/;
  const remove = { handover: { phases: { ".": "remove" } } };
  const guarded = alone({ annotations: kept }, { deletionPolicy: "Orphan" });

  it("cannot be removed: the guard says so, and so does the removal, with nothing else", () => {
    const guard = resultOf(handover, alone());
    assert.match(written(guard, "cluster/root.yaml"), /deletionPolicy: Orphan/);
    assert.match(messages(guard, "runbook")[0] ?? "", /^before the phase remove: /);
    assert.match(messages(guard, "runbook")[0] ?? "", REASON);
    const removal = resultOf(handover, guarded, remove);
    assert.deepEqual(removal.plan.changes, []);
    assert.equal(messages(removal, "refused").length, 1);
    assert.match(messages(removal, "refused")[0] ?? "", REASON);
  });

  it("can be removed with another object there", () => {
    const other = { "cluster/map.yaml": { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" } } };
    const guard = resultOf(handover, { ...alone(), ...other });
    assert.doesNotMatch(messages(guard, "runbook").join("\n"), /leaves nothing/);
    const removal = resultOf(handover, { ...guarded, ...other }, remove);
    assert.deepEqual(messages(removal, "refused"), []);
    assert.ok(
      removal.plan.changes.some(({ path, text }) => path === "cluster/root.yaml" && text === undefined),
    );
  });
});

describe("migrate handover: the entry of a root's file", () => {
  const file = {
    "cluster/kustomization.yaml": { resources: ["flux", "apps/ks.yaml", "map.yaml"] },
    "cluster/map.yaml": { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", namespace: "b" } },
    "cluster/flux/sync.yaml": [kustomization("cluster", { path: "./cluster" }), source],
    "cluster/apps/ks.yaml": {
      ...kustomization("cluster-apps", { path: "./apps", deletionPolicy: "Orphan" }),
      metadata: { name: "cluster-apps", namespace: "flux-system", annotations: KEPT },
    },
    "apps/app.yaml": { apiVersion: "v1", kind: "Namespace", metadata: { name: "app" } },
  };

  it("goes with the file from the kustomization of another directory", () => {
    const held = {
      ...file,
      "cluster/flux/sync.yaml": [
        kustomization("cluster", { path: "./cluster" }),
        { ...source, metadata: { ...source.metadata, annotations: KEPT } },
      ],
    };
    const result = resultOf(handover, held, { handover: { phases: { ".": "remove" } } });
    assert.deepEqual(result.proof.failures, []);
    assert.ok(
      result.plan.changes.some(({ path, text }) => path === "cluster/apps/ks.yaml" && text === undefined),
    );
    const text = written(result, "cluster/kustomization.yaml");
    assert.match(text, /map\.yaml/);
    assert.doesNotMatch(text, /ks\.yaml/);
  });
});

describe("migrate handover: the file of flux bootstrap", () => {
  const HEAD = "# This manifest was generated by flux. DO NOT EDIT.\n";
  const guarded = (more: object, head = HEAD): readonly string[] => {
    const documents = [source, kustomization("cluster-apps", { path: "./clusters/den" })];
    const text = head + documents.map((one) => `---\n${stringify(one)}`).join("");
    const result = resultOf(handover, {
      "clusters/den/flux-system/gotk-sync.yaml": text,
      "clusters/den/map.yaml": {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "a", namespace: "b" },
      },
      ...more,
    });
    assert.match(written(result, "clusters/den/flux-system/gotk-sync.yaml"), /deletionPolicy: Orphan/);
    return messages(result, "runbook").filter((message) => message.includes("generate"));
  };
  const kustomizationFile = {
    "clusters/den/flux-system/kustomization.yaml": { resources: ["gotk-sync.yaml"] },
  };

  it("loses the guard in the next bootstrap: the report says so, and which file bootstrap keeps", () => {
    assert.deepEqual(guarded(kustomizationFile), [
      "`flux bootstrap` generates this file, and the next one undoes this change: if you bootstrap again, first write it as a patch in clusters/den/flux-system/kustomization.yaml, which bootstrap keeps",
    ]);
    assert.deepEqual(guarded({}), [
      "`flux bootstrap` generates this file, and the next one undoes this change: check it after every bootstrap",
    ]);
    assert.match(
      guarded({}, "# Rendered from sync.ts. Do not edit.\n")[0] ?? "",
      /change what it is generated from, too/,
    );
    assert.deepEqual(guarded({}, "# Where the cluster begins.\n"), []);
  });

  it("is left as it is once the guard is a patch next to it", () => {
    const guard = { metadata: { annotations: KEPT }, spec: { deletionPolicy: "Orphan" } };
    const patch = (kind: string, body: object): object => ({
      target: { kind },
      patch: stringify({ apiVersion: "v1", kind, metadata: { name: "any", ...body } }),
    });
    const result = resultOf(handover, {
      "clusters/den/flux-system/gotk-sync.yaml": [
        source,
        kustomization("cluster-apps", { path: "./clusters/den" }),
      ],
      "clusters/den/flux-system/kustomization.yaml": {
        resources: ["gotk-sync.yaml"],
        patches: [
          {
            target: { kind: "Kustomization" },
            patch: stringify({
              apiVersion: "v1",
              kind: "Kustomization",
              metadata: { name: "any", ...guard.metadata },
              spec: guard.spec,
            }),
          },
          patch("GitRepository", guard.metadata),
        ],
      },
    });
    assert.deepEqual(result.plan.changes, []);
  });
});
