import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { readKustomizationFile } from "../../../tools/gitops/kustomize/kustomization-file.ts";
import { kustomizeBuild } from "../../../tools/gitops/kustomize/kustomize.ts";
import { type Resource } from "../../../tools/gitops/kustomize/resource.ts";
import { compareBuild } from "../../../tools/gitops/compare.ts";
import { parseYaml } from "../../../tools/gitops/yaml/parse.ts";
import { Repository } from "../../../tools/gitops/yaml/repository.ts";
import { locate, SourceFile, startOf } from "../../../tools/gitops/yaml/source.ts";
import { originAt, type Mapping } from "../../../tools/gitops/yaml/values.ts";
import { BuildError } from "../../../tools/gitops/problem.ts";
import { generateKustomizationFile } from "../../../tools/gitops/kustomize/kustomization-file.ts";
import { findProgram } from "../../../tools/toolchain/find.ts";
import { programNamed } from "../../../tools/toolchain/program.ts";
import { PROGRAMS } from "../../../tools/toolchain/programs.ts";
import { skip } from "../../support/skip.ts";

const ROOT = join(import.meta.dirname, "../../fixtures/repositories/kustomize");
const nowhere = startOf("nowhere");

function build(directory: string): readonly Resource[] {
  const repository = new Repository(ROOT);
  return kustomizeBuild(readKustomizationFile(repository, directory, nowhere), repository);
}

function object(directory: string, kind: string): Mapping {
  const found = build(directory).find(({ gvk }) => gvk.kind === kind);
  assert.ok(found, `${directory} has no ${kind}`);
  return found.object;
}

const at = (root: Mapping, ...path: (string | number)[]): string => {
  const { file, line } = locate(originAt(root, path));
  return `${file}:${line}`;
};

describe("the offline kustomize build", () => {
  it("rejects an empty kustomization as a resource, and accepts one with an empty list", () => {
    const including = (text: string): readonly Resource[] => {
      const repository = new Repository(ROOT).with(
        new Map([
          ["outer/kustomization.yaml", "resources: [inner]\n"],
          ["outer/inner/kustomization.yaml", text],
        ]),
      );
      return kustomizeBuild(readKustomizationFile(repository, "outer", nowhere), repository);
    };
    for (const text of ["kind: Kustomization\n", "resources:\n", "bases: []\n", 'namespace: ""\n'])
      assert.throws(() => including(text), /the kustomization in outer\/inner is empty/, text);
    for (const text of ["resources: []\n", "components: []\n", "metadata: {}\n", "labels: []\n"])
      assert.deepEqual(including(text), [], text);
  });

  it("merges the lists of built-in kinds by key and replaces those of custom resources", () => {
    const spec = ((object("patches", "Deployment").spec as Mapping).template as Mapping).spec as Mapping;
    const containers = spec.containers as Mapping[];
    assert.deepEqual(
      containers.map(({ name }) => name),
      ["extra", "web"],
    );
    assert.deepEqual(
      (containers[1]!.env as Mapping[]).map(({ name }) => name),
      ["NEW", "LEVEL", "TOKEN"],
    );
    assert.deepEqual(containers[1]!.args, ["--three"]);
    assert.deepEqual(
      (containers[1]!.ports as Mapping[]).map(({ containerPort }) => containerPort),
      [9090, 8080, 8080],
    );
    const values = (object("patches", "HelmRelease").spec as Mapping).values as Mapping;
    assert.deepEqual([values.list, values.merged, "again" in values], [["c"], { only: "this" }, false]);
    assert.equal(
      build("patches").some(({ gvk }) => gvk.kind === "PersistentVolumeClaim"),
      false,
    );
  });

  it("locates the file and line that set each field", () => {
    const deployment = object("patches", "Deployment");
    const containers = ["spec", "template", "spec", "containers"];
    assert.equal(at(deployment, ...containers, 1, "args"), "patches/deployment-patch.yaml:14");
    assert.equal(at(deployment, ...containers, 1, "image"), "base/deployment.yaml:22");
    assert.equal(at(deployment, "metadata", "annotations", "patched"), "patches/kustomization.yaml:12");
    const service = object("patches", "Service");
    assert.equal(at(service, "spec", "ports", 1), "patches/kustomization.yaml:15");
    const renamed = object("names", "Deployment");
    assert.equal(at(renamed, "metadata", "namespace"), "names/kustomization.yaml:4");
    const data = build("release").find(({ gvk }) => gvk.kind === "ConfigMap")!.object;
    assert.equal(at(data, "data", "values.yaml"), "release/values.yaml:1");
  });

  it("follows generated names into a HelmRelease's valuesFrom, as kustomizeconfig.yaml asks", () => {
    const [release, configMap] = ["HelmRelease", "ConfigMap"].map((kind) => object("nested-release", kind));
    const name = (configMap!.metadata as Mapping).name as string;
    assert.match(name, /^my-values-[a-z0-9]{10}$/);
    assert.deepEqual((release!.spec as Mapping).valuesFrom, [{ kind: "ConfigMap", name }]);
  });

  it("returns block scalars as Kustomize reads and writes them, and base64 in lines", () => {
    const [folded, open] = build("scalars").map((resource) => resource.object.data as Mapping);
    assert.deepEqual(
      { ...folded },
      {
        indented: "[\n\n  one more line ending than YAML says\n] one line with that one\nthe next\n",
        "indented-first": " blank first\njoined all the same line\n",
        quoted: "a blank at the end \n  and no more line endings\n",
        ends: "three line endings\n\n\n",
      },
    );
    assert.deepEqual(
      { ...open },
      {
        last: "a file\nwithout a last line ending",
        patched: "ends without a line ending, as Kustomize trims the patch",
      },
    );
    const secret = object("scalars", "Secret");
    assert.equal((secret.metadata as Mapping).name, "long-d99f26hhmm");
    assert.match((secret.data as Mapping).long as string, /^\w{70}\n\S{1,70}\n$/);
  });

  it("names what it does not support, and where", () => {
    for (const [field, text] of [
      ["validators", "validators: [x.yaml]"],
      ["https://example.com/base", "resources: [https://example.com/base]"],
      [
        "a YAML text with comments",
        `replacements: [{ source: { kind: ConfigMap, fieldPath: metadata.name }, targets: [{ select: { kind: ConfigMap }, fieldPaths: [data.x.a] }] }]
configMapGenerator: [{ name: made, literals: ["x=a: b # c"] }]`,
      ],
    ] as const) {
      const repository = new Repository(ROOT);
      const { documents } = parseYaml(new SourceFile("kustomization.yaml", `kind: Kustomization\n${text}\n`));
      repository.parse = () => ({ documents, errors: [] });
      assert.throws(
        () => kustomizeBuild(readKustomizationFile(repository, "base", nowhere), repository),
        (error) =>
          error instanceof BuildError &&
          error.kind === "unsupported" &&
          error.message.includes(field) &&
          error.problem.position.line === 2,
      );
    }
  });

  it("generates a kustomization for a directory without one, as kustomize-controller does", () => {
    const repository = new Repository(join(ROOT, "../fleet"));
    const { fields } = generateKustomizationFile(repository, "kubernetes/edge", nowhere);
    assert.deepEqual(fields.resources, [
      "./apps/broken.yaml",
      "./apps/media",
      "./flux/apps.yaml",
      "./flux/config/cluster.yaml",
      "./flux/vars/settings.yaml",
    ]);
  });

  it("equals the real Kustomize for every fixture", async function () {
    this.timeout(60_000);
    const command = await realKustomize();
    if (command === undefined) skip(this, "neither kustomize nor kubectl is installed or built here");
    const repository = new Repository(ROOT);
    for (const directory of readdirSync(ROOT).filter((name) => name !== "component")) {
      const { outcome, differences } = await compareBuild(repository, directory, command);
      assert.equal(
        outcome,
        directory.startsWith("refused") ? "refused" : "equal",
        `${directory}: ${differences.join("\n")}`,
      );
    }
  });
});

/** The pinned program if it is available without a build, or else kubectl. */
async function realKustomize(): Promise<readonly string[] | undefined> {
  const found = await findProgram(programNamed("kustomize", PROGRAMS));
  if (found) return [found.path, "build", "--load-restrictor=LoadRestrictionsNone"];
  for (const directory of (process.env.PATH ?? "").split(":")) {
    try {
      if (readdirSync(directory).includes("kubectl"))
        return [join(directory, "kubectl"), "kustomize", "--load-restrictor=LoadRestrictionsNone"];
    } catch {
      // A directory in PATH that does not exist.
    }
  }
  return undefined;
}
