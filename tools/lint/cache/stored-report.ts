import type { LintFinding, LintReport } from "../finding.ts";

/** A report without the objects that its findings are about, as JSON. It has everything that the output formats and a baseline need. */
export type StoredReport = Omit<LintReport, "rules"> & {
  readonly rules: readonly (readonly [string, NonNullable<ReturnType<LintReport["rules"]["get"]>>])[];
};

/** What to store of a report. */
export function stored(report: LintReport): StoredReport {
  const { rules, objects, clusters, exempted, external, unreached } = report;
  const findings = report.findings.map(withoutObjects);
  const notEvaluated = report.notEvaluated.map(withoutObjects);
  return { findings, notEvaluated, rules: [...rules], objects, clusters, exempted, external, unreached };
}

function withoutObjects(finding: LintFinding): LintFinding {
  const { rule, level, severity, object, path, message, remediation, position, clusters, same } = finding;
  return {
    ...{ rule, level, severity, object, path, message, remediation, position, clusters },
    ...(same && { same: same.map(withoutObjects) }),
  };
}

/** The report that was stored. */
export function restored({ rules, ...report }: StoredReport): LintReport {
  return { ...report, rules: new Map(rules) };
}
