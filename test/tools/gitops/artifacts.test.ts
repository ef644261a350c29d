import assert from "node:assert/strict";
import { rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { Repository } from "../../../tools/gitops/yaml/repository.ts";
import type { Mapping } from "../../../tools/gitops/yaml/values.ts";
import { parseIgnore } from "../../../tools/gitops/flux/ignore-pattern.ts";
import { lintRepository } from "../../../tools/lint/lint.ts";
import { buildRepository, type BuiltRepository } from "../../../tools/gitops/flux/repository-build.ts";
import { temporaryDirectory, writeFiles } from "../../support/temporary.ts";

/** Whether the last matching pattern excludes a path; a directory ends with a slash. */
function isLeftOut(ignore: string, path: string, directory: readonly string[] = []): boolean {
  const parts = path.split("/").filter((part) => part !== "");
  const last = parseIgnore(ignore, directory).findLast(({ matches }) => matches(parts, path.endsWith("/")));
  return last !== undefined && !last.includes;
}

describe("ignore patterns", () => {
  const cases: readonly [pattern: string, leftOut: readonly string[], kept: readonly string[]][] = [
    ["a.yaml", ["a.yaml", "b/a.yaml", "a.yaml/b"], ["aa.yaml"]],
    ["a/", ["a/", "a/b", "b/a/"], ["a", "b/a"]],
    ["/a", ["a", "a/b"], ["b/a"]],
    ["a/*.yaml", ["a/b.yaml"], ["a/b/c.yaml", "c/a/b.yaml"]],
    ["**/a/b", ["a/b", "c/a/b", "c/d/a/b/e"], ["a/c/b"]],
    ["a/**/b", ["a/b", "a/c/d/b"], ["c/a/b"]],
    ["a/**", ["a/b", "a/b/c"], ["b/a"]],
    ["a**/b", [], ["a/b", "aa/b"]],
    ["[a-c]?.yaml", ["ab.yaml"], ["d1.yaml", "a.yaml"]],
    ["[^a].yaml", ["b.yaml"], ["a.yaml"]],
    ["\\*.yaml", ["*.yaml"], ["a.yaml"]],
    ["[.yaml", [], ["[.yaml"]],
    ["a.b", ["a.b"], ["aXb"]],
    ["# a\n\na  ", ["a"], ["# a", "b"]],
    ["/*\n!/kept", ["other/a", "a"], ["kept/a", "kept/a/b"]],
    ["!a\na", ["a"], []],
  ];
  for (const [ignore, leftOut, kept] of cases)
    it(`${JSON.stringify(ignore)} match as in Flux`, () => {
      assert.deepEqual(
        [...leftOut, ...kept].filter((path) => isLeftOut(ignore, path)),
        leftOut,
      );
    });

  it("with many stars are matched quickly", () => {
    assert.ok(!isLeftOut(`${"*a".repeat(60)}b`, "a".repeat(250)));
  });

  it("of a directory apply below it", () => {
    const below = ["apps", "web"];
    assert.ok(isLeftOut("/a", "apps/web/a", below));
    assert.ok(!isLeftOut("/a", "apps/a", below));
    assert.ok(!isLeftOut("/a", "a", below));
  });
});

describe("the artifact of a Flux source", () => {
  let root: string;
  beforeEach(() => {
    root = temporaryDirectory("artifacts-");
    write("kubernetes/edge/flux/cluster.yaml", kustomization("./kubernetes/edge/apps"));
    write("kubernetes/edge/apps/web.yaml", configMap("web"));
  });

  function write(path: string, text: string): void {
    writeFiles(root, { [path]: text });
  }
  const build = (): BuiltRepository => buildRepository(new Repository(root));
  const configMaps = ({ clusters: [cluster] }: BuiltRepository): unknown[] =>
    cluster!.objects
      .filter(({ object }) => object.kind === "ConfigMap")
      .map(({ object }) => (object.metadata as Mapping).name)
      .sort();
  const problems = ({ clusters: [cluster] }: BuiltRepository): string[] =>
    cluster!.problems.map(({ message }) => message);

  it("has everything except what Flux excludes by default", () => {
    write("kubernetes/edge/apps/.sops.yaml", configMap("sops"));
    write("kubernetes/edge/apps/.github/a.yaml", configMap("github"));
    write("kubernetes/edge/apps/cloudbuild.yaml", configMap("cloudbuild"));
    assert.deepEqual(configMaps(build()), ["web"]);
  });

  it("ignores the default exclusions if the repository has its own", () => {
    write("kubernetes/edge/apps/.sops.yaml", configMap("sops"));
    write(".sourceignore", "*.md\n");
    assert.deepEqual(configMaps(build()), ["sops", "web"]);
  });

  it("excludes what an ignore file in a directory lists", () => {
    write("kubernetes/edge/apps/draft.yaml", configMap("draft"));
    write("kubernetes/edge/apps/.sourceignore", "/draft.yaml\n");
    assert.deepEqual(configMaps(build()), ["web"]);
  });

  it("names the pattern if a build needs an excluded file", () => {
    write(".sourceignore", "/shared\n");
    write("shared/kustomization.yaml", "resources: [a.yaml]\n");
    write("shared/a.yaml", configMap("shared"));
    write("kubernetes/edge/apps/kustomization.yaml", "resources: [web.yaml, ../../../shared]\n");
    assert.deepEqual(problems(build()), [
      "shared is not in the Flux source's artifact: excluded by `/shared` (.sourceignore)",
    ]);
  });

  it("follows the source of the cluster, which overrides ignore files", () => {
    for (const [cluster, ignore] of [
      ["edge", "/*\n!/kubernetes/edge\n"],
      ["main", "/*\n"],
    ] as const)
      write(`kubernetes/${cluster}/flux/source.yaml`, source(ignore));
    write(".sourceignore", "/kubernetes\n");
    assert.deepEqual(configMaps(build()), ["web"]);
    write("kubernetes/edge/flux/source.yaml", source("/*\n!/kubernetes/main\n"));
    assert.deepEqual(problems(build()), [
      "kubernetes/edge/apps is not in the Flux source's artifact: excluded by `/*` (spec.ignore in kubernetes/edge/flux/source.yaml)",
    ]);
  });

  it("has no symbolic links", () => {
    write("shared/a.yaml", configMap("shared"));
    symlinkSync("../../../shared", join(root, "kubernetes/edge/apps/shared"));
    write("kubernetes/edge/apps/kustomization.yaml", "resources: [web.yaml, shared/a.yaml]\n");
    assert.deepEqual(problems(build()), [
      "kubernetes/edge/apps/shared/a.yaml is not in the Flux source's artifact: artifacts do not contain symbolic links",
    ]);
  });

  it("reports a file that no Kustomization uses", () => {
    write(
      "kubernetes/edge/apps/kustomization.yaml",
      "resources: [web.yaml]\npatches: [{ path: patch.yaml }]\n",
    );
    write("kubernetes/edge/apps/patch.yaml", configMap("web"));
    write("kubernetes/edge/apps/forgotten.yaml", configMap("forgotten"));
    write("kubernetes/components/a/kustomization.yaml", component("../b"));
    write("kubernetes/components/b/kustomization.yaml", component("../a"));
    write(
      "kubernetes/edge/json.yaml",
      JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata: { name: "a" } }),
    );
    write("kubernetes/edge/pretty.yaml", '{\n  "kind": "Pod",\n  "apiVersion": "v1"\n}\n');
    write("values.yaml", "replicas: 1\nowner: { apiVersion: v1, kind: Pod }\n");
    assert.deepEqual(build().unreached, [
      "kubernetes/components/a/kustomization.yaml",
      "kubernetes/components/b/kustomization.yaml",
      "kubernetes/edge/apps/forgotten.yaml",
      "kubernetes/edge/json.yaml",
      "kubernetes/edge/pretty.yaml",
    ]);
  });

  const names = (): string[] => build().clusters.map(({ name }) => name);

  it("treats a Kustomization in a hidden directory as archived, unless it is the only one", () => {
    write(".archive/old/ks.yaml", kustomization("./kubernetes/edge/old"));
    assert.deepEqual([names(), build().unreached], [["kubernetes/edge"], [".archive/old/ks.yaml"]]);
    rmSync(join(root, "kubernetes"), { recursive: true });
    assert.deepEqual(names(), ["."]);
  });

  it("does not deploy an app that its kustomization.yaml leaves out, or a template", () => {
    write("kubernetes/edge/apps/kustomization.yaml", "resources: [web.yaml, in]\n");
    for (const name of ["in", "out"])
      write(
        `kubernetes/edge/apps/${name}/ks.yaml`,
        kustomization("./kubernetes/edge/gone").replace("name: cluster", `name: ${name}`),
      );
    write("kubernetes/edge/apps/in/kustomization.yaml", "resources: [ks.yaml]\n");
    write("kubernetes/edge/apps/in/addons/all.yaml", kustomization("./kubernetes/edge/gone"));
    write("kubernetes/templates/app/ks.yaml", kustomization("./kubernetes/edge/${APP}"));
    assert.deepEqual(names(), ["kubernetes/edge"]);
    assert.deepEqual(build().unreached, [
      "kubernetes/edge/apps/in/addons/all.yaml",
      "kubernetes/edge/apps/out/ks.yaml",
      "kubernetes/templates/app/ks.yaml",
    ]);
  });

  it("builds the other entries of a kustomization.yaml if one cannot be built", () => {
    write(
      "kubernetes/edge/apps/kustomization.yaml",
      `resources: [gone.yaml, "https://example.com/crd.yaml", web.yaml]
components: [../gone]
configMapGenerator: [{ name: board, files: ["a.json=https://example.com/a.json"] }, { name: own, literals: [a=b] }]
namespace: web
`,
    );
    const built = buildRepository(new Repository(root), { partial: true });
    assert.deepEqual(
      built.clusters.flatMap(({ objects }) => objects.map(({ object }) => object.kind)),
      ["ConfigMap", "ConfigMap", "Kustomization"],
    );
    const remote = (address: string): string =>
      `the offline build does not support the remote resource ${address}: it would have to be fetched`;
    assert.deepEqual(problems(built), [
      "the file or directory kubernetes/edge/apps/gone.yaml does not exist",
      remote("https://example.com/crd.yaml"),
      remote("https://example.com/a.json"),
      "the file or directory kubernetes/edge/gone does not exist",
    ]);
    assert.deepEqual(
      lintRepository(new Repository(root))
        .findings.filter(({ rule }) => rule === "remote-build-fetch")
        .map(({ path, position: { file, line } }) => `${file}:${line} ${path}`),
      [
        "kubernetes/edge/apps/kustomization.yaml:1 resources[1]",
        "kubernetes/edge/apps/kustomization.yaml:3 configMapGenerator[0].files[0]",
      ],
    );
  });

  it("does not count a Secret that nothing applies as a breach", () => {
    const postBuild = "  postBuild: { substituteFrom: [{ kind: Secret, name: settings }] }\n";
    write("kubernetes/edge/flux/cluster.yaml", kustomization("./kubernetes/edge/apps") + postBuild);
    const found = (): string[] =>
      lintRepository(new Repository(root))
        .findings.filter(({ rule }) => rule === "kustomization-secrets")
        .map(({ level, message }) => `${level}: ${message}`);
    const id = "Secret flux-system/settings";
    assert.deepEqual(found(), [`mandatory: ${id} does not exist.`]);
    write("bootstrap/settings.yaml", "apiVersion: v1\nkind: Secret\nmetadata: { name: settings }\n");
    assert.deepEqual(found(), [
      `advisory: ${id} is in bootstrap/settings.yaml, but no Flux Kustomization applies that file. Apply it by hand.`,
    ]);
  });

  it("only warns of a HelmRepository that is in a file which nothing applies", () => {
    const release =
      "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: { name: tea, namespace: den }\nspec: { interval: 1h, chart: { spec: { chart: tea, version: 1.0.0, sourceRef: { kind: HelmRepository, name: teas } } } }\n";
    write("kubernetes/edge/flux/cluster.yaml", kustomization("./kubernetes/edge/apps"));
    write("kubernetes/edge/apps/tea.yaml", release);
    write("kubernetes/edge/apps/kustomization.yaml", "resources: [tea.yaml]\n");
    const found = (): string[] =>
      lintRepository(new Repository(root))
        .findings.filter(({ rule, path }) => rule === "chart-source" && path.endsWith("name"))
        .map(({ level, message }) => `${level}: ${message}`);
    assert.deepEqual(found(), ["mandatory: HelmRepository den/teas does not exist."]);
    write(
      "kubernetes/edge/apps/teas.yaml",
      "apiVersion: source.toolkit.fluxcd.io/v1\nkind: HelmRepository\nmetadata: { name: teas, namespace: den }\nspec: { url: https://example.com }\n",
    );
    assert.deepEqual(found(), [
      "advisory: HelmRepository den/teas is in kubernetes/edge/apps/teas.yaml, but no Flux Kustomization applies that file.",
    ]);
  });

  it("knows the keys of the Secret that an ExternalSecret creates, but not their values", () => {
    const postBuild =
      "  postBuild: { substituteFrom: [{ kind: ConfigMap, name: settings }, { kind: Secret, name: secrets }] }\n";
    write("kubernetes/edge/flux/cluster.yaml", kustomization("./kubernetes/edge/apps") + postBuild);
    const external = (target: string): void => {
      write(
        "kubernetes/edge/apps/variables.yaml",
        `apiVersion: v1
kind: ConfigMap
metadata: { name: settings, namespace: flux-system }
data: { DOMAIN: example.com, ZONE: eu }
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: { name: from-store, namespace: flux-system }
spec: { data: [{ secretKey: TOKEN }], target: ${target} }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: app, namespace: apps }
data: { host: "\${DOMAIN} \${ZONE}", token: "\${TOKEN}", other: "x\${OTHER}" }
`,
      );
      write("kubernetes/edge/apps/kustomization.yaml", "resources: [variables.yaml]\n");
    };
    const built = (): unknown =>
      buildRepository(new Repository(root))
        .clusters.flatMap(({ objects }) => objects)
        .map(({ object }) => object as unknown as { metadata: { name: string }; data: object })
        .find(({ metadata }) => metadata.name === "app")?.data;
    external("{ name: secrets, template: { data: { DOMAIN: '{{ .domain }}', TOKEN: '{{ .token }}' } } }");
    assert.deepEqual({ ...(built() as object) }, { host: "${DOMAIN} eu", token: "${TOKEN}", other: "x" });
    external("{ name: secrets }");
    assert.deepEqual({ ...(built() as object) }, { host: "example.com eu", token: "${TOKEN}", other: "x" });
    external("{ name: secrets, creationPolicy: Merge }");
    assert.deepEqual(
      { ...(built() as object) },
      { host: "example.com eu", token: "${TOKEN}", other: "x${OTHER}" },
    );
    external("{ name: elsewhere }");
    assert.deepEqual(
      { ...(built() as object) },
      { host: "example.com eu", token: "${TOKEN}", other: "x${OTHER}" },
    );
  });

  it("knows the keys of the Secret that a SealedSecret creates, but not their values", () => {
    const postBuild = "  postBuild: { substituteFrom: [{ kind: Secret, name: secrets }] }\n";
    write("kubernetes/edge/flux/cluster.yaml", kustomization("./kubernetes/edge/apps") + postBuild);
    write("kubernetes/edge/apps/kustomization.yaml", "resources: [variables.yaml]\n");
    const built = (spec: string, annotations = ""): unknown => {
      write(
        "kubernetes/edge/apps/variables.yaml",
        `apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata: { name: secrets, namespace: flux-system, annotations: { ${annotations} } }
spec: ${spec}
---
apiVersion: v1
kind: ConfigMap
metadata: { name: app, namespace: apps }
data: { token: "\${TOKEN}", zone: "\${ZONE:-none}", other: "x\${OTHER}" }
`,
      );
      const [cluster] = buildRepository(new Repository(root)).clusters;
      const app = cluster?.objects.find(({ object }) => object.kind === "ConfigMap")?.object.data;
      return { ...(app as object) };
    };
    const template = "template: { metadata: { name: other }, data: { ZONE: '{{ .zone }}', OTHER: null } }";
    assert.deepEqual(built(`{ encryptedData: { TOKEN: AgB, OTHER: AgC }, ${template} }`), {
      token: "${TOKEN}",
      zone: "${ZONE:-none}",
      other: "x",
    });
    assert.deepEqual(built("{ encryptedData: { TOKEN: AgB } }"), {
      token: "${TOKEN}",
      zone: "none",
      other: "x",
    });
    const unknown = { token: "${TOKEN}", zone: "none", other: "x${OTHER}" };
    assert.deepEqual(built("{ data: AgB }"), unknown);
    assert.deepEqual(built("{ encryptedData: {} }", "sealedsecrets.bitnami.com/patch: 'true'"), unknown);
  });
});

const configMap = (name: string): string => `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name} }\n`;

const component = (other: string): string =>
  `apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\ncomponents: [${other}]\n`;

const kustomization = (path: string): string => `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: cluster, namespace: flux-system }
spec:
  interval: 1h
  prune: true
  path: ${path}
  sourceRef: { kind: GitRepository, name: home }
`;

const source = (ignore: string): string => `apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: { name: home, namespace: flux-system }
spec:
  interval: 1h
  url: https://git.example.com/home.git
  ignore: ${JSON.stringify(ignore)}
`;
