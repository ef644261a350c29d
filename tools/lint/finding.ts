import { createHash } from "node:crypto";
import type { Position } from "../gitops/yaml/source.ts";

/** How bad a finding is: a mandatory one fails CI, an advisory one does not unless asked for. */
export type Level = "mandatory" | "advisory";

/** One thing to tell about a repository. */
export interface LintFinding {
  /** A rule's id, or `syntax`, `build` or `unsupported` for what kept a file from being read or built. */
  readonly rule: string;
  readonly level: Level;
  readonly severity: string;
  /** `Kind namespace/name` of the object, empty for a finding about a file. */
  readonly object: string;
  /** The field in the object as it reaches the cluster, empty for the whole. */
  readonly path: string;
  readonly message: string;
  readonly remediation: string;
  /** Where the field was written: the object's own file, or the patch or component that made it. */
  readonly position: Position;
  /** Clusters that have it: a shared file is told of once. */
  readonly clusters: readonly string[];
}

/** What one run has to say. */
export interface LintReport {
  /** Sorted by file, line, column and rule. */
  readonly findings: readonly LintFinding[];
  /** Of each rule with findings: what it asks for. */
  readonly rules: ReadonlyMap<string, RuleSummary>;
  /** Number of objects that were checked. */
  readonly objects: number;
  readonly clusters: readonly string[];
  /** Number of findings that an exemption on the object covers. */
  readonly exempted: number;
  /** What a rule could not decide, as an unknown value stood in its way. */
  readonly undecided: readonly LintFinding[];
  /** Flux Kustomizations whose files come from another source. */
  readonly external: readonly string[];
  /** Files that hold objects and that no Flux Kustomization makes use of: they are not checked. */
  readonly unreached: readonly string[];
}

/** A rule as a report shows it. */
export interface RuleSummary {
  readonly description: string;
  readonly remediation: string;
  readonly severity: string;
}

/** What stays the same about a finding when lines move: the same text in two runs means the same finding. */
export function fingerprint({ rule, object, path, message, position }: LintFinding): string {
  const identity = [rule, position.file, object, path, message].join("\0");
  return createHash("sha256").update(identity).digest("hex").slice(0, 32);
}

/** Order of a report. */
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
