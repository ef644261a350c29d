import { subjectOf, type LintFinding, type LintReport } from "../finding.ts";

/**
 * GitHub Actions annotations, one per line. `prefix` is the path of the linted root inside the checkout, empty or ending in a slash.
 * @see https://docs.github.com/actions/reference/workflow-commands-for-github-actions
 */
export function formatGithub({ findings }: LintReport, prefix: string): string {
  return findings.map((finding) => `${annotation(finding, prefix)}\n`).join("");
}

function annotation(finding: LintFinding, prefix: string): string {
  const { level, position, rule, object, message } = finding;
  const command = level === "mandatory" ? "error" : "warning";
  const properties = [
    `file=${escapeProperty(`${prefix}${position.file}`)}`,
    `line=${position.line}`,
    `col=${position.column}`,
    `title=${escapeProperty(rule)}`,
  ];
  return `::${command} ${properties.join(",")}::${escapeData(object === "" ? message : `${subjectOf(finding)}: ${message}`)}`;
}

function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
