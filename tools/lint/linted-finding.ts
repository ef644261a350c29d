import { describeObject, type KubeObject } from "../../kube/objects.ts";
import { formatPath } from "../../policy/engine/path.ts";
import type { NotEvaluatedFinding, RuleFinding } from "../../policy/engine/run.ts";
import { locate } from "../gitops/yaml/source.ts";
import { originAt, type Mapping } from "../gitops/yaml/values.ts";
import { fingerprint, type LintFinding } from "./finding.ts";
import { OBSTACLES, type Obstacle } from "./obstacles.ts";

/** A finding with the objects that a fix needs. */
export interface LintedFinding extends LintFinding {
  /** One per cluster with this finding; empty for a finding about a file. */
  readonly breaches: readonly RuleFinding[];
  /** The problem, if it is in an object that a chart renders; such a problem has no `breaches`, because no fix applies to it. */
  readonly rendered?: RuleFinding;
}

/** Something that could not be checked, and where it is. */
export interface ObstacleAt {
  readonly kind: Obstacle;
  readonly message: string;
  readonly position: LintFinding["position"];
}

/** The finding for something that could not be checked. */
export function ofObstacle(
  { kind, message, position }: ObstacleAt,
  clusters: readonly string[],
): LintedFinding {
  const { severity, remediation } = OBSTACLES[kind];
  return {
    rule: kind,
    level: "mandatory",
    severity,
    object: "",
    path: "",
    message,
    remediation,
    position,
    clusters,
    breaches: [],
  };
}

/**
 * The finding for a problem that a rule found in a cluster.
 * @param release the HelmRelease whose chart renders the object
 */
export function ofBreach(breach: RuleFinding, cluster: string, release?: KubeObject): LintedFinding {
  const { rule, object, path, message, remediation, severity, enforcement } = breach;
  const finding = {
    rule,
    level: enforcement === "advisory" ? "advisory" : "mandatory",
    severity,
    object: subject(object, release),
    path: formatPath(path),
    message,
    remediation,
    position: positionOf(object, path),
    clusters: [cluster],
    breaches: [breach],
  } as const;
  if (release === undefined) return finding;
  const how = `Change it in the values of ${describeObject(release)}, or with spec.postRenderers.`;
  // A fix would have to change the values: only the user knows which.
  return { ...finding, remediation: `${remediation} ${how}`, breaches: [], rendered: breach };
}

function subject(object: KubeObject, release: KubeObject | undefined): string {
  return release === undefined
    ? describeObject(object)
    : `${describeObject(object)} (${describeObject(release)})`;
}

/** The finding for a check that a rule could not evaluate in a cluster. */
export function ofNotEvaluated(
  { rule, object, path, reason }: NotEvaluatedFinding,
  cluster: string,
  release?: KubeObject,
): LintedFinding {
  return {
    rule,
    level: "advisory",
    severity: "low",
    object: subject(object, release),
    path: formatPath(path),
    message: `Not evaluated: ${reason}`,
    remediation: "",
    position: positionOf(object, path),
    clusters: [cluster],
    breaches: [],
  };
}

function positionOf(object: KubeObject, path: RuleFinding["path"]): LintFinding["position"] {
  return locate(originAt(object as unknown as Mapping, path));
}

/** Adds a finding; if another cluster already has the same one, the two are merged, and the stronger level counts. */
export function addFinding(findings: Map<string, LintedFinding>, finding: LintedFinding): void {
  const { line, column } = finding.position;
  const key = `${fingerprint(finding)} ${line}:${column}`;
  const known = findings.get(key);
  if (known === undefined) findings.set(key, finding);
  else
    findings.set(key, {
      ...(finding.level === "mandatory" ? finding : known),
      clusters: [...new Set([...known.clusters, ...finding.clusters])],
      breaches: [...known.breaches, ...finding.breaches],
    });
}
