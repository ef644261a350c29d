import { existsSync } from "node:fs";
import { Command, Option } from "commander";
import { EdgefirstError } from "../../../lib/errors.ts";
import type { MigrateFlags } from "../migrate.ts";
import type { Step } from "../../migrate/step.ts";

const HELP = `
Each step builds the repository before and after its change as Flux would, and reports what changes in the objects
that reach the clusters. A step whose proof fails writes nothing. Comments, anchors, order and line endings are kept;
a second run finds nothing to do.

Each step ends with one of four verdicts, which sets the exit code. For several steps, the worst verdict counts:
  0  proven (done), or nothing to do
  1  refused: the proof fails, or nothing can be changed safely; with --strict, also if anything is left unchanged
  2  could not run
  3  could not check: part of the repository could not be read or proven; the rest was processed
With --check: 0 safe to continue, 1 not safe, 2 the cluster could not be checked.

Examples:
  edgefirst migrate .                                the plan, least risky step first
  edgefirst migrate ks .                             the diff of one step
  edgefirst migrate ks . --only 'kubernetes/edge/**' --write
  edgefirst migrate oci . --format markdown          the report for a pull request
  edgefirst migrate namespace . --check --context edge`;

/** `edgefirst migrate`: runs the migration steps on a GitOps repository; `steps` are the ones that the help lists. */
export function migrateCommand(steps: readonly Step[]): Command {
  const command = new Command("migrate")
    .argument("<step>", "a step, or `all`; omit it to see the plan: edgefirst migrate .")
    .argument("[repository]", "top directory of the repository, where Flux's paths start")
    .option("--write", "write the changes; the default is to show the diff")
    .addOption(
      new Option(
        "--interactive",
        "go step by step: show the diff, ask, write and commit, then show what to wait for on the cluster",
      ).conflicts(["write", "check", "format", "json"]),
    )
    .option("--only <glob>", "change only files that match, such as 'kubernetes/edge/**'")
    .option("--strict", "exit with 1 if anything is left unchanged, lost or not understood")
    .option(
      "--accept-loss <kind...>",
      "accept a loss that would otherwise keep an object unchanged: comment, annotation, path-prefix, setting or dns-record; never a protection",
    )
    .option("--accept-unproven", "with --write: write even if part of the repository cannot be built offline")
    .option(
      "--verify-with-flux",
      "also build what the step changes with Flux's own packages; a difference is a gap in the proof (needs Go to build the program once)",
    )
    .option("--keep-ingress", "route step: keep the Ingresses next to their new routes")
    .option("--ask-registry", "oci step: ask the registries for chart versions that are not known")
    .option(
      "--shared-repositories",
      "oci step: one OCIRepository per chart and version, next to the HelmRepository that it replaces",
    )
    .addOption(
      new Option(
        "--render",
        "also render the HelmReleases with Helm, and prove what their charts install before and after",
      ).conflicts(["interactive", "check"]),
    )
    .option("--no-render", "do not render, even if .edgefirst/render.yaml asks for it")
    .option("--charts <directory>", "render with the charts in this directory, as .tgz files or directories")
    .addOption(
      new Option(
        "--check",
        "for a step with phases: check on the live cluster that it is safe to continue",
      ).conflicts("write"),
    )
    .option("--context <name>", "with --check: context of the cluster in the kubeconfig")
    .option("--kubeconfig <path>", "with --check: default: KUBECONFIG, then ~/.kube/config")
    .option(
      "--cluster <name>",
      "with --check: which of the repository's clusters it is; default: the one with the same name as the context",
    )
    .addOption(
      new Option("--format <format>", "output format").choices(["text", "markdown", "json"]).default("text"),
    )
    .addOption(new Option("--json", "same as --format json").implies({ format: "json" }));
  return command
    .addHelpText("after", `${steps.length > 0 ? stepTable(steps) : ""}${HELP}`)
    .action(async (first: string, second: string | undefined, flags: MigrateFlags) => {
      if (second === undefined) await refuseStepAlone(first);
      const { migrate } = await import("../migrate.ts");
      process.exitCode = await migrate(second === undefined ? "plan" : first, second ?? first, flags);
    });
}

/** @throws {EdgefirstError} if the only argument is a step, and the repository is missing */
async function refuseStepAlone(argument: string): Promise<void> {
  if (existsSync(argument)) return;
  const { STEPS } = await import("../../migrate/registry.ts");
  if (argument === "all" || STEPS.some(({ id }) => id === argument))
    throw new EdgefirstError(
      `migrate ${argument} needs a repository: the directory where Flux's paths start.`,
      `For the one in the current directory: edgefirst migrate ${argument} .`,
    );
}

/** The steps as rows in the help. */
export function stepTable(steps: readonly Pick<Step, "id" | "risk" | "title">[]): string {
  const width = Math.max(...steps.map(({ id }) => id.length));
  const rows = steps.flatMap(({ id, risk: { level, phrase }, title }) => [
    `  ${id.padEnd(width)}  ${level.padEnd(6)}  ${title}`,
    `  ${" ".repeat(width)}  ${" ".repeat(6)}  ${phrase}`,
  ]);
  return ["", "Steps, with their risk:", ...rows, ""].join("\n");
}
