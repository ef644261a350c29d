import { fingerprint, type LintFinding, type LintReport } from "../finding.ts";
import { isObstacle } from "../obstacles.ts";

/** The whole report as JSON. */
export function formatJson(report: LintReport): string {
  const { objects, clusters, exempted, external, unreached } = report;
  const json = {
    findings: report.findings.map(plain),
    notEvaluated: report.notEvaluated.map(plain),
    rules: Object.fromEntries(
      [...report.rules].map(([id, { description, remediation, severity, page }]) => [
        id,
        { description, remediation, severity, page },
      ]),
    ),
    complete: !report.findings.some(isObstacle),
    objects,
    clusters,
    exempted,
    external,
    unreached,
    ...(report.rendering && { rendering: report.rendering }),
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
    objects: [...new Set([finding, ...(finding.same ?? [])].map((one) => one.object))],
    fingerprint: fingerprint(finding),
  };
}
