import assert from "node:assert/strict";
import { join } from "node:path";
import { FluxBuild } from "../../../tools/gitops/flux-build.ts";
import { compareWithFlux } from "../../../tools/gitops/flux-compare.ts";
import { lintRepository } from "../../../tools/lint/lint.ts";
import { fluxBuildOrSkip } from "../../support/skip.ts";
import { withRepository, type Files } from "../migrate/planning.ts";

const KINDS = join(import.meta.dirname, "../../fixtures/repositories/kinds");
const SUBSTITUTE = { postBuild: { substitute: { HOST: "example.com" } } };
const GATE = "--feature-gates=StrictPostBuildSubstitutions";

const map = (name: string, value: string): object => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "default" },
  data: { value },
});
const kustomization = (name: string, path: string, more: object = {}): object => ({
  apiVersion: "kustomize.toolkit.fluxcd.io/v1",
  kind: "Kustomization",
  metadata: { name, namespace: "flux-system" },
  spec: { path, prune: true, sourceRef: { kind: "GitRepository", name: "home" }, ...more },
});
/** Two objects need a variable that nothing defines; a third has a default for it. */
const MAPS = [map("one", "${NONE}"), map("two", "${HOST}/${NONE}"), map("three", "${OTHER:-x}")];

const instance = (version: string, patch?: string): object => ({
  apiVersion: "fluxcd.controlplane.io/v1",
  kind: "FluxInstance",
  metadata: { name: "flux", namespace: "flux-system" },
  spec: {
    distribution: { version },
    ...(patch !== undefined && {
      kustomize: { patches: [{ target: { kind: "Deployment", name: "kustomize-controller" }, patch }] },
    }),
  },
});
const addedArgument = (argument: string): string =>
  `# - { op: add, path: /spec/x, value: ${GATE}=true }\n- op: add\n  path: /spec/template/spec/containers/0/args/-\n  value: ${argument}\n`;

const deployment = (version: string, args: readonly string[]): object => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "kustomize-controller", namespace: "flux-system" },
  spec: {
    template: {
      spec: { containers: [{ name: "m", image: `ghcr.io/fluxcd/kustomize-controller:${version}`, args }] },
    },
  },
});
const release = (values: object): object => ({
  apiVersion: "helm.toolkit.fluxcd.io/v2",
  kind: "HelmRelease",
  metadata: { name: "flux", namespace: "flux-system" },
  spec: {
    interval: "1h",
    chart: { spec: { chart: "flux-instance", sourceRef: { kind: "HelmRepository", name: "c" } } },
    values,
  },
});
const install = (version: string, patch = ""): Files => ({
  "bootstrap/kustomization.yaml": `resources: ["https://github.com/fluxcd/flux2/manifests/install?ref=${version}"]\n${patch}`,
});

const inCluster = (object: object): Files => ({ "clusters/home/flux.yaml": object });

/** How a repository sets Flux's version and gates, and whether the cluster is strict. */
const FORMS: readonly (readonly [form: string, files: Files, strict: boolean])[] = [
  ["a FluxInstance of 2.9", inCluster(instance("2.9.x")), true],
  ["a FluxInstance of any 2.x, which is the newest", inCluster(instance("2.x")), true],
  ["a FluxInstance of 2.8", inCluster(instance("2.8.x")), false],
  [
    "a patch of a FluxInstance that turns it off",
    inCluster(instance("2.9.x", addedArgument(`${GATE}=false`))),
    false,
  ],
  [
    "a patch of a FluxInstance that turns it on before 2.9",
    inCluster(instance("2.8.x", addedArgument(`${GATE}=true`))),
    true,
  ],
  ["a patch of a FluxInstance with another gate", inCluster(instance("2.9.x", addedArgument("--x"))), true],
  ["a controller of 1.9", inCluster(deployment("v1.9.5", [])), true],
  [
    "the arguments of a controller",
    inCluster(deployment("v1.9.5", [`${GATE}=false,GroupChangeLog=true`])),
    false,
  ],
  [
    "values of the chart flux-instance",
    inCluster(
      release({
        instance: {
          distribution: { version: "2.9.2" },
          kustomize: { patches: [{ patch: addedArgument(`${GATE}=false`) }] },
        },
      }),
    ),
    false,
  ],
  ["flux install of 2.9", install("v2.9.0"), true],
  ["flux install of 2.8", install("v2.8.5"), false],
  [
    "a patch next to flux install",
    install("v2.9.0", `patches: [{ patch: '[{ "op": "add", "path": "/x", "value": "${GATE}=false" }]' }]\n`),
    false,
  ],
  ["nothing", {}, false],
];

const repository = (more: Files): Files => ({
  "clusters/home/apps.yaml": [
    kustomization("home", "./clusters/home"),
    kustomization("apps", "./apps", SUBSTITUTE),
  ],
  "apps/maps.yaml": MAPS,
  ...more,
});

describe("a variable that nothing defines", () => {
  for (const [form, files, strict] of FORMS)
    it(`is ${strict ? "an error" : "empty"} with ${form}`, () => {
      withRepository(repository(files), {}, ({ clusters }) => {
        const problems = clusters
          .flatMap((cluster) => cluster.problems)
          .filter(({ kind }) => kind === "build")
          .map(({ message, position, isBuilt }) => [`${position.file}:${position.line} ${message}`, isBuilt]);
        const flux = form.includes("any 2.x")
          ? "Flux from 2.9.0 on (FluxInstance flux-system/flux admits 2.x)"
          : "Flux";
        const expected = [
          "apps/maps.yaml:7 Kustomization flux-system/apps does not define ${NONE}, which this object and 1 more object need, so FLUX applies nothing of it: define it in spec.postBuild, or write $${NONE} for a literal ${NONE}".replace(
            "FLUX",
            flux,
          ),
          true,
        ];
        assert.deepEqual(problems, strict ? [expected] : []);
      });
    });

  it("is one finding of lint, from the build or from the rule", () => {
    for (const [version, rule] of [
      ["2.9.x", "build"],
      ["2.8.x", "substitution"],
    ] as const)
      withRepository(repository(inCluster(instance(version))), {}, ({ repository: own }) => {
        const found = lintRepository(own).findings.filter(({ message }) => message.includes("NONE"));
        assert.deepEqual(
          found.map((finding) => finding.rule),
          [rule],
        );
      });
  });

  it("is an error for Flux's own packages in the same cases", async function () {
    this.timeout(60_000);
    const flux = new FluxBuild(await fluxBuildOrSkip(this));
    const outcomes: string[] = [];
    const needed = ["${NONE}", "${#NONE}", "${NONE^^}", "${NONE:1}", "${NONE/a/b}", "${HOST:-${NONE}}"];
    const given = ["${NONE:-x}", "${NONE:=x}", "${NONE=x}", "${NONE:?x}", "${HOST}", "$${NONE}", "$NONE"];
    for (const value of [...needed, ...given])
      for (const strict of [true, false]) {
        const patch = JSON.stringify([{ op: "add", path: "/spec/value", value: `a ${value}` }]);
        const spec = { path: "./base", patches: [{ patch, target: { kind: "Service" } }], ...SUBSTITUTE };
        outcomes.push(`${value} ${(await compareWithFlux(flux, { root: KINDS, spec, strict })).outcome}`);
      }
    flux.close();
    assert.deepEqual(outcomes, [
      ...needed.flatMap((value) => [`${value} refused`, `${value} equal`]),
      ...given.flatMap((value) => [`${value} equal`, `${value} equal`]),
    ]);
  });
});
