import { parseArgs } from "node:util";
import { FluxBuild } from "../../tools/gitops/flux-build.ts";
import { resolveProgram } from "../../tools/toolchain/resolve.ts";
import { details, fuzz, table } from "./flux-fuzz.ts";
import { RepositoryCases } from "./flux-repository-cases.ts";

// node test/support/flux-fuzz-run.ts FROM TO [--first] [--from DIR...]: compares generated cases with Flux's own packages, and prints each
// difference and how often each feature was used. With --first it stops at the first difference, and prints no table. With --from, the cases
// are the kustomizations of the repositories DIR with random edits instead. SIGTERM ends the run early.

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { first: { type: "boolean", default: false }, from: { type: "string", multiple: true } },
});
const [from = "0", to = "1000"] = positionals;
const write = (line: string): void => void process.stdout.write(`${line}\n`);
const { path } = await resolveProgram("flux-build", { progress: write });
const flux = new FluxBuild(path);
const repositories = values.from && new RepositoryCases(values.from);
if (repositories) write(`${repositories.directories} kustomizations`);
const stop = new AbortController();
process.once("SIGTERM", () => {
  stop.abort();
});
let different = 0;
let invalid = 0;
const report = await fuzz(flux, {
  from: Number(from),
  to: Number(to),
  ...(repositories && { caseFor: (seed) => repositories.generate(seed) }),
  effective: values.first || repositories ? 0 : 250,
  signal: stop.signal,
  onDifference: (seed, { features }, comparison) => {
    // go-yaml reads only the first document of a text, and so accepts invalid YAML after it. Here that is deliberately an error.
    if (repositories && "error" in comparison.offline && comparison.offline.error.startsWith("syntax ")) {
      invalid++;
      return false;
    }
    different++;
    write(`seed ${seed} (${features.join(", ")}): ${details(comparison)}`);
    return values.first;
  },
  onCase: (done) => {
    if (done % 1000 === 0) write(`${done} cases, ${different} different`);
  },
});
flux.close();
write(
  `${report.cases} cases, ${report.built} built, ${different} different, ${invalid} with invalid YAML that Flux accepts`,
);
if (!values.first) write(table(report));
process.exitCode = different === 0 ? 0 : 1;
