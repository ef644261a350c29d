import { posix } from "node:path";
import { counted } from "../../lib/counted.ts";
import { FluxBuild } from "../gitops/flux-build.ts";
import { compareWithFlux, differingPaths, type Comparison } from "../gitops/flux-compare.ts";
import { isKustomizationFile } from "../gitops/yaml/paths.ts";
import { Repository } from "../gitops/yaml/repository.ts";
import { resolveProgram } from "../toolchain/resolve.ts";

// npm run bench:build -- DIR...: compares the offline build of every kustomization below the directories with the build by Flux's own packages.

/** How many lines to print per difference. */
const SHOWN = 5;

const roots = process.argv.slice(2);
if (roots.length === 0) throw new Error("usage: npm run bench:build -- DIR...");
const write = (line: string): void => void process.stdout.write(`${line}\n`);
const { path } = await resolveProgram("flux-build", { progress: write });
const flux = new FluxBuild(path);
const total = { equal: 0, different: 0, "rejected here only": 0, "rejected by both": 0 };

for (const root of roots) {
  const repository = new Repository(root, { collectUnreadable: true });
  const files = repository.filesBelow(".", isKustomizationFile);
  for (const directory of new Set(files.map((file) => posix.dirname(file)))) {
    const comparison = await compareWithFlux(flux, {
      root: repository.root,
      spec: { path: `./${directory}` },
    });
    const outcome = outcomeOf(comparison);
    total[outcome]++;
    if (outcome === "different" || outcome === "rejected here only")
      write([`${outcome}: ${posix.join(root, directory)}`, ...details(comparison)].join("\n  "));
  }
}
flux.close();

const compared = Object.values(total).reduce((sum, count) => sum + count);
write(
  `${counted(compared, "kustomization")}: ${Object.entries(total)
    .map(([outcome, count]) => `${count} ${outcome}`)
    .join(", ")}`,
);
process.exitCode = total.different === 0 ? 0 : 1;

function outcomeOf({ outcome, offline, flux: theirs }: Comparison): keyof typeof total {
  if (outcome === "equal") return "equal";
  if (outcome === "refused") return "rejected by both";
  return "error" in offline && !("error" in theirs) ? "rejected here only" : "different";
}

function details({ offline, flux: theirs }: Comparison): readonly string[] {
  if ("error" in offline) return [offline.error];
  if ("error" in theirs) return [`Flux rejects it: ${theirs.error}`];
  return differingPaths([...offline.objects], [...theirs.objects]).slice(0, SHOWN);
}
