import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import type { FluxBuild, FluxBuildAnswer, FluxBuildRequest } from "../../../tools/gitops/flux-build.ts";
import { Repository } from "../../../tools/gitops/yaml/repository.ts";
import { lintRepository } from "../../../tools/lint/lint.ts";
import {
  compareAllWithFlux,
  verifyWithFlux,
  type FluxComparison,
} from "../../../tools/lint/verify-with-flux.ts";
import { kustomization, map } from "../../support/built-repository.ts";
import { temporaryDirectory, writeFiles } from "../../support/temporary.ts";

const SYNC = { "flux/sync.yaml": kustomization("sync", "./app") };
const REMOTE = "resources: [map.yaml, https://example.com/crds.yaml]\n";
const MAP = {
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "a", namespace: "default" },
};
const fails = (): FluxBuildAnswer => ({ error: "no network" });

describe("a comparison with Flux's own packages", () => {
  let root: string;
  beforeEach(() => {
    root = temporaryDirectory("compared-");
  });

  function write(files: Readonly<Record<string, string>>): Repository {
    writeFiles(root, files);
    return new Repository(root);
  }

  const fluxThat = (answer: (request: FluxBuildRequest) => FluxBuildAnswer): FluxBuild => {
    const flux: Pick<FluxBuild, "build"> = { build: (request) => Promise.resolve(answer(request)) };
    return flux as FluxBuild;
  };

  const compare = (
    files: Readonly<Record<string, string>>,
    answer: (request: FluxBuildRequest) => FluxBuildAnswer,
  ): Promise<FluxComparison> => compareAllWithFlux(write(files), fluxThat(answer));

  it("counts a Kustomization from which Flux builds the same objects", async () => {
    const { same, others } = await compare({ ...SYNC, "app/map.yaml": map("a") }, () => ({ objects: [MAP] }));
    assert.deepEqual([same, others], [1, []]);
  });

  it("does not count one that only Flux can build", async () => {
    const files = { ...SYNC, "app/kustomization.yaml": REMOTE, "app/map.yaml": map("a") };
    for (const answer of [fails, (): FluxBuildAnswer => ({ objects: [MAP] })]) {
      const { same, others } = await compare(files, answer);
      assert.deepEqual([same, others.map(({ outcome }) => outcome)], [0, ["unsupported"]]);
      assert.match(
        others[0]?.message ?? "",
        /^Kustomization flux-system\/sync was not compared, because the offline build cannot build it: unsupported app\/kustomization.yaml:1: .*crds\.yaml/,
      );
    }
  });

  it("does not count one that neither can build, and says what Flux says", async () => {
    const { same, others } = await compare({ ...SYNC, "app/values.yaml": "a: 1\n" }, ({ root: source }) => ({
      error: `failed to decode ${source}/app/values.yaml`,
    }));
    assert.deepEqual([same, others.map(({ outcome }) => outcome)], [0, ["refused"]]);
    assert.equal(
      others[0]?.message,
      "Flux refuses to build Kustomization flux-system/sync: failed to decode app/values.yaml",
    );
  });

  it("makes lint list both", async () => {
    const repository = write({
      "flux/sync.yaml": `${kustomization("sync", "./app")}${kustomization("other", "./other")}`,
      "app/kustomization.yaml": REMOTE,
      "app/map.yaml": map("a"),
      "other/values.yaml": "a: 1\n",
    });
    const { findings } = await verifyWithFlux(lintRepository(repository), repository, fluxThat(fails));
    const added = findings.filter(({ message }) => /was not compared|Flux refuses/.test(message));
    assert.deepEqual(added.map(({ rule }) => rule).sort(), ["build", "unsupported"]);
  });

  it("builds what the source delivers where Flux builds every file of a directory", async () => {
    const roots: string[] = [];
    const seen: string[][] = [];
    const files = {
      "flux/sync.yaml": kustomization("sync", "./"),
      ".sourceignore": "/.edgefirst/\n/flux/\n",
      ".edgefirst/migrate.yaml": "acceptLoss: [comment]\n",
      "map.yaml": map("a"),
    };
    const { same, others } = await compare(files, (request) => {
      roots.push(request.root);
      seen.push(readdirSync(request.root).sort());
      return { objects: [MAP] };
    });
    assert.deepEqual(seen, [[".sourceignore", "map.yaml"]]);
    assert.deepEqual([same, others], [1, []]);
    assert.throws(() => readdirSync(roots[0] ?? ""), /ENOENT/);
  });
});
