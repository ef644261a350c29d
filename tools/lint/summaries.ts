import { RULES } from "../../policy/engine/registry.ts";
import { pageOf } from "../../policy/engine/rule.ts";
import type { LintFinding, RuleSummary } from "./finding.ts";
import { isObstacle, OBSTACLES, type Obstacle } from "./obstacles.ts";

/** The summary of each rule with findings. */
export function summaries(findings: readonly LintFinding[]): ReadonlyMap<string, RuleSummary> {
  return new Map(findings.map((finding) => [finding.rule, summaryOf(finding)]));
}

function summaryOf({ rule, remediation, severity }: LintFinding): RuleSummary {
  const known = RULES.find(({ id }) => id === rule);
  if (known) {
    const description = `${known.description} ${known.why}`;
    return { description, remediation: known.remediation, severity: known.severity, page: pageOf(rule) };
  }
  if (isObstacle({ rule })) return OBSTACLES[rule as Obstacle];
  return {
    description: "Every exemption has a reason, an owner and an expiry date.",
    remediation,
    severity,
    page: "docs/reference/policies.md",
  };
}
