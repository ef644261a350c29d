import assert from "node:assert/strict";
import { join } from "node:path";
import { Repository } from "../../../tools/gitops/yaml/repository.ts";
import { locate } from "../../../tools/gitops/yaml/source.ts";
import { originAt, type Mapping } from "../../../tools/gitops/yaml/values.ts";
import type { BuiltObject } from "../../../tools/gitops/flux/built.ts";
import {
  ELSEWHERE,
  substitute,
  SubstitutionError,
  UNKNOWN,
  type Lookup,
} from "../../../tools/gitops/flux/envsubst.ts";
import { buildRepository } from "../../../tools/gitops/flux/repository-build.ts";

const FLEET = join(import.meta.dirname, "../../fixtures/repositories/fleet");

const built = buildRepository(new Repository(FLEET));
const [cluster] = built.clusters;

function find(kind: string, name: string): BuiltObject {
  const found = cluster!.objects.find(
    ({ object }) => object.kind === kind && (object.metadata as Mapping).name === name,
  );
  assert.ok(found, `no ${kind} ${name}`);
  return found;
}

function at({ object }: BuiltObject, ...path: (string | number)[]): string {
  const { file, line, column } = locate(originAt(object, path));
  return `${file}:${line}:${column}`;
}

describe("the offline build of a Flux repository", () => {
  it("starts at the root, builds what it applies, and names what other repositories provide", () => {
    assert.deepEqual(
      built.clusters.map(({ name }) => name),
      ["kubernetes/edge"],
    );
    const names = cluster!.kustomizations.map(({ object }) => (object.metadata as Mapping).name);
    assert.deepEqual(names.sort(), ["cluster", "cluster-apps", "flux", "player", "scripts"]);
    assert.deepEqual(built.external, ["flux-system/flux (OCIRepository flux-manifests)"]);
  });

  it("keeps the objects of spec.kubeConfig apart, on a cluster named after its Secret, and its namespace if another one has a Secret of the same name", () => {
    const { clusters } = buildRepository(new Repository(join(FLEET, "../remote")));
    const pages = clusters.map(({ name, objects }) => [
      name,
      objects.filter(({ object }) => object.kind === "ConfigMap").length,
    ]);
    assert.deepEqual(Object.fromEntries(pages), {
      "clusters/hub": 1,
      "clusters/hub (north)": 1,
      "clusters/hub (flux-system/south)": 1,
      "clusters/hub (team/south)": 1,
    });
  });

  it("reports a broken file and keeps the rest of its build", () => {
    assert.deepEqual(
      cluster!.problems.map(({ kind, position }) => [kind, position.file]),
      [["syntax", "kubernetes/edge/apps/broken.yaml"]],
    );
    find("Namespace", "media");
  });

  it("applies global patches by label, and locates their fields", () => {
    const player = find("Kustomization", "player");
    assert.equal(
      at(player, "spec", "postBuild", "substituteFrom", 0, "name"),
      "kubernetes/edge/flux/apps.yaml:23:17",
    );
    assert.equal(at(player, "spec", "path"), "kubernetes/edge/apps/media/player/ks.yaml:12:3");
    assert.equal((find("Kustomization", "scripts").object.spec as Mapping).postBuild, undefined);
  });

  it("adds the spec's components, images, namespace and metadata", () => {
    const player = find("Deployment", "player");
    assert.deepEqual(player.object.metadata, {
      name: "player",
      namespace: "media",
      labels: { "app.kubernetes.io/name": "player" },
    });
    const containers = ["spec", "template", "spec", "containers"];
    assert.equal(
      at(player, ...containers, 0, "image"),
      "kubernetes/shared/components/guarded/probe.yaml:10:11",
    );
    assert.equal(at(player, ...containers, 1, "image"), "kubernetes/edge/apps/media/player/ks.yaml:21:7");
    assert.equal(at(player, "metadata", "namespace"), "kubernetes/edge/apps/media/player/ks.yaml:8:3");
  });

  it("substitutes known variables, keeps encrypted ones, and leaves objects without variables alone", () => {
    const player = find("Deployment", "player");
    const spec = player.object.spec as Mapping;
    assert.equal(spec.replicas, 2);
    const containers = ((spec.template as Mapping).spec as Mapping).containers as Mapping[];
    assert.deepEqual(containers[1]!.env, [
      { name: "URL", value: "https://player.example.com" },
      { name: "PASSWORD", value: "${PASSWORD}" },
      { name: "THEME", value: "dark" },
      // Flux turns a lone undefined variable into a null.
      { name: "EMPTY", value: null },
      { name: "LITERAL", value: "${KEPT}" },
    ]);
    assert.equal((player.beforeSubstitution.spec as Mapping).replicas, "${REPLICAS}");
    const variables = player.kustomization!.variables!;
    assert.deepEqual([variables.values.has("PASSWORD"), variables.values.get("PASSWORD")], [true, undefined]);
    assert.equal(variables.complete, true);
    assert.deepEqual(find("ConfigMap", "script").object.data, { "run.sh": "echo ${HOME:-/root}\n" });
  });

  it("returns an object as it is before its Kustomization's spec is applied", () => {
    const player = find("Deployment", "player");
    const before = player.kustomization!.beforePatches(player.origin);
    assert.deepEqual(before?.metadata, { name: "player" });
  });
});

describe("Flux's variable substitution", () => {
  const variables: Readonly<Record<string, string>> = {
    var01: "abcdEFGH28ij",
    UP: "ABC",
    path_name: "/home/bozo/ideas/x",
    stringZ: "abcABC123ABCabc",
    filename: "bash.string.txt",
    file: "path/to/file",
    slash: "foo/bar/baz",
    empty: "",
    umlaut: "äb",
  };
  const lookup: Lookup = (name) => variables[name];

  // Cases from fluxcd/pkg/envsubst, eval_test.go.
  for (const [input, output] of [
    ["plain", "plain"],
    ["${#var01}", "12"],
    ["${var01^}", "AbcdEFGH28ij"],
    ["${var01^^}", "ABCDEFGH28IJ"],
    ["${UP,}", "aBC"],
    ["${UP,,}", "abc"],
    ["${path_name:11}", "ideas/x"],
    ["${path_name:11:5}", "ideas"],
    ["${path_name:11:-2}", "ideas"],
    ["${path_name:11:-99}", ""],
    ["${umlaut:0:2}", "ä"],
    ["${none=xyz}", "xyz"],
    ["${none:-xyz}", "xyz"],
    ["${none:=xyz}", "xyz"],
    ["${empty:-${none:-deep}}", "deep"],
    ["${none=prefix${UP}-suffix}", "prefixABC-suffix"],
    ["${stringZ/%abc/XYZ}", "abcABC123ABCXYZ"],
    ["${stringZ/#abc/XYZ}", "XYZABC123ABCabc"],
    ["${stringZ//abc/xyz}", "xyzABC123ABCxyz"],
    ["${stringZ/abc/xyz}", "xyzABC123ABCabc"],
    ["${filename#*.}", "string.txt"],
    ["${filename##*.}", "txt"],
    ["${filename%.*}", "bash.string"],
    ["${filename%%.*}", "bash"],
    ["${file#*/}", "to/file"],
    ["${file##*/}", "file"],
    ["$${var01}", "${var01}"],
    ["some ${UP}$${var$${UP}$var01${UP}", "some ABC${var${UP}$var01ABC"],
    ["a $$b $c", "a $b $c"],
    ["${slash//\\//-}", "foo-bar-baz"],
    ["${filename/./}", "bashstring.txt"],
    ["${none}", ""],
  ] as const) {
    it(`turns ${input} into ${output}`, () => {
      const missing = /^\$\{none\}$/.test(input) ? ["none"] : [];
      assert.deepEqual(substitute(input, lookup), { text: output, unknown: [], missing });
    });
  }

  for (const input of ["${}", "${a-b}", "${a", "${{ x }}", "${.Values.x}", "${a:-"]) {
    it(`rejects ${input}`, () => {
      assert.throws(() => substitute(input, lookup), SubstitutionError);
    });
  }

  it("leaves expressions with unknown values, and uses the default of variables that may be defined elsewhere", () => {
    const partly: Lookup = (name) => (name === "SECRET" ? UNKNOWN : ELSEWHERE);
    assert.deepEqual(substitute("a ${SECRET:-x} ${OTHER:-y} ${OTHER}", partly), {
      text: "a ${SECRET:-x} y ${OTHER}",
      unknown: ["SECRET", "OTHER"],
      missing: [],
    });
  });
});
