import { createColors } from "picocolors";
import { counted } from "../../../lib/counted.ts";
import { subjectOf, type LintFinding, type LintReport } from "../finding.ts";
import { isObstacle } from "../obstacles.ts";
import { renderedLines } from "./rendered-lines.ts";

/** How many unused files to list by name. */
const NAMED_FILES = 5;

/**
 * The human-readable report: the findings by file; then what could not be checked;
 * then the remediation for each rule.
 */
export function formatText(report: LintReport, coloured: boolean): string {
  const colors = createColors(coloured);
  const { true: obstacles = [], false: findings = [] } = Object.groupBy(report.findings, (finding) =>
    isObstacle(finding) ? "true" : "false",
  );
  const lines: string[] = [];
  for (const [file, own] of Map.groupBy(findings, ({ position }) => position.file)) {
    lines.push(colors.underline(file));
    const width = Math.max(...own.map(({ position }) => place(position).length));
    for (const finding of own) {
      const level = finding.level === "mandatory" ? colors.red("error  ") : colors.yellow("warning");
      const where = colors.dim(place(finding.position).padEnd(width));
      lines.push(`  ${where}  ${level}  ${subject(finding)}${finding.message}  ${colors.dim(finding.rule)}`);
    }
    lines.push("");
  }
  if (obstacles.length > 0) {
    lines.push(colors.underline("Could not be checked"));
    for (const { position, message, rule } of obstacles)
      lines.push(`  ${position.file}:${place(position)}  ${message}  ${colors.dim(rule)}`);
    lines.push("");
  }
  for (const [rule, { remediation, page }] of report.rules)
    lines.push(`${colors.bold(rule)}: ${remediation}${page === undefined ? "" : colors.dim(` (${page})`)}`);
  if (report.rules.size > 0) lines.push("");
  lines.push(totals(report, findings, obstacles.length));
  if (report.rendering)
    lines.push(
      ...renderedLines(report.rendering, "; for the others, the rules used their values and the tables"),
    );
  for (const name of new Set(report.external))
    lines.push(`Not checked: Kustomization ${name} builds from another repository.`);
  if (report.unreached.length > 0) lines.push(notDeployed(report.unreached));
  return `${lines.join("\n")}\n`;
}

function notDeployed(files: readonly string[]): string {
  const named = files.slice(0, NAMED_FILES).join(", ");
  const more = files.length - NAMED_FILES;
  const others = more > 0 ? ` and ${more} more (--format json lists them)` : "";
  return `Not checked: ${counted(files.length, "file")} that no Flux Kustomization uses: ${named}${others}.`;
}

const place = ({ line, column }: LintFinding["position"]): string => `${line}:${column}`;

function subject(finding: LintFinding): string {
  const { object, path } = finding;
  if (object === "") return "";
  const objects = subjectOf(finding);
  return path === "" ? `${objects}: ` : `${objects}, ${path}: `;
}

function totals(
  { objects, clusters, exempted, notEvaluated }: LintReport,
  findings: readonly LintFinding[],
  obstacles: number,
): string {
  const errors = findings.filter(({ level }) => level === "mandatory").length;
  const where = clusters.length === 1 && clusters[0] === "." ? "the repository" : clusters.join(", ");
  const parts = [
    `${counted(errors, "error")} and ${counted(findings.length - errors, "warning")} in ${counted(objects, "object")} in ${where}`,
    ...(obstacles > 0 ? [`${counted(obstacles, "location")} could not be checked`] : []),
    ...(exempted > 0 ? [`${counted(exempted, "finding")} exempted`] : []),
    ...(notEvaluated.length > 0
      ? [`${counted(notEvaluated.length, "check")} not evaluated (--format json lists them)`]
      : []),
  ];
  return `${parts.join("; ")}.`;
}
