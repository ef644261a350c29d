import { fingerprint, type LintFinding, type LintReport } from "../finding.ts";

/** For programs: everything that the report knows. */
export function formatJson(report: LintReport): string {
  const { objects, clusters, exempted, external, unreached } = report;
  const json = {
    findings: report.findings.map(plain),
    undecided: report.undecided.map(plain),
    rules: Object.fromEntries(
      [...report.rules].map(([id, { description, remediation, severity }]) => [
        id,
        { description, remediation, severity },
      ]),
    ),
    objects,
    clusters,
    exempted,
    external,
    unreached,
  };
  return `${JSON.stringify(json, undefined, 2)}\n`;
}

function plain(finding: LintFinding): unknown {
  const { rule, level, severity, object, path, message, remediation, position, clusters } = finding;
  return {
    rule,
    level,
    severity,
    object,
    path,
    message,
    remediation,
    ...position,
    clusters,
    fingerprint: fingerprint(finding),
  };
}
