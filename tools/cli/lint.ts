import { relative, sep } from "node:path";
import { Command, Option } from "commander";
import { writeFileAtomic } from "../../lib/atomic-file.ts";
import { EdgefirstError } from "../../lib/errors.ts";
import { wantsColour } from "./colour.ts";
import type { LintedReport } from "../lint/lint.ts";

type Format = "text" | "json" | "sarif" | "github";

interface Flags {
  readonly format: Format;
  readonly failOn: "mandatory" | "advisory" | "none";
  readonly before?: string;
  readonly baseline?: string;
  readonly writeBaseline?: string;
  readonly fix?: true;
}

/** `edgefirst lint`: the rules over what a GitOps repository makes of its clusters. Exits with 0, 1 (findings) or 2 (could not run). */
export const lint = new Command("lint")
  .description("check what a GitOps repository makes of its clusters, built offline as Flux builds it")
  .argument(
    "<path...>",
    "a repository, or files and directories of one; what Flux builds starts at the directory with .git",
  )
  .addOption(
    new Option("--format <format>", "how findings are written")
      .choices(["text", "json", "sarif", "github"])
      .default("text"),
  )
  .addOption(
    new Option("--fail-on <level>", "the least level that makes the exit code 1")
      .choices(["mandatory", "advisory", "none"])
      .default("mandatory"),
  )
  .option(
    "--before <directory>",
    "an earlier checkout of the repository: finds also what the change moves away from its data",
  )
  .option("--baseline <file>", "report only what is not in this baseline")
  .option("--write-baseline <file>", "write all findings of now as a baseline and report none of them")
  .option("--fix", "apply the safe remediations to the files, comments and formatting kept")
  .addHelpText(
    "after",
    `
Exit code: 0 nothing at or over --fail-on, 1 findings, 2 could not run.
Each finding names the file, line and column where the field was written, also where a component or a patch
of another file made it. What the offline build does not know is a finding itself.
A cluster starts at the Kustomizations that no other one applies, but for those in an archive (a directory named
archive, or whose name starts with . or _), templates, and apps left out beside others that are applied: files
that nothing makes use of are named as not checked.

Examples:
  edgefirst lint .
  edgefirst lint kubernetes/main/apps/media
  edgefirst lint . --write-baseline .edgefirst-baseline.json
  edgefirst lint . --baseline .edgefirst-baseline.json --format sarif > lint.sarif
  git worktree add ../main main && edgefirst lint . --before ../main
  edgefirst lint . --fix`,
  )
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
  .action(async (paths: string[], flags: Flags) => {
    // A reader such as head may have seen enough.
    process.stdout.on("error", () => process.exit());
    try {
      process.exitCode = await run(paths, flags);
    } catch (error) {
      if (!(error instanceof EdgefirstError)) throw error;
      process.stderr.write(`edgefirst: ${error.message}\n`);
      process.exitCode = 2;
    }
  });

async function run(paths: readonly string[], flags: Flags): Promise<number> {
  const { findRoot } = await import("../gitops/root.ts");
  const { Repository } = await import("../gitops/yaml/repository.ts");
  const { lintRepository } = await import("../lint/lint.ts");
  const { root, within } = findRoot(paths);
  const before = flags.before === undefined ? undefined : new Repository(findRoot([flags.before]).root);
  const look = (): LintedReport =>
    lintRepository(new Repository(root), { within, ...(before && { before }) });
  let report = look();
  if (flags.fix) {
    const { applyFixes } = await import("../lint/fix.ts");
    const { files, fixed } = await applyFixes(root, report);
    process.stderr.write(`Fixed ${fixed} findings in ${files.length} files.\n`);
    if (fixed > 0) report = look();
  }
  report = await applyBaseline(report, flags);
  process.stdout.write(await format(report, root, flags.format));
  const levels =
    flags.failOn === "none" ? [] : flags.failOn === "advisory" ? ["mandatory", "advisory"] : ["mandatory"];
  return report.findings.some(({ level }) => levels.includes(level)) ? 1 : 0;
}

async function applyBaseline(report: LintedReport, flags: Flags): Promise<LintedReport> {
  if (flags.baseline === undefined && flags.writeBaseline === undefined) return report;
  const { formatBaseline, readBaseline, withoutBaseline } = await import("../lint/baseline.ts");
  if (flags.writeBaseline !== undefined) {
    writeFileAtomic(flags.writeBaseline, formatBaseline(report.findings), 0o644);
    process.stderr.write(`Wrote ${report.findings.length} findings to ${flags.writeBaseline}.\n`);
    return { ...report, findings: [], rules: new Map() };
  }
  const findings = withoutBaseline(report.findings, await readBaseline(flags.baseline ?? ""));
  const rules = new Map([...report.rules].filter(([id]) => findings.some(({ rule }) => rule === id)));
  return { ...report, findings, rules };
}

async function format(report: LintedReport, root: string, name: Format): Promise<string> {
  const prefix = prefixOf(root);
  switch (name) {
    case "text":
      return (await import("../lint/formats/text.ts")).formatText(report, wantsColour());
    case "json":
      return (await import("../lint/formats/json.ts")).formatJson(report);
    case "github":
      return (await import("../lint/formats/github.ts")).formatGithub(report, prefix);
    case "sarif": {
      const { default: packageJson } = await import("../../package.json", { with: { type: "json" } });
      return (await import("../lint/formats/sarif.ts")).formatSarif(report, prefix, packageJson.version);
    }
  }
}

/** The root as seen from the checkout that a workflow runs in. */
function prefixOf(root: string): string {
  const path = relative(process.env.GITHUB_WORKSPACE ?? root, root)
    .split(sep)
    .join("/");
  return path === "" || path.startsWith("..") ? "" : `${path}/`;
}
