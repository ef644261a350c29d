import { posix } from "node:path";
import { compareBuild } from "../gitops/compare.ts";
import { isKustomizationFile } from "../gitops/yaml/paths.ts";
import { Repository } from "../gitops/yaml/repository.ts";
import { isMapping } from "../gitops/yaml/values.ts";
import { resolveProgram } from "../toolchain/resolve.ts";

// node tools/bench/kustomize.ts REPOSITORY: compares the offline build of every kustomization in a repository with the build by Kustomize itself.

const [root] = process.argv.slice(2);
if (root === undefined) throw new Error("usage: node tools/bench/kustomize.ts REPOSITORY");
const write = (line: string): void => void process.stdout.write(`${line}\n`);
const { path, version } = await resolveProgram("kustomize", { progress: write });
// As in Flux, files may be outside the kustomization's directory.
const command = [path, "build", "--load-restrictor=LoadRestrictionsNone"];
const repository = new Repository(root);
const directories = repository
  .yamlFiles(".")
  .filter(isKustomizationFile)
  .filter((file) =>
    repository.parse(file).documents.every(({ value }) => isMapping(value) && value.kind !== "Component"),
  )
  .map((file) => posix.dirname(file));
let different = 0;
let objects = 0;
for (const directory of directories) {
  const comparison = await compareBuild(repository, directory, command);
  objects += comparison.objects;
  if (comparison.outcome === "equal") continue;
  if (comparison.outcome === "different") different++;
  write(`${comparison.outcome} ${directory}\n  ${comparison.differences.join("\n  ")}`);
}
write(
  `${directories.length} kustomizations, ${objects} objects, ${different} different from Kustomize ${version}`,
);
process.exitCode = different === 0 ? 0 : 1;
