import { createColors } from "picocolors";
import type { LintFinding, LintReport } from "../finding.ts";

/** How many of the files that nothing reaches are named. */
const NAMED_FILES = 5;

/** For people: grouped by file, what a shared patch does to many objects in one line, the remediation of each rule once at its end. */
export function formatText(report: LintReport, coloured: boolean): string {
  const colors = createColors(coloured);
  const lines: string[] = [];
  for (const [file, findings] of Map.groupBy(report.findings, ({ position }) => position.file)) {
    lines.push(colors.underline(file));
    const width = Math.max(...findings.map(({ position }) => place(position).length));
    for (const [finding, ...same] of Map.groupBy(findings, lineOf).values()) {
      if (!finding) continue;
      const level = finding.level === "mandatory" ? colors.red("error  ") : colors.yellow("advice ");
      const where = colors.dim(place(finding.position).padEnd(width));
      lines.push(
        `  ${where}  ${level}  ${subject(finding, same.length)}${finding.message}  ${colors.dim(finding.rule)}`,
      );
    }
    lines.push("");
  }
  for (const [rule, { remediation }] of report.rules) lines.push(`${colors.bold(rule)}: ${remediation}`);
  if (report.rules.size > 0) lines.push("");
  lines.push(totals(report));
  for (const name of new Set(report.external)) {
    lines.push(`Not built, as its files come from elsewhere: Kustomization ${name}.`);
  }
  if (report.unreached.length > 0) lines.push(notChecked(report.unreached));
  return `${lines.join("\n")}\n`;
}

function notChecked(files: readonly string[]): string {
  const named = files.slice(0, NAMED_FILES).join(", ");
  const others =
    files.length > NAMED_FILES ? `, and ${files.length - NAMED_FILES} more (--format json lists them)` : "";
  return `Not checked, as no Flux Kustomization makes use of them: ${named}${others}.`;
}

/** Findings that say the same of one place. */
function lineOf({ position, rule, path, message }: LintFinding): string {
  return [place(position), rule, path, message].join(" ");
}

const place = ({ line, column }: LintFinding["position"]): string => `${line}:${column}`;

function subject({ object, path }: LintFinding, others: number): string {
  if (object === "") return "";
  const objects = others === 0 ? object : `${object} and ${others} more`;
  return path === "" ? `${objects}: ` : `${objects}, ${path}: `;
}

function totals({ findings, objects, clusters, exempted, undecided }: LintReport): string {
  const mandatory = findings.filter(({ level }) => level === "mandatory").length;
  const parts = [
    `${count(mandatory, "error")} and ${count(findings.length - mandatory, "advice", "pieces of advice")}`,
    `in ${count(objects, "object")} of ${clusters.length === 1 && clusters[0] === "." ? "the repository" : clusters.join(", ")}`,
  ];
  const rest = [
    ...(exempted > 0 ? [`${count(exempted, "finding")} exempted`] : []),
    ...(undecided.length > 0
      ? [`${count(undecided.length, "question")} could not be decided (--format json lists them)`]
      : []),
  ];
  return `${parts.join(" ")}${rest.length > 0 ? `; ${rest.join("; ")}` : ""}.`;
}

function count(number: number, singular: string, plural = `${singular}s`): string {
  return `${number} ${number === 1 ? singular : plural}`;
}
