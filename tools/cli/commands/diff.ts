import { Command, Option } from "commander";
import type { DiffFlags } from "../diff.ts";

const HELP = `
BEFORE and AFTER are each a directory or a Git revision (a branch, tag or commit). Revisions are read from Git's
database: no worktree is made, and filters and line endings from .gitattributes are not applied, as in Flux.
Both sides are built offline as Flux builds them, cluster by cluster, and compared object by object. Reported as
dangerous: deletions, unsafe moves between Kustomizations, immutable fields, reinstalled Helm releases, and
definitions that become stricter. Each comes with what happens and what to do.
Values of Secrets, encrypted values, and values with names such as password or token are masked in every format.
With --render, a release that can be rendered on one side only is not compared, and listed with the reason.

Exit code: 0 no difference, 1 differences, 2 could not run, 3 no difference found, but part of the repository could
not be built. With --fail-on dangerous, only dangerous differences count; with --fail-on none it is always 0.

Examples:
  edgefirst diff main                            the working tree against main
  edgefirst diff origin/main HEAD --fail-on dangerous
  edgefirst diff HEAD^1 HEAD --format markdown   the comment for a pull request, at most 60,000 characters
  edgefirst diff ../main . --json
  edgefirst diff main --render --charts ../charts`;

/** `edgefirst diff`: shows what a change does to each cluster. */
export const diffCommand = (): Command =>
  new Command("diff")
    .argument("<before>", "a directory, or a Git revision such as `main`")
    .argument("[after]", "a directory, or a Git revision; default: the working tree", ".")
    .addOption(
      new Option("--format <format>", "output format").choices(["text", "markdown", "json"]).default("text"),
    )
    .addOption(new Option("--json", "same as --format json").implies({ format: "json" }))
    .addOption(
      new Option("--fail-on <what>", "which differences make the exit code 1")
        .choices(["any", "dangerous", "none"])
        .default("any"),
    )
    .option(
      "--render",
      "also compare what the charts of HelmReleases install, rendered with Helm on both sides",
    )
    .option("--no-render", "do not render, even if .edgefirst/render.yaml asks for it")
    .option("--charts <directory>", "render with the charts in this directory, as .tgz files or directories")
    .option("--repository <directory>", "the Git repository that has the revisions", ".")
    .addHelpText("after", HELP)
    .action(async (before: string, after: string, flags: DiffFlags) => {
      process.exitCode = await (await import("../diff.ts")).diff(before, after, flags);
    });
