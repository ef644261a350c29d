import assert from "node:assert/strict";
import { join } from "node:path";
import { FluxBuild } from "../../../tools/gitops/flux-build.ts";
import { Repository } from "../../../tools/gitops/yaml/repository.ts";
import { lintRepository } from "../../../tools/lint/lint.ts";
import { verifyWithFlux } from "../../../tools/lint/verify-with-flux.ts";
import { fluxBuildOrSkip } from "../../support/skip.ts";

const FLEET = join(import.meta.dirname, "../../fixtures/repositories/remote");

describe("lint --verify-with-flux", () => {
  let flux: FluxBuild;
  before(async function () {
    flux = new FluxBuild(await fluxBuildOrSkip(this));
  });
  after(() => {
    flux.close();
  });

  it("adds nothing where both builds agree", async () => {
    const repository = new Repository(FLEET);
    const report = lintRepository(repository);
    assert.deepEqual((await verifyWithFlux(report, repository, flux)).findings, report.findings);
  });

  it("names the Kustomization and the difference where they do not", async () => {
    const repository = new Repository(FLEET);
    const report = lintRepository(repository);
    const other: Pick<FluxBuild, "build"> = {
      build: async (request) => {
        const answer = await flux.build(request);
        return "error" in answer ? answer : { objects: [...answer.objects, { kind: "Extra" }] };
      },
    };
    const { findings } = await verifyWithFlux(report, repository, other as FluxBuild);
    const added = findings.filter(({ rule }) => rule === "build");
    assert.ok(added.length > 0);
    for (const { message, object, position } of added) {
      assert.match(
        message,
        /^Flux builds Kustomization [\w-]+\/[\w-]+ differently: \.\d+: undefined .*"kind":"Extra"/,
      );
      assert.deepEqual([object, position.file.endsWith(".yaml")], ["", true]);
    }
  });
});
