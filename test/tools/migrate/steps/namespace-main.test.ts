import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { isFluxKustomization } from "../../../../tools/gitops/flux/flux-kustomization.ts";
import { Repository } from "../../../../tools/gitops/yaml/repository.ts";
import { lintRepository } from "../../../../tools/lint/lint.ts";
import { buildClusters } from "../../../../tools/migrate/build.ts";
import { readOptions } from "../../../../tools/migrate/options.ts";
import { fieldAt, idOf } from "../../../../tools/migrate/objects.ts";
import { formatNote } from "../../../../tools/migrate/report.ts";
import { runStep, type StepResult } from "../../../../tools/migrate/run.ts";
import { namespace } from "../../../../tools/migrate/steps/namespace/step.ts";
import { writeChanges } from "../../../../tools/migrate/write.ts";
import { temporaryDirectory, writeFiles } from "../../../support/temporary.ts";

const CLUSTER = "kubernetes/main";
const ROOT = `${CLUSTER}/flux/apps.yaml`;
/** Kustomizations that another repository applies. */
const OUTSIDE = ["certificates", "cloudnative-pg", "rook-ceph", "secret-stores", "volsync"];
const APPS = 40;
const SOURCE = { kind: "GitRepository", name: "home" };
const DECRYPTION = { provider: "sops", secretRef: { name: "sops-age" } };
const SUBSTITUTE = {
  substituteFrom: [
    { kind: "ConfigMap", name: "cluster-settings" },
    { kind: "Secret", name: "cluster-secrets" },
    { kind: "ConfigMap", name: "user-settings", optional: true },
  ],
};

const flux = (name: string, spec: object, labels?: object): string =>
  stringify({
    apiVersion: "kustomize.toolkit.fluxcd.io/v1",
    kind: "Kustomization",
    metadata: { name, namespace: "flux-system", ...(labels && { labels }) },
    spec: { interval: "30m", prune: true, sourceRef: SOURCE, ...spec },
  });
const plain = (kind: string, name: string, fields: object, inNamespace = "flux-system"): string =>
  stringify({
    apiVersion: "v1",
    kind,
    metadata: kind === "Namespace" ? { name } : { name, namespace: inNamespace },
    ...fields,
  });
const built = (...resources: readonly string[]): string =>
  stringify({ apiVersion: "kustomize.config.k8s.io/v1beta1", kind: "Kustomization", resources });
const OPT_OUT = { "substitution.flux.home.arpa/disabled": "true" };

/** A cluster with forty apps, most of which depend on Kustomizations in another repository, and one that stays in flux-system. */
function writeMain(root: string): void {
  const write = (path: string, text: string): void => {
    writeFiles(root, { [path]: text });
  };
  const child = stringify({
    apiVersion: "kustomize.toolkit.fluxcd.io/v1",
    kind: "Kustomization",
    metadata: { name: "not-used" },
    spec: { decryption: DECRYPTION, postBuild: SUBSTITUTE },
  });
  const labelSelector = "substitution.flux.home.arpa/disabled notin (true)";
  const target = { group: "kustomize.toolkit.fluxcd.io", kind: "Kustomization", labelSelector };
  const parent = { decryption: DECRYPTION, postBuild: SUBSTITUTE, patches: [{ patch: child, target }] };
  write(ROOT, flux("cluster-apps", { path: `./${CLUSTER}/apps`, ...parent }));
  write(`${CLUSTER}/flux/config/cluster.yaml`, `${SOURCES}---\n${flux("cluster", CONFIG)}`);
  write(`${CLUSTER}/flux/kustomization.yaml`, built("./config", "./vars", "./apps.yaml"));
  write(`${CLUSTER}/flux/config/kustomization.yaml`, built("./cluster.yaml"));
  write(`${CLUSTER}/flux/vars/kustomization.yaml`, built("./settings.yaml", "./secrets.yaml"));
  write(`${CLUSTER}/flux/vars/settings.yaml`, plain("ConfigMap", "cluster-settings", { data: { A: "b" } }));
  write(`${CLUSTER}/flux/vars/secrets.yaml`, plain("Secret", "cluster-secrets", { stringData: {} }));
  const apps = Array.from({ length: APPS }, (_unused, index) => `app-${index}`);
  for (const [index, name] of [...apps, "operator"].entries()) {
    const stays = name === "operator";
    const needs = stays
      ? []
      : [OUTSIDE[index % 5], OUTSIDE[(index + 1) % 5], ["operator", "app-0"][index % 2]];
    const dependsOn = needs.filter((one) => one !== name).map((one) => ({ name: one }));
    const directory = `${CLUSTER}/apps/media/${name}`;
    const spec = { path: `./${directory}/app`, targetNamespace: "media", ...(stays ? {} : { dependsOn }) };
    write(`${directory}/ks.yaml`, flux(name, spec, stays ? OPT_OUT : undefined));
    write(`${directory}/app/kustomization.yaml`, built("./config.yaml"));
    write(`${directory}/app/config.yaml`, plain("ConfigMap", name, { data: {} }, "media"));
  }
  const all = [...apps, "operator"].map((name) => `./${name}/ks.yaml`);
  write(`${CLUSTER}/apps/media/namespace.yaml`, plain("Namespace", "media", {}));
  write(`${CLUSTER}/apps/media/kustomization.yaml`, built("./namespace.yaml", ...all));
  write(`${CLUSTER}/apps/kustomization.yaml`, built("./media"));
}

const CONFIG = { path: `./${CLUSTER}/flux`, decryption: DECRYPTION };
const SOURCES = stringify({
  apiVersion: "source.toolkit.fluxcd.io/v1",
  kind: "GitRepository",
  metadata: { name: "home", namespace: "flux-system" },
  spec: { interval: "30m", url: "https://git.example.com/home", ref: { branch: "main" } },
});

describe("migrate namespace: the cluster main from end to end", () => {
  const root = temporaryDirectory("edgefirst-namespace-main-");
  before(() => {
    writeMain(root);
  });

  function run(options: object): StepResult {
    mkdirSync(join(root, ".edgefirst"), { recursive: true });
    writeFileSync(join(root, ".edgefirst/migrate.yaml"), stringify({ namespace: options }));
    const repository = new Repository(root);
    const result = runStep(namespace, {
      repository,
      clusters: buildClusters(repository),
      selected: () => true,
      options: readOptions(repository),
    });
    assert.deepEqual(result.proof.failures, []);
    return result;
  }
  function write(options: object): StepResult {
    const result = run(options);
    assert.deepEqual(
      result.plan.notes.filter(({ kind }) => kind === "refused"),
      [],
    );
    assert.notEqual(result.plan.changes.length, 0);
    writeChanges(new Repository(root), result.plan.changes);
    assert.deepEqual(run(options).plan.changes, []);
    return result;
  }
  /** Without the namespace of a Kustomization, because what was reported before the move may still be reported after it. */
  const findings = (): readonly string[] =>
    lintRepository(new Repository(root)).findings.map(
      ({ rule, message }) => `${rule}: ${message.replaceAll("flux-apps/", "flux-system/")}`,
    );
  const phase = (name: string): object => ({ phases: { [CLUSTER]: name } });

  it("guards, names the decisions in one line, moves with the dependencies, and unguards; lint finds nothing new", () => {
    const known = findings();
    const newFindings = (): readonly string[] => findings().filter((one) => !known.includes(one));

    write(phase("guard"));
    assert.deepEqual(newFindings(), []);

    const { notes, changes } = run(phase("move")).plan;
    assert.deepEqual(changes, []);
    assert.deepEqual(
      notes.filter(({ kind }) => kind === "refused").map((note) => formatNote(note)),
      [
        `${ROOT}:1: cannot move: children depend on 5 Kustomizations that are not in the repository: ${OUTSIDE.join(", ")}. List each that stays in flux-system under namespace.staying in .edgefirst/migrate.yaml; each that moves to flux-apps too, under namespace.dependencies`,
      ],
    );
    assert.ok(notes.length <= 10, notes.map((note) => formatNote(note)).join("\n"));

    const [moves, ...stay] = OUTSIDE;
    const decided = { staying: stay, dependencies: [moves] };
    const { after } = write({ ...decided, ...phase("move") });
    assert.deepEqual(newFindings(), []);
    const objects = buildClusters(after).flatMap((cluster) => cluster.objects.map(({ object }) => object));
    const children = objects.filter(
      (object) => isFluxKustomization(object) && idOf(object).includes("/app-"),
    );
    assert.equal(children.length, APPS);
    for (const object of children) {
      assert.match(idOf(object), /^flux-apps\//);
      const list = fieldAt(object, ["spec", "dependsOn"]) as { name: string; namespace?: string }[];
      for (const { name, namespace: where } of list) {
        const isHere = name === moves || name === "app-0";
        assert.equal(where ?? "flux-apps", isHere ? "flux-apps" : "flux-system", `${idOf(object)} ${name}`);
      }
    }
    assert.ok(objects.some((object) => idOf(object) === "flux-system/operator"));
    assert.ok(objects.some((object) => idOf(object) === "flux-system/flux-apps-settings"));
    assert.ok(objects.some((object) => idOf(object) === "flux-apps/cluster-settings"));

    write({ ...decided, ...phase("unguard") });
    assert.deepEqual(newFindings(), []);
  });
});
