import { Command, Option } from "commander";
import type { LintFlags } from "../lint.ts";

const HELP = `
Exit code: 0 nothing at or above --fail-on, 1 findings, 2 could not run, 3 no findings, but part of the repository
could not be read or built and is listed under "Could not be checked". With --fail-on none it is always 0.
Each finding names the file, line and column where the field is written, even if a component or a patch in another
file sets it. Each rule has a page with examples: docs/reference/rules/<rule>.md.
Paths in Flux objects are relative to the repository's top directory: the nearest one that contains .git.
A cluster starts at the Kustomizations that no other one applies, and at the sync path of a FluxInstance. If two of
these apply different Kustomizations with the same name, they belong to different clusters. .edgefirst/clusters.yaml
names each cluster by the directory from which its Flux starts: clusters: { edge: fleet/edge, main: fleet/main }.
Archives (a directory named archive, or one whose name starts with . or _), templates, and apps left out of the
kustomization.yaml above them are not deployed: files that no cluster uses are listed as not checked.

Examples:
  edgefirst lint .
  edgefirst lint kubernetes/main/apps/media
  edgefirst lint . --write-baseline .edgefirst-baseline.json
  edgefirst lint . --baseline .edgefirst-baseline.json --format sarif > lint.sarif
  git worktree add ../main main && edgefirst lint . --before ../main
  edgefirst lint . --render --charts ../charts
  edgefirst lint . --fix`;

/** `edgefirst lint`: runs the rules on what a GitOps repository deploys to its clusters. */
export const lintCommand = (): Command =>
  new Command("lint")
    .argument("<path...>", "a repository, or files and directories in one, such as `.`")
    .addOption(
      new Option("--format <format>", "output format")
        .choices(["text", "json", "sarif", "github"])
        .default("text"),
    )
    .addOption(
      new Option("--fail-on <level>", "lowest level that makes the exit code 1")
        .choices(["mandatory", "advisory", "none"])
        .default("mandatory"),
    )
    .option(
      "--before <directory>",
      "an earlier checkout of the repository; also report objects that the change separates from their data",
    )
    .option("--baseline <file>", "report only findings that are not in this baseline")
    .option("--write-baseline <file>", "write all current findings to a baseline, and report none of them")
    .option(
      "--verify-with-flux",
      "also build each Kustomization with Flux's own packages, and report any difference (needs Go to build the program once)",
    )
    .option("--render", "render the HelmReleases with Helm, and run the rules on what their charts install")
    .option("--no-render", "do not render, even if .edgefirst/render.yaml asks for it")
    .option("--charts <directory>", "render with the charts in this directory, as .tgz files or directories")
    .option("--no-cache", "check everything again, even if nothing has changed since the last run")
    .option("--fix", "apply the safe fixes to the files; comments and formatting are kept")
    .addHelpText("after", HELP)
    .action(async (paths: string[], flags: LintFlags) => {
      process.exitCode = await (await import("../lint.ts")).lint(paths, flags);
    });
