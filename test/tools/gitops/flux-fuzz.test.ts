import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { FluxBuild } from "../../../tools/gitops/flux-build.ts";
import { details, fuzz } from "../../support/flux-fuzz.ts";
import { UNDONE_FIXES } from "../../support/flux-undone.ts";
import { fluxBuildOrSkip } from "../../support/skip.ts";

/** A longer run, with a table of the features: node test/support/flux-fuzz-run.ts 0 100000. */
const CASES = 500;
/** At least this share must build, or the generator would test only errors. */
const BUILT = 0.7;
/** In at least so many cases each feature must change the result, or the cases would not test it. */
const EFFECTIVE = 2;

describe("the offline build of generated Kustomizations", () => {
  it(`equals Flux's own packages in ${CASES} cases, of which most build`, async function () {
    this.timeout(120_000);
    const flux = new FluxBuild(await fluxBuildOrSkip(this));
    const differences: string[] = [];
    const report = await fuzz(flux, {
      from: 0,
      to: CASES,
      effective: EFFECTIVE,
      onDifference: (seed, { features }, comparison) => {
        differences.push(`seed ${seed} (${features.join(", ")}): ${details(comparison)}`);
        return true;
      },
    }).finally(() => {
      flux.close();
    });
    assert.deepEqual(differences, []);
    assert.ok(report.built >= CASES * BUILT, `only ${report.built} of ${CASES} cases build`);
    const unused = [...report.features].filter(([, { built, generated }]) => generated === 0 || built === 0);
    assert.deepEqual(
      unused.map(([name]) => name).filter((name) => name !== "oddKeys" && name !== "wrongTypeInside"),
      [],
      "features that no built case has",
    );
    const idle = [...report.features].filter(([, { effective }]) => effective < EFFECTIVE);
    assert.deepEqual(
      idle.map(([name]) => name),
      [],
      `features that change the result in fewer than ${EFFECTIVE} cases`,
    );
  });

  it("can be run with each of the listed fixes undone, as its text is still in the sources", () => {
    for (const { fix, file, text } of UNDONE_FIXES) {
      const parts = readFileSync(join(import.meta.dirname, "../../..", file), "utf8").split(text);
      assert.equal(parts.length, 2, `${fix}: ${text}`);
    }
  });
});
