import { FluxBuild } from "../../tools/gitops/flux-build.ts";
import { resolveProgram } from "../../tools/toolchain/resolve.ts";
import { details, fuzz, table } from "./flux-fuzz.ts";

// node test/support/flux-fuzz-run.ts FROM TO [--first]: compares generated cases with Flux's own packages, and prints each difference
// and how often each feature was used. With --first it stops at the first difference, and prints no table.

const [from = "0", to = "1000", first] = process.argv.slice(2);
const write = (line: string): void => void process.stdout.write(`${line}\n`);
const { path } = await resolveProgram("flux-build", { progress: write });
const flux = new FluxBuild(path);
let different = 0;
const report = await fuzz(flux, {
  from: Number(from),
  to: Number(to),
  effectiveEvery: first === undefined ? 5 : 0,
  onDifference: (seed, { features }, comparison) => {
    different++;
    write(`seed ${seed} (${features.join(", ")}): ${details(comparison)}`);
    return first !== undefined;
  },
  onCase: (done) => {
    if (done % 5000 === 0) write(`${done} cases, ${different} different`);
  },
});
flux.close();
write(`${report.cases} cases, ${report.built} built, ${different} different`);
if (first === undefined) write(table(report));
process.exitCode = different === 0 ? 0 : 1;
