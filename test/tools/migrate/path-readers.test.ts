import assert from "node:assert/strict";
import { readersOfPaths, readersOfUnknown } from "../../../tools/migrate/path-readers.ts";
import { withRepository } from "./planning.ts";

const FILE = "kubernetes/home/flux/cluster/apps.yaml";
const WORKFLOW = ".github/workflows/check.yaml";

/** How each line of a file uses the path; undefined if it names none. */
const usesIn = (path: string, text: string, more: Readonly<Record<string, string>> = {}): readonly string[] =>
  withRepository({ [FILE]: "kind: Kustomization\n", ...more, [path]: text }, {}, ({ repository }) =>
    readersOfPaths(repository, [FILE], { directories: true })
      .filter(({ position }) => position.file === path)
      .map(({ position: { line }, path: named, use }) => `${line} ${named} ${use}`),
  );

describe("commands that read a path", () => {
  it("are found by the file and by its directory, with the path of a checkout in front", () => {
    const text = `steps:
  - run: kubectl apply -f kubernetes/home/flux/cluster/apps.yaml
  - run: kubectl apply --server-side --kustomize ./kubernetes/home/flux/cluster/
  - uses: docker://registry.example.com/flux-local:v8
    with:
      args: >-
        diff ks
        --path /github/workspace/pull/kubernetes/home/flux/cluster
  - env: { FLATE_PATH: ./kubernetes/home/flux/cluster }
  - run: kustomize build kubernetes/home/flux/cluster
  - run: yq .spec.path kubernetes/home/flux/cluster/apps.yaml
  - run: cat ../home/flux/cluster/apps.yaml
`;
    const directory = "kubernetes/home/flux/cluster";
    assert.deepEqual(usesIn(WORKFLOW, text), [
      `2 ${FILE} applies`,
      `3 ${directory} applies`,
      `8 ${directory} starts`,
      `9 ${directory} starts`,
      `10 ${directory} builds`,
      `11 ${FILE} reads`,
      `12 ${FILE} reads`,
    ]);
  });

  it("are found behind variables that the repository defines, and with variables in the middle", () => {
    const text = `vars:
  KUBERNETES_DIR: "{{.ROOT_DIR}}/kubernetes"
  CLUSTER_DIR: "{{.KUBERNETES_DIR}}/home"
tasks:
  a: kubectl apply -k {{.CLUSTER_DIR}}/flux/cluster
  b: kubectl apply -k kubernetes/\${CLUSTER}/flux/cluster
  c: kubectl apply -k {{.KUBERNETES_DIR}}/work/flux/cluster
  d: kubectl apply -k {{.CLUSTER_DIR}}/flux
  e: kubectl apply -k {{.CLUSTER_DIR}}/apps
`;
    assert.deepEqual(usesIn("Taskfile.yaml", text), [
      "5 kubernetes/home/flux/cluster applies",
      "6 kubernetes/home/flux/cluster applies",
      "8 kubernetes/home/flux applies",
    ]);
    const script = '#!/bin/sh\nflux-local test \\\n  --path "$CLUSTER_DIR/flux"\n';
    const manifest = { "bootstrap/cluster.yaml.j2": "spec:\n  path: ./kubernetes/home/flux/cluster\n" };
    const local = "tasks:\n  cluster: kubectl apply -k {{.KUBERNETES_DIR}}/apps/{{.path}}\n";
    assert.deepEqual(usesIn("Taskfile.yaml", local, manifest), []);
    const defined = { ".envrc": "export CLUSTER_DIR=$(expand_path ./kubernetes/home)\n" };
    assert.deepEqual(usesIn("scripts/check.sh", script, defined), ["3 kubernetes/home/flux starts"]);
  });

  it("are no triggers, comments, texts, addresses, manifests or paths that lead to something else", () => {
    const text = `on: { push: { paths: [ "kubernetes/home/flux/**", kubernetes/home/flux/cluster/** ] } }
name: kubernetes/home/flux/cluster
jobs:
  # kubectl apply -k kubernetes/home/flux/cluster
  - run: echo kubectl apply -k kubernetes/home/flux/cluster
  - run: kubectl apply -f https://git.example.com/other/kubernetes/home/flux/cluster/apps.yaml
  - run: kubectl apply -k flux/cluster
  - run: scripts/validate.sh kubernetes/home
`;
    const other = { "flux/cluster/kustomization.yaml": "resources: []\n" };
    assert.deepEqual(usesIn(WORKFLOW, text, other), []);
    const manifest = "apiVersion: v1\nkind: ConfigMap\ndata: { path: ./kubernetes/home/flux/cluster }\n";
    assert.deepEqual(usesIn("kubernetes/home/apps/a.yaml", manifest), []);
  });

  it("are found behind the matrix and the variables of a workflow, as far as its file shows them", () => {
    const text = `env:
  ROOT: kubernetes
on:
  workflow_dispatch: { inputs: { dir: { default: kubernetes/home/flux } } }
jobs:
  a:
    strategy:
      matrix:
        cluster: [home, work]
        other:
          - work
        include:
          - dir: kubernetes/home/flux
          - dir: "\${{ env.ROOT }}/work/flux"
            config: { at: kubernetes/home }
    env:
      DIR: \${{ env.ROOT }}/\${{ matrix.cluster }}
    steps:
      - run: kustomize build \${{ matrix.dir }}
      - run: flux-local test --path /workspace/pull/kubernetes/\${{matrix.cluster}}/flux
      - run: kustomize build kubernetes/\${{ matrix.other }}/flux
      - run: kubectl apply -k "\${{ env.DIR }}/flux"
      - run: kubectl apply -k "$DIR/flux"
      - run: kubectl apply -k \${{ matrix.config.at }}
      - run: kubectl apply -k \${{ inputs.dir }}
`;
    assert.deepEqual(usesIn(WORKFLOW, text), [
      "19 kubernetes/home/flux builds",
      "20 kubernetes/home/flux starts",
      "22 kubernetes/home/flux applies",
      "23 kubernetes/home/flux applies",
      "24 kubernetes/home applies",
      "25 kubernetes/home/flux applies",
    ]);
    const gitlab = `check:
  parallel:
    matrix:
      - CLUSTER: [home, work]
        DIR: kubernetes
  script:
    - kustomize build $DIR/$CLUSTER/flux
`;
    assert.deepEqual(usesIn(".gitlab-ci.yml", gitlab), ["7 kubernetes/home/flux builds"]);
  });

  it("are only guessed at if a run makes the matrix", () => {
    const unknown = (path: string, matrix = "${{ fromJSON(needs.a.outputs.b) }}"): readonly number[] => {
      const text = `jobs:\n  a:\n    strategy: { matrix: ${JSON.stringify(matrix)} }\n    steps:\n      - run: ${path}\n`;
      const files = { [FILE]: "kind: Kustomization\n", [WORKFLOW]: text };
      return withRepository(files, {}, ({ repository }) =>
        readersOfUnknown(repository).map(({ line }) => line),
      );
    };
    for (const path of [
      "kustomize build ${{ matrix.dir }}",
      "kubectl apply -k ${{ matrix.dir }} --prune",
      "flux-local test --path ${{ steps.a.outputs.dir }}",
    ])
      assert.deepEqual(unknown(path), [5], path);
    for (const path of [
      "kustomize build kubernetes/${{ matrix.dir }}",
      "kustomize build kubernetes --name ${{ matrix.dir }}",
      "cat ${{ matrix.dir }}",
      "echo kustomize build ${{ matrix.dir }}",
    ])
      assert.deepEqual(unknown(path), [], path);
  });

  it("include those that a pattern leads to the file", () => {
    const script = "#!/bin/sh\nfor file in kubernetes/*/flux/cluster/*.yaml; do yq . $file; done\n";
    assert.deepEqual(usesIn("check", script), [`2 ${FILE} reads`]);
  });
});

describe("a template of Helmfile", () => {
  it("is a program that reads what it names", () => {
    const template = '{{ (fromYaml (readFile "../kubernetes/home/flux/cluster/apps.yaml")).spec.path }}\n';
    assert.deepEqual(usesIn("bootstrap/values.yaml.gotmpl", template), [`1 ${FILE} reads`]);
  });
});
