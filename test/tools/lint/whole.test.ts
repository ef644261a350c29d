import assert from "node:assert/strict";
import { Repository } from "../../../tools/gitops/yaml/repository.ts";
import { lintRepository } from "../../../tools/lint/lint.ts";
import { temporaryDirectory, writeFiles } from "../../support/temporary.ts";

let root: string;
beforeEach(() => {
  root = temporaryDirectory("whole-");
});

function write(file: string, text: string): void {
  writeFiles(root, { [file]: text });
}

const SOURCE = `apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: { name: flux-system, namespace: flux-system }
spec: { url: https://git.example.com/repo, ref: { branch: main } }
`;

const kustomization = (
  name: string,
  path: string,
  after = "",
): string => `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: ${name}, namespace: flux-system }
spec: { path: ${path}, sourceRef: { kind: GitRepository, name: flux-system }${after} }
`;

const MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: map, namespace: media }\n";
const AFTER = ", dependsOn: [{ name: base }]";

/** The errors about dependencies. */
function errors(): readonly string[] {
  return lintRepository(new Repository(root))
    .findings.filter(({ rule, level }) => rule === "kustomization-source" && level === "mandatory")
    .map(({ message }) => message);
}

describe("lint of directories that are parts of one cluster", () => {
  beforeEach(() => {
    write("k8s/flux-system/sync.yaml", `${SOURCE}---\n${kustomization("flux-system", "./k8s/flux-system")}`);
    // The second `prune` makes this document unreadable here, whatever kubectl makes of it.
    write("k8s/base/sync.yaml", kustomization("base", "./k8s/base/objects", ", prune: true, prune: true"));
    write("k8s/base/objects/map.yaml", MAP);
    write("k8s/web/sync.yaml", kustomization("web", "./k8s/web/objects", AFTER));
    write("k8s/web/objects/map.yaml", MAP.replace("name: map", "name: other"));
  });

  it("misses nothing in one that is applied by hand, as long as its source is in another", () => {
    assert.deepEqual(errors(), []);
  });

  it("misses a dependency in a cluster with a source of its own", () => {
    write("k8s/web/objects/source.yaml", SOURCE);
    assert.equal(errors().length, 1);
  });
});
