import assert from "node:assert/strict";
import { stringify } from "yaml";
import { Repository } from "../../../tools/gitops/yaml/repository.ts";
import { fileText } from "../../../tools/gitops/yaml/file-text.ts";
import { buildRepository } from "../../../tools/gitops/flux/repository-build.ts";
import { readOptions } from "../../../tools/migrate/options.ts";
import { prove } from "../../../tools/migrate/proof.ts";
import { formatNote } from "../../../tools/migrate/report.ts";
import { runStep, type StepResult } from "../../../tools/migrate/run.ts";
import type { Step, StepContext } from "../../../tools/migrate/step.ts";
import { handover } from "../../../tools/migrate/steps/handover/step.ts";
import { namespace } from "../../../tools/migrate/steps/namespace/step.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

type Files = Readonly<Record<string, string>>;

const KUSTOMIZATION = "kustomize.toolkit.fluxcd.io/v1";
const SOURCE = stringify({
  apiVersion: "source.toolkit.fluxcd.io/v1",
  kind: "GitRepository",
  metadata: { name: "all", namespace: "flux-system" },
  spec: { interval: "1h", url: "https://git.example.com/all" },
});
const kustomization = (name: string, path: string, spec: object = {}, metadata: object = {}): string =>
  stringify({
    apiVersion: KUSTOMIZATION,
    kind: "Kustomization",
    metadata: { name, namespace: "flux-system", ...metadata },
    spec: { path: `./${path}`, prune: true, sourceRef: { kind: "GitRepository", name: "all" }, ...spec },
  });
const config = (name: string): string =>
  stringify({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace: "media" },
    data: { a: "b" },
  });
const resources = (...names: readonly string[]): string =>
  stringify({ apiVersion: "kustomize.config.k8s.io/v1beta1", kind: "Kustomization", resources: names });

/** A cluster whose root applies its directory `apps`. */
const cluster = (name: string, root: object = {}): Files => ({
  [`kubernetes/${name}/flux/cluster.yaml`]: `${SOURCE}---\n${kustomization("cluster", `kubernetes/${name}/flux`)}`,
  [`kubernetes/${name}/flux/apps.yaml`]: kustomization("cluster-apps", `kubernetes/${name}/apps`, root),
});
/** A child whose own child applies a ConfigMap. */
const nested = (name: string): Files => ({
  ...cluster(name),
  [`kubernetes/${name}/apps/media.yaml`]: kustomization("media", `kubernetes/${name}/media`, { wait: true }),
  [`kubernetes/${name}/media/player.yaml`]: kustomization("player", `kubernetes/${name}/player`),
  [`kubernetes/${name}/player/config.yaml`]: config("player"),
});
/** Two clusters with the same child, from one file. */
const SHARED: Files = {
  ...cluster("home"),
  ...cluster("away"),
  "kubernetes/home/apps/kustomization.yaml": resources("../../shared/player"),
  "kubernetes/away/apps/kustomization.yaml": resources("../../shared/player"),
  "kubernetes/shared/player/kustomization.yaml": resources("ks.yaml"),
  "kubernetes/shared/player/ks.yaml": kustomization("player", "kubernetes/shared/config"),
  "kubernetes/shared/config/config.yaml": config("player"),
};
/** The layout that `flux bootstrap` creates: the root applies itself. */
const BOOTSTRAPPED: Files = {
  "clusters/home/flux-system/gotk-sync.yaml": `${SOURCE}---\n${kustomization("flux-system", "clusters/home")}`,
  "clusters/home/flux-system/kustomization.yaml": resources("gotk-sync.yaml"),
  "clusters/home/player.yaml": kustomization("player", "player"),
  "player/config.yaml": config("player"),
};

const OVERWRITTEN =
  "cannot move: this field sets the namespace of everything that flux-system/cluster-apps applies, and Kustomize applies it after the patches, which would undo the move; write the namespace in the files instead, and remove this field";

describe("migrate namespace and handover, on other layouts", () => {
  let root: string;
  let repository: Repository;

  beforeEach(() => {
    root = temporaryDirectory("edgefirst-trees-");
    repository = new Repository(root);
  });

  function contextOf(): StepContext {
    const { clusters } = buildRepository(repository);
    return { repository, clusters, selected: () => true, options: readOptions(repository) };
  }

  /** Runs a step through the earlier phases up to the given one. */
  function take(step: Step, options: object, phases: readonly Record<string, string>[]): StepResult[] {
    return phases.map((each) => {
      const text = stringify({ [step.id]: { ...options, phases: each } });
      repository = repository.with(new Map([[".edgefirst/migrate.yaml", text]]));
      const result = runStep(step, contextOf());
      assert.deepEqual(result.proof.failures, []);
      repository = result.after;
      return result;
    });
  }

  const homes = (...phases: readonly string[]): Record<string, string>[] =>
    phases.map((phase) => ({ "kubernetes/home": phase }));
  const change = (files: Files): void => {
    repository = repository.with(new Map(Object.entries(files)));
  };
  const kustomizations = (): string[] =>
    contextOf()
      .clusters.flatMap(({ name, objects }) => objects.map(({ object }) => ({ name, object })))
      .filter(({ object }) => object.apiVersion === KUSTOMIZATION)
      .map(({ name, object }) => {
        const metadata = object.metadata as { namespace: string; name: string };
        return `${name} ${metadata.namespace}/${metadata.name}`;
      });

  it("does not move a child's own children", () => {
    change({ ...nested("home"), ...nested("away") });
    take(namespace, {}, homes("guard", "move", "unguard"));
    const found = kustomizations();
    for (const expected of ["home flux-apps/media", "home flux-system/player", "away flux-system/media"])
      assert.ok(found.includes(`kubernetes/${expected}`), found.join("\n"));
  });

  it("an object added in one cluster does not make up for one removed in another", () => {
    change(SHARED);
    const both = (phase: string) => ({ "kubernetes/home": phase, "kubernetes/away": phase });
    take(namespace, {}, [both("guard")]);
    const move = stringify({ namespace: { phases: { "kubernetes/home": "move" } } });
    change({ ".edgefirst/migrate.yaml": move });
    const { changes, notes } = namespace.plan(contextOf());
    const gone = { path: "kubernetes/away/apps/kustomization.yaml", text: "resources: []\n" };
    const { proof } = prove(namespace, contextOf(), { changes: [...changes, gone], notes });
    const failures = proof.failures.map(({ message }) => message);
    assert.ok(
      failures.includes(
        "kubernetes/away: Kustomization flux-system/player (removed): it does not appear in flux-apps",
      ),
      failures.join("\n"),
    );
    assert.deepEqual(prove(namespace, contextOf(), { changes, notes }).proof.failures, []);
  });

  const player = (metadata: object = {}): Files => ({
    "kubernetes/home/apps/player.yaml": kustomization("player", "kubernetes/home/player", {}, metadata),
    "kubernetes/home/player/config.yaml": config("player"),
  });
  const refused: readonly (readonly [string, Files, string, string])[] = [
    [
      "a root that does not prune",
      { ...cluster("home", { prune: false }), ...player() },
      "cluster-apps",
      "kubernetes/home/flux/apps.yaml:1: cannot move: flux-system/cluster-apps does not prune, so every child would exist twice and apply the same objects; set spec.prune to true",
    ],
    [
      "a child that is never pruned",
      { ...cluster("home"), ...player({ annotations: { "kustomize.toolkit.fluxcd.io/prune": "disabled" } }) },
      "cluster-apps",
      "kubernetes/home/apps/player.yaml:1: cannot move: flux-system/player is never pruned, so it would exist twice and apply the same objects; remove its annotation kustomize.toolkit.fluxcd.io/prune",
    ],
    [
      "two children that would share a name, before the guard",
      {
        ...cluster("home"),
        ...player(),
        "kubernetes/home/apps/twin.yaml": kustomization(
          "player",
          "kubernetes/home/other",
          {},
          { namespace: "media" },
        ),
        "kubernetes/home/other/config.yaml": config("other"),
      },
      "cluster-apps",
      "kubernetes/home/apps/player.yaml:1: cannot move: flux-system/player and media/player would both become flux-apps/player; rename all but one",
    ],
    [
      "a root that sets a namespace for everything",
      { ...cluster("home", { targetNamespace: "flux-system" }), ...player() },
      "cluster-apps",
      `kubernetes/home/flux/apps.yaml:12: ${OVERWRITTEN}`,
    ],
    [
      "a kustomization that sets a namespace for everything",
      {
        ...cluster("home"),
        ...player(),
        "kubernetes/home/apps/kustomization.yaml": `${resources("player.yaml")}namespace: flux-system\n`,
      },
      "cluster-apps",
      `kubernetes/home/apps/kustomization.yaml:5: ${OVERWRITTEN}`,
    ],
    [
      "a root that applies itself",
      BOOTSTRAPPED,
      "flux-system",
      "clusters/home/flux-system/gotk-sync.yaml:10: cannot move: flux-system/flux-system applies itself, so its patches would move it as well; put the children under a separate Kustomization and set namespace.root in .edgefirst/migrate.yaml to its name",
    ],
  ];
  for (const [what, files, name, expected] of refused)
    it(`refuses ${what}`, () => {
      change(files);
      const [result] = take(namespace, { root: name }, homes("guard"));
      assert.ok(result);
      const { plan } = result;
      assert.deepEqual([plan.changes, plan.notes.map((note) => formatNote(note))], [[], [expected]]);
    });

  for (const [perApp, place] of [
    [false, "flux-apps"],
    [true, "other"],
  ] as const)
    it(`refuses the guard if a Kustomization that does not move has the same name as a child${perApp ? ", because the patch selects it" : ""}`, () => {
      const labels = { "substitution.flux.home.arpa/disabled": "true" };
      const stays = kustomization("player", "kubernetes/home/other", {}, { namespace: place, labels });
      const child = kustomization("player", "kubernetes/home/player", { targetNamespace: "media" });
      change({ ...cluster("home"), ...player(), "kubernetes/home/other/config.yaml": config("other") });
      change({ "kubernetes/home/apps/other.yaml": stays, "kubernetes/home/apps/player.yaml": child });
      const [result] = take(namespace, { perApp }, homes("guard"));
      assert.ok(result);
      const to = perApp ? "media" : "flux-apps";
      assert.deepEqual(
        [result.plan.changes, result.plan.notes.map((note) => formatNote(note))],
        [
          [],
          [
            `kubernetes/home/apps/other.yaml:1: cannot move: ${place}/player has the same name as flux-system/player, which moves to ${to}; rename one of them`,
          ],
        ],
      );
    });

  it("deploys only the settings to the target, unchanged", () => {
    const settings = stringify({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "settings", namespace: "flux-system" },
      data: { DOMAIN: "${DOMAIN}" },
    });
    const substitutes = { postBuild: { substituteFrom: [{ kind: "ConfigMap", name: "settings" }] } };
    change({ ...cluster("home"), ...player() });
    change({
      "kubernetes/home/flux/settings.yaml": settings,
      "kubernetes/home/apps/player.yaml": kustomization("player", "kubernetes/home/player", substitutes),
    });
    const [result] = take(namespace, {}, homes("guard"));
    assert.deepEqual(
      result?.plan.notes.filter(({ kind }) => kind === "refused").map((note) => formatNote(note)),
      [
        "kubernetes/home/flux/apps.yaml:1: cannot deploy settings to flux-apps: kubernetes/home/flux also contains Kustomization flux-system/cluster-apps, which must not be deployed there; move the settings that the children substitute from to a separate directory",
      ],
    );
    const above = kustomization("cluster", "kubernetes/home/flux", {
      postBuild: { substitute: { DOMAIN: "a" } },
    });
    repository = repository.with(new Map([["kubernetes/home/flux/settings.yaml", undefined]]));
    change({
      "kubernetes/home/flux/cluster.yaml": `${SOURCE}---\n${above}`,
      "kubernetes/home/flux/vars/settings.yaml": settings,
    });
    const { failures } = runStep(namespace, contextOf()).proof;
    assert.deepEqual(
      failures.map(({ message }) => message),
      ["kubernetes/home: ConfigMap flux-apps/settings (added): it is new and not part of the move"],
    );
  });

  it("handover: the objects of two levels of Kustomizations stay in each cluster", () => {
    change({ ...nested("home"), ...nested("away") });
    const both = (phase: string) => ({ "kubernetes/home": phase, "kubernetes/away": phase });
    const [, removed] = take(handover, {}, [both("guard"), both("remove")]);
    assert.equal(removed?.proof.intended.length, 4);
  });

  it("handover: Kustomize still accepts a kustomization without entries", () => {
    change(BOOTSTRAPPED);
    const phases = ["guard", "remove"].map((phase) => ({ "clusters/home": phase }));
    take(handover, { root: "flux-system" }, phases);
    assert.equal(repository.isFile("clusters/home/flux-system/gotk-sync.yaml"), false);
    assert.match(
      fileText(repository, "clusters/home/flux-system/kustomization.yaml") ?? "",
      /^resources: \[\]$/m,
    );
  });
});
