import { RULES } from "../../policy/engine/registry.ts";
import type { BuildProblem } from "../gitops/problem.ts";
import type { LintFinding, RuleSummary } from "./finding.ts";

/** What keeps files from being checked, told like rules. */
export const PROBLEMS: Readonly<Record<BuildProblem["kind"], RuleSummary>> = {
  syntax: {
    description: "A file is YAML that can be read.",
    remediation: "Mend the file; until then its objects are not checked.",
    severity: "critical",
  },
  build: {
    description: "Kustomize and Flux can build what the repository holds.",
    remediation: "Mend the construct; until then the objects of this build are not checked.",
    severity: "critical",
  },
  unsupported: {
    description: "The offline build knows every construct that the repository uses.",
    remediation:
      "These objects are not checked: check them where Flux builds them, or write the construct in another way.",
    severity: "critical",
  },
};

/** Of each rule with findings: what it asks for. */
export function summaries(findings: readonly LintFinding[]): ReadonlyMap<string, RuleSummary> {
  const used = new Map<string, RuleSummary>();
  for (const { rule, remediation, severity } of findings) {
    if (used.has(rule)) continue;
    const known = RULES.find(({ id }) => id === rule);
    if (known) used.set(rule, known);
    else if (isProblem(rule)) used.set(rule, PROBLEMS[rule]);
    else
      used.set(rule, {
        description: "An exemption has a reason, an owner and an end.",
        remediation,
        severity,
      });
  }
  return used;
}

function isProblem(rule: string): rule is BuildProblem["kind"] {
  return Object.hasOwn(PROBLEMS, rule);
}
