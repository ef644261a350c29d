import type { ReportViolation } from "@pulumi/policy";
import type { KubeObject } from "../kube/objects.ts";
import { formatPath } from "./engine/path.ts";
import type { RuleFinding, RuleReport } from "./engine/run.ts";

/**
 * Reports the result of a rule to CrossGuard.
 * @param urns the URNs of the resources, for a policy that checks the whole stack
 */
export function reportFindings(
  { findings, notEvaluated }: Pick<RuleReport, "findings" | "notEvaluated">,
  report: ReportViolation,
  urns?: ReadonlyMap<KubeObject, string>,
): void {
  for (const finding of findings.filter(({ exemption }) => exemption === undefined)) {
    const { object, path, message, remediation } = finding;
    const text = `${formatPath(path)}: ${message} ${remediation}`;
    if (isViolation(finding)) report(text, urns?.get(object));
    else warn(report, text, urns?.get(object));
  }
  for (const { object, path, reason } of notEvaluated)
    warn(report, `Not evaluated: ${formatPath(path)}: ${reason}`, urns?.get(object));
}

/** Whether a finding is reported at its policy's level, which warnings and exempt findings are not. */
export function isViolation({ problem, exemption }: RuleFinding): boolean {
  return problem.warning !== true && exemption === undefined;
}

/**
 * Reports a violation as a warning, whatever the policy's level. CrossGuard's report function accepts an object for this, although its type does not say so
 * (server.js, makeReportViolationFun).
 */
function warn(report: ReportViolation, message: string, urn: string | undefined): void {
  (report as unknown as (violation: object) => void)({ message, urn, enforcementLevel: "advisory" });
}
