import type { Repository } from "../gitops/yaml/repository.ts";
import { renderRepository } from "../render/render-repository.ts";
import type { Renderer } from "../render/renderer.ts";
import { byPosition } from "./finding.ts";
import { lintRepository, type LintedReport, type LintOptions } from "./lint.ts";
import { tracedFindings } from "./trace.ts";

/**
 * Lints a repository together with what its charts install. A finding in a rendered object is placed at the value that causes it, if changing that value
 * changes the finding; else at the HelmRelease.
 * @throws {EdgefirstError} if the repository's settings or owner rows are not valid
 */
export async function lintRendered(
  repository: Repository,
  renderer: Renderer,
  options: LintOptions = {},
): Promise<LintedReport> {
  const rendering = await renderRepository(repository, renderer);
  const report = lintRepository(repository, { ...options, rendering });
  const findings = await tracedFindings(report.findings, rendering, renderer);
  return { ...report, findings: findings.toSorted(byPosition) };
}
