import { relative, sep } from "node:path";
import { counted } from "../../lib/counted.ts";
import { wantsColour } from "./colour.ts";
import { EXIT } from "./exit-codes.ts";
import { progress } from "./progress.ts";
import { rendererFor } from "./renderer.ts";
import { VERSION } from "./version.ts";
import type { Repository } from "../gitops/yaml/repository.ts";
import type { Watched } from "../lint/cache/report-cache.ts";
import type { LintFinding, LintReport } from "../lint/finding.ts";
import type { LintedReport } from "../lint/lint.ts";

type Format = "text" | "json" | "sarif" | "github";

/** Flags of `edgefirst lint`. */
export interface LintFlags {
  readonly format: Format;
  readonly failOn: "mandatory" | "advisory" | "none";
  readonly before?: string;
  readonly baseline?: string;
  readonly writeBaseline?: string;
  readonly fix?: true;
  readonly verifyWithFlux?: true;
  readonly render?: boolean;
  readonly charts?: string;
  readonly cache: boolean;
}

/**
 * `edgefirst lint`: checks the repository and prints the findings.
 * @returns the exit code: 0; 1 for findings at or above --fail-on; 3 if there are none, but part of the repository could not be checked
 * @throws {EdgefirstError} if a path or a baseline cannot be read
 */
export async function lint(paths: readonly string[], flags: LintFlags): Promise<number> {
  const { findRoot } = await import("../gitops/root.ts");
  const { root, within } = findRoot(paths);
  const report = await applyBaseline(await reportOf(root, within, flags), flags);
  process.stdout.write(await format(report, root, flags.format));
  return exitCode(report, flags);
}

/** The report of an earlier run if that run read the same; otherwise that of a new run. */
async function reportOf(root: string, within: readonly string[], flags: LintFlags): Promise<LintReport> {
  const { before, fix, verifyWithFlux, render, charts, cache } = flags;
  const isPlain = [before, fix, verifyWithFlux, render, charts].every((flag) => flag === undefined);
  if (!cache || !isPlain) return checkAll(root, within, flags);
  const { ReportCache } = await import("../lint/cache/report-cache.ts");
  const reports = new ReportCache(root, within);
  return reports.read() ?? reports.keep((watched) => check({ root, within, flags, watched }));
}

/** A run of lint. */
interface Run {
  readonly root: string;
  readonly within: readonly string[];
  readonly flags: LintFlags;
  readonly watched?: Watched;
  readonly before?: Repository;
}

async function check({ root, within, flags, watched, before }: Run): Promise<LintedReport> {
  const { Repository } = await import("../gitops/yaml/repository.ts");
  const { lintRepository } = await import("../lint/lint.ts");
  const repository = new Repository(root, {
    collectUnreadable: true,
    ...(watched && { answers: watched.answers }),
  });
  const options = { within, ...(before && { before }), ...(watched && { now: watched.now }) };
  const renderer = await rendererFor(repository, flags, progress);
  if (renderer === undefined) return lintRepository(repository, options);
  const { lintRendered } = await import("../lint/lint-rendered.ts");
  return lintRendered(repository, renderer, options).finally(() => {
    renderer.close();
  });
}

/** A run with everything that the flags ask for. */
async function checkAll(root: string, within: readonly string[], flags: LintFlags): Promise<LintedReport> {
  const { Repository } = await import("../gitops/yaml/repository.ts");
  const { findRoot } = await import("../gitops/root.ts");
  const before = flags.before === undefined ? undefined : new Repository(findRoot([flags.before]).root);
  const run = { root, within, flags, ...(before && { before }) };
  let report = await check(run);
  if (flags.fix) {
    const { applyFixes } = await import("../lint/fix.ts");
    const { files, fixed } = await applyFixes(root, report);
    progress(`Fixed ${counted(fixed, "finding")} in ${counted(files.length, "file")}.`);
    if (fixed > 0) report = await check(run);
  }
  return flags.verifyWithFlux ? verified(report, new Repository(root, { collectUnreadable: true })) : report;
}

/** Compares the build with one by Flux's own packages. Their program is built first if necessary. */
async function verified(report: LintedReport, repository: Repository): Promise<LintedReport> {
  const { FluxBuild } = await import("../gitops/flux-build.ts");
  const { verifyWithFlux } = await import("../lint/verify-with-flux.ts");
  const { resolveProgram } = await import("../toolchain/resolve.ts");
  const { path } = await resolveProgram("flux-build", { progress });
  const flux = new FluxBuild(path);
  return verifyWithFlux(report, repository, flux).finally(() => {
    flux.close();
  });
}

/** Findings take precedence: they hold regardless of what could not be checked. */
function exitCode({ findings }: LintReport, { failOn }: LintFlags): number {
  if (failOn === "none") return EXIT.ok;
  const failing = failOn === "advisory" ? ["mandatory", "advisory"] : ["mandatory"];
  const isChecked = ({ object }: LintFinding): boolean => object !== "";
  if (findings.some((finding) => isChecked(finding) && failing.includes(finding.level))) return EXIT.no;
  return findings.some((finding) => !isChecked(finding)) ? EXIT.incomplete : EXIT.ok;
}

async function applyBaseline(report: LintReport, flags: LintFlags): Promise<LintReport> {
  if (flags.baseline === undefined && flags.writeBaseline === undefined) return report;
  const { formatBaseline, readBaseline, withoutBaseline } = await import("../lint/baseline.ts");
  if (flags.writeBaseline !== undefined) {
    const { writeFileAtomic } = await import("../../lib/atomic-file.ts");
    writeFileAtomic(flags.writeBaseline, formatBaseline(report.findings), 0o644);
    progress(`Wrote ${counted(report.findings.length, "finding")} to ${flags.writeBaseline}.`);
    return { ...report, findings: [], rules: new Map() };
  }
  const findings = withoutBaseline(report.findings, await readBaseline(flags.baseline ?? ""));
  const rules = new Map([...report.rules].filter(([id]) => findings.some(({ rule }) => rule === id)));
  return { ...report, findings, rules };
}

async function format(report: LintReport, root: string, name: Format): Promise<string> {
  const prefix = prefixOf(root);
  switch (name) {
    case "text":
      return (await import("../lint/formats/text.ts")).formatText(report, wantsColour());
    case "json":
      return (await import("../lint/formats/json.ts")).formatJson(report);
    case "github":
      return (await import("../lint/formats/github.ts")).formatGithub(report, prefix);
    case "sarif": {
      return (await import("../lint/formats/sarif.ts")).formatSarif(report, prefix, VERSION);
    }
  }
}

/** The root relative to the GitHub workflow's checkout, as a path prefix. */
function prefixOf(root: string): string {
  const path = relative(process.env.GITHUB_WORKSPACE ?? root, root)
    .split(sep)
    .join("/");
  return path === "" || path.startsWith("..") ? "" : `${path}/`;
}
