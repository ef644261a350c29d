import { createHash } from "node:crypto";
import type { Position } from "../gitops/yaml/source.ts";

/** Whether a finding is an error (mandatory) or a warning (advisory). */
export type Level = "mandatory" | "advisory";

/** One finding in a repository. */
export interface LintFinding {
  /** A rule id, or `unreadable`, `syntax`, `build` or `unsupported` for something that could not be checked. */
  readonly rule: string;
  readonly level: Level;
  readonly severity: string;
  /** `Kind namespace/name` of the object, with its HelmRelease in parentheses if a chart renders it; empty for a finding about a file. */
  readonly object: string;
  /** The path of the field in the object as it reaches the cluster; empty for the whole object. */
  readonly path: string;
  readonly message: string;
  readonly remediation: string;
  /** Where the field is written: the object's own file, or the patch or component that sets it. */
  readonly position: Position;
  /** The clusters with this finding; clusters that share a file share its findings. */
  readonly clusters: readonly string[];
  /** Findings about other objects that have the same cause; they are not reported separately. */
  readonly same?: readonly LintFinding[];
}

/** The result of one run. */
export interface LintReport {
  /** Sorted by file, line, column and rule. */
  readonly findings: readonly LintFinding[];
  /** The rules with findings. */
  readonly rules: ReadonlyMap<string, RuleSummary>;
  /** Number of objects that were checked. */
  readonly objects: number;
  readonly clusters: readonly string[];
  /** What charts render, if that was asked for. */
  readonly rendering?: RenderingSummary;
  /** Number of exempt findings. */
  readonly exempted: number;
  /** Checks that a rule could not evaluate. */
  readonly notEvaluated: readonly LintFinding[];
  /** Flux Kustomizations that build from another source. */
  readonly external: readonly string[];
  /** Files with objects that no Flux Kustomization uses; they are not checked. */
  readonly unreached: readonly string[];
}

/** How many HelmReleases were rendered. */
export interface RenderingSummary {
  readonly rendered: number;
  readonly notRendered: readonly {
    /** `HelmRelease namespace/name` */
    readonly release: string;
    readonly reason: string;
    readonly position: Position;
    readonly clusters: readonly string[];
  }[];
}

/** A rule in a report. */
export interface RuleSummary {
  readonly description: string;
  readonly remediation: string;
  readonly severity: string;
  /** The rule's page, relative to the top of edgefirst's repository; absent for an obstacle such as `syntax`, which is not a rule. */
  readonly page?: string;
}

/** How a report names the objects of a finding: the first, and how many more there are. */
export function subjectOf({ object, same = [] }: LintFinding): string {
  const others = new Set(same.map((finding) => finding.object).filter((other) => other !== object));
  return others.size === 0 ? object : `${object} and ${others.size} more`;
}

/** Identifies a finding across runs, even if its line number changes. */
export function fingerprint({ rule, object, path, message, position }: LintFinding): string {
  const identity = [rule, position.file, object, path, message].join("\0");
  return createHash("sha256").update(identity).digest("hex").slice(0, 32);
}

/** The order of findings in a report. */
export function byPosition(a: LintFinding, b: LintFinding): number {
  return (
    compare(a.position.file, b.position.file) ||
    a.position.line - b.position.line ||
    a.position.column - b.position.column ||
    compare(a.rule, b.rule) ||
    compare(a.path, b.path)
  );
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
