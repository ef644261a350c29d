import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { FluxBuild } from "../../../tools/gitops/flux-build.ts";
import { findProgram } from "../../../tools/toolchain/find.ts";
import { programNamed } from "../../../tools/toolchain/program.ts";
import { PROGRAMS } from "../../../tools/toolchain/programs.ts";
import { FEATURES, generateCase, type GeneratedCase } from "../../support/flux-cases.ts";
import { compareWithFlux, differingPaths, type Comparison } from "../../../tools/gitops/flux-compare.ts";

/** 500 cases take about 20 s; `FLUX_FUZZ_CASES=100000` takes an hour. */
const CASES = Number(process.env.FLUX_FUZZ_CASES ?? 500);
/** At least this share must build, or the generator would test only errors. */
const BUILT = 0.7;

describe("the offline build of generated Kustomizations", () => {
  it(`equals Flux's own packages in ${CASES} cases, of which most build`, async function () {
    this.timeout(CASES * 3000);
    const program = await findProgram(programNamed("flux-build", PROGRAMS), process.env);
    if (program === undefined) {
      process.stdout.write("      skipped: flux-build is not built here\n");
      this.skip();
    }
    const flux = new FluxBuild(program.path);
    const built = new Map(Object.keys(FEATURES).map((feature) => [feature, 0]));
    let equal = 0;
    try {
      for (let seed = 0; seed < CASES; seed++) {
        const generated = generateCase(seed);
        const comparison = await compare(flux, generated);
        const isExpected = comparison.outcome === "equal" || comparison.outcome === "refused";
        assert.ok(isExpected, `seed ${seed} (${generated.features.join(", ")}): ${details(comparison)}`);
        if (comparison.outcome !== "equal") continue;
        equal++;
        for (const feature of generated.features) built.set(feature, (built.get(feature) ?? 0) + 1);
      }
    } finally {
      flux.close();
    }
    assert.ok(equal >= CASES * BUILT, `only ${equal} of ${CASES} cases build`);
    const unused = [...built].filter(([feature, count]) => count === 0 && feature !== "oddKeys");
    assert.deepEqual(unused, [], "features that no built case has");
  });
});

async function compare(flux: FluxBuild, { files, spec }: GeneratedCase): Promise<Comparison> {
  const root = mkdtempSync(join(tmpdir(), "flux-case-"));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    return await compareWithFlux(flux, root, spec);
  } finally {
    rmSync(root, { recursive: true });
  }
}

function details({ offline, flux }: Comparison): string {
  return "error" in offline || "error" in flux
    ? JSON.stringify({ offline, flux })
    : differingPaths([...offline.objects], [...flux.objects]).join("\n");
}
