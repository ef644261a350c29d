import type { BuildProblem } from "../gitops/problem.ts";
import type { LintFinding, RuleSummary } from "./finding.ts";

/** Why part of the repository could not be checked. */
export type Obstacle = BuildProblem["kind"] | "unreadable";

/** What each obstacle means and how to remove it, in the form of a rule. */
export const OBSTACLES: Readonly<Record<Obstacle, RuleSummary>> = {
  unreadable: {
    description: "Every directory and file is readable.",
    remediation: "Make it readable for this user, then re-run. Its contents were not checked.",
    severity: "critical",
  },
  syntax: {
    description: "Every file is valid YAML.",
    remediation: "Fix the file, then re-run. Its objects were not checked.",
    severity: "critical",
  },
  build: {
    description: "Kustomize and Flux can build the repository.",
    remediation: "Fix the file, then re-run. The objects in this build were not checked.",
    severity: "critical",
  },
  unsupported: {
    description: "The offline build supports every feature that the repository uses.",
    remediation:
      "Rewrite it without this feature, or check what Flux builds from it. These objects were not checked.",
    severity: "critical",
  },
};

/** Whether a finding says that part of the repository could not be checked. */
export function isObstacle({ rule }: Pick<LintFinding, "rule">): boolean {
  return Object.hasOwn(OBSTACLES, rule);
}
