import type { Log, Result, ReportingDescriptor } from "sarif";
import { fingerprint, subjectOf, type LintFinding, type LintReport } from "../finding.ts";

/**
 * SARIF 2.1.0, in the form that GitHub code scanning accepts. `prefix` is the path of the linted root inside the checkout, empty or ending
 * in a slash.
 * @see https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
 */
export function formatSarif(report: LintReport, prefix: string, version: string): string {
  const rules = [...report.rules.keys()];
  const log: Log = {
    $schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "edgefirst", semanticVersion: version, rules: descriptors(report) } },
        columnKind: "utf16CodeUnits",
        results: report.findings.map((finding) => result(finding, rules.indexOf(finding.rule), prefix)),
      },
    ],
  };
  return `${JSON.stringify(log, undefined, 2)}\n`;
}

/** Code scanning derives these severity names from a score; each score here maps to the same name. */
const SCORES: Readonly<Record<string, string>> = { low: "3.0", medium: "5.0", high: "8.0", critical: "9.5" };

function descriptors({ rules }: LintReport): ReportingDescriptor[] {
  return [...rules].map(([id, { description, remediation, severity, page }]) => ({
    id,
    shortDescription: { text: description },
    help: { text: page === undefined ? remediation : `${remediation}\nSee ${page}.` },
    properties: { "security-severity": SCORES[severity] ?? "5.0", tags: ["gitops"] },
  }));
}

function result(finding: LintFinding, ruleIndex: number, prefix: string): Result {
  const { rule, level, object, path, message, remediation, position } = finding;
  return {
    ruleId: rule,
    ruleIndex,
    level: level === "mandatory" ? "error" : "warning",
    message: {
      text: [object === "" ? message : `${subjectOf(finding)}: ${message}`, remediation]
        .filter(Boolean)
        .join("\n"),
    },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: encodeURI(`${prefix}${position.file}`) },
          region: { startLine: position.line, startColumn: position.column },
        },
        ...(object === ""
          ? {}
          : { logicalLocations: [{ fullyQualifiedName: path === "" ? object : `${object} ${path}` }] }),
      },
    ],
    partialFingerprints: { "edgefirst/v1": fingerprint(finding) },
  };
}
