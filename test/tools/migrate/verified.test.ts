import assert from "node:assert/strict";
import { join } from "node:path";
import { FluxBuild } from "../../../tools/gitops/flux-build.ts";
import { Repository } from "../../../tools/gitops/yaml/repository.ts";
import { buildClusters } from "../../../tools/migrate/build.ts";
import { readOptions } from "../../../tools/migrate/options.ts";
import { STEPS } from "../../../tools/migrate/registry.ts";
import { comparisonLines, formatMarkdown, reportOf } from "../../../tools/migrate/report.ts";
import { runStep, runStepsWith, type RunStep, type StepResult } from "../../../tools/migrate/run.ts";
import type { StepContext } from "../../../tools/migrate/step.ts";
import { FluxVerifier } from "../../../tools/migrate/verified.ts";
import { fluxBuildOrSkip } from "../../support/skip.ts";

const FIXTURES = join(import.meta.dirname, "../../fixtures/migrate");

/** A step that changes objects, on one of its fixtures. */
const CASES = [
  ["sidecar", "sidecar/app-template"],
  ["pushover", "pushover/example"],
] as const;

function contextOf(fixture: string): StepContext {
  const repository = new Repository(join(FIXTURES, fixture, "before"));
  const options = readOptions(repository);
  return { repository, clusters: buildClusters(repository), selected: () => true, options };
}

describe("migrate --verify-with-flux", function () {
  this.timeout(60_000);
  let program: string;
  before(async function () {
    program = await fluxBuildOrSkip(this);
  });

  /** Runs steps with Flux, or with a program that answers in another way. */
  async function verify(
    ids: readonly string[],
    context: StepContext,
    build?: (flux: FluxBuild) => FluxBuild["build"],
  ): Promise<readonly StepResult[]> {
    const open = (): FluxBuild => {
      const flux = new FluxBuild(program);
      return build ? Object.assign(flux, { build: build(flux) }) : flux;
    };
    const verifier = new FluxVerifier(open, context.repository);
    const isWritable = ({ proof }: StepResult): boolean => proof.status === "holds";
    const steps = ids.map((id) => STEPS.find((step) => step.id === id)).filter((step) => step !== undefined);
    const run: RunStep = (step, given) => verifier.verified(runStep(step, given), isWritable);
    return runStepsWith(run, steps, context, isWritable).finally(() => {
      verifier.close();
    });
  }

  for (const [id, fixture] of CASES)
    it(`Flux builds what ${id} proves, before and after`, async () => {
      const context = contextOf(fixture);
      const [verified] = await verify([id], context);
      assert.deepEqual(verified?.proof.gaps, []);
      assert.equal(verified.proof.status, "holds");
      assert.ok(verified.plan.changes.length > 0);
      const report = reportOf(verified, context.repository);
      assert.deepEqual(report.byFlux, { before: 1, after: 1, others: 0 });
      assert.deepEqual(comparisonLines(report), [
        "Flux's own packages built the same objects from 1 Kustomization before the step and 1 after it: all that read a changed file.",
      ]);
      assert.match(formatMarkdown([report]), /Flux's own packages built the same objects/);
    });

  it("is not proven if Flux builds something else after the step, and the next step starts from the state before", async () => {
    const context = contextOf("sidecar/app-template");
    const [first, second] = await verify(["sidecar", "sidecar"], context, (flux) => {
      const build = flux.build.bind(flux);
      return async (request) => {
        const answer = await build(request);
        const isAfter = JSON.stringify(answer).includes("gatus-sidecar");
        return "error" in answer || !isAfter ? answer : { objects: answer.objects.slice(1) };
      };
    });
    for (const result of [first, second]) {
      assert.equal(result?.proof.status, "unproven");
      assert.match(
        result.proof.gaps.join(),
        /not proven, because the builds differ: Flux builds Kustomization flux-system\/status differently/,
      );
      const report = reportOf(result, context.repository);
      assert.equal(report.verdict, "could not check");
      assert.deepEqual(comparisonLines(report), [
        "Flux's own packages built the same objects from 1 Kustomization before the step and 0 after it. 1 other build that reads a changed file differs, or could not be compared.",
      ]);
      assert.equal(result.plan.changes.length, first?.plan.changes.length);
    }
  });

  it("is not proven if Flux refuses a build", async () => {
    const [result] = await verify(
      ["pushover"],
      contextOf("pushover/example"),
      () => () => Promise.resolve({ error: "no" }),
    );
    assert.match(result?.proof.gaps.join() ?? "", /Flux refuses to build Kustomization/);
  });
});
