import { describeObject, type KubeObject } from "../../kube/objects.ts";
import { formatPath } from "../../policy/engine/path.ts";
import type { Knowledge } from "../../policy/knowledge/knowledge.ts";
import type { Unapplied } from "../../policy/engine/rule.ts";
import { runRules, type RuleFinding, type NotEvaluatedFinding } from "../../policy/engine/run.ts";
import type { PolicySettings } from "../../policy/engine/settings.ts";
import { locate } from "../gitops/yaml/source.ts";
import type { Repository } from "../gitops/yaml/repository.ts";
import { originAt, type Mapping } from "../gitops/yaml/values.ts";
import { buildRepository, type BuiltRepository } from "../gitops/flux/repository-build.ts";
import type { BuiltCluster } from "../gitops/flux/built.ts";
import { kustomizationFiles, kustomizationsOf } from "./kustomization-files.ts";
import { knowledgeOf } from "./knowledge.ts";
import { readSettings } from "./settings.ts";
import { byPosition, fingerprint, type LintFinding, type LintReport } from "./finding.ts";
import { asKubeObject, buildStepsOf } from "./kube-object.ts";
import { OBSTACLES, summaries, type Obstacle } from "./summaries.ts";
import { unappliedIn } from "./unapplied.ts";

/** A finding with its objects, for a fix. */
export interface LintedFinding extends LintFinding {
  /** One per cluster that has it; empty for a finding about a file. */
  readonly breaches: readonly RuleFinding[];
}

/** A report whose findings can be fixed. */
export interface LintedReport extends LintReport {
  readonly findings: readonly LintedFinding[];
  /** Every object that was checked. */
  readonly checked: readonly KubeObject[];
}

/** How to lint a repository. */
export interface LintOptions {
  /** Files and directories, relative to the root: findings elsewhere are left out. Everything if empty. */
  readonly within?: readonly string[];
  /** The same repository at an earlier time, for rules about what a change moves. */
  readonly before?: Repository;
  readonly now?: Date;
}

/**
 * Builds a repository offline and runs every rule over what reaches its clusters.
 * @throws {EdgefirstError} if the settings or the owner's rows of the repository are not valid
 */
export function lintRepository(repository: Repository, options: LintOptions = {}): LintedReport {
  const settings = readSettings(repository);
  const built = buildRepository(repository, { partial: true });
  const before = options.before && buildRepository(options.before, { partial: true }).clusters;
  const findings = new Map<string, LintedFinding>();
  const notEvaluated = new Map<string, LintedFinding>();
  let exempted = 0;
  const given = {
    unapplied: unappliedIn(repository, built.unreached),
    settings,
    knowledge: knowledgeOf(repository),
  };
  const files = kustomizationFiles(repository);
  for (const cluster of built.clusters) {
    for (const problem of cluster.problems) add(findings, ofObstacle(problem, [cluster.name]));
    const report = runCluster(
      cluster,
      kustomizationsOf(repository, files, cluster),
      given,
      before?.find(({ name }) => name === cluster.name),
      options.now,
    );
    for (const finding of report.findings) {
      if (finding.exemption) exempted++;
      else add(findings, ofBreach(finding, cluster.name));
    }
    for (const finding of report.notEvaluated) add(notEvaluated, ofNotEvaluated(finding, cluster.name));
  }
  for (const [file, message] of repository.unreadable)
    add(findings, ofObstacle({ kind: "unreadable", message, position: { file, ...START } }, []));
  const isWithin = within(options.within ?? []);
  const inside = ({ position }: LintFinding): boolean => isWithin(position.file);
  const kept = [...findings.values()].filter(inside).sort(byPosition);
  return {
    ...summary(built, isWithin),
    findings: kept,
    checked: built.clusters.flatMap(({ objects }) => objects.map(({ object }) => asKubeObject(object))),
    rules: summaries(kept),
    exempted,
    notEvaluated: [...notEvaluated.values()].filter(inside).sort(byPosition),
  };
}

function summary(
  { clusters, external, unreached }: BuiltRepository,
  isWithin: (file: string) => boolean,
): Pick<LintReport, "objects" | "clusters" | "external" | "unreached"> {
  const objects = clusters.reduce((count, cluster) => count + cluster.objects.length, 0);
  return {
    objects,
    clusters: clusters.map(({ name }) => name),
    external,
    unreached: unreached.filter(isWithin),
  };
}

function runCluster(
  { objects }: BuiltCluster,
  files: readonly KubeObject[],
  given: { readonly unapplied: Unapplied; readonly settings: PolicySettings; readonly knowledge: Knowledge },
  before: BuiltCluster | undefined,
  now: Date | undefined,
): ReturnType<typeof runRules> {
  const byObject = new Map(objects.map((built) => [asKubeObject(built.object), built]));
  const former = new Map((before?.objects ?? []).map((built) => [asKubeObject(built.object), built]));
  return runRules({
    host: "repository",
    objects: [...byObject.keys(), ...files],
    ...given,
    buildSteps: (object) => {
      const built = byObject.get(object) ?? former.get(object);
      return built && buildStepsOf(built);
    },
    ...(before && { previous: [...former.keys()] }),
    ...(now && { now }),
  });
}

/** Adds a finding; one that another cluster has gets that cluster's name and object too. */
function add(findings: Map<string, LintedFinding>, finding: LintedFinding): void {
  const { line, column } = finding.position;
  const key = `${fingerprint(finding)} ${line}:${column}`;
  const known = findings.get(key);
  if (known === undefined) findings.set(key, finding);
  else
    findings.set(key, {
      ...known,
      clusters: [...new Set([...known.clusters, ...finding.clusters])],
      breaches: [...known.breaches, ...finding.breaches],
    });
}

/** The position of an unreadable path: it has no lines. */
const START = { line: 1, column: 1 };

interface ObstacleAt {
  readonly kind: Obstacle;
  readonly message: string;
  readonly position: LintFinding["position"];
}

function ofObstacle({ kind, message, position }: ObstacleAt, clusters: readonly string[]): LintedFinding {
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

function ofBreach(breach: RuleFinding, cluster: string): LintedFinding {
  const { rule, object, path, message, remediation, severity, enforcement } = breach;
  return {
    rule,
    level: enforcement === "advisory" ? "advisory" : "mandatory",
    severity,
    object: describeObject(object),
    path: formatPath(path),
    message,
    remediation,
    position: positionOf(object, path),
    clusters: [cluster],
    breaches: [breach],
  };
}

function ofNotEvaluated({ rule, object, path, reason }: NotEvaluatedFinding, cluster: string): LintedFinding {
  return {
    rule,
    level: "advisory",
    severity: "low",
    object: describeObject(object),
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

function within(paths: readonly string[]): (file: string) => boolean {
  if (paths.length === 0 || paths.includes(".")) return () => true;
  return (file) => paths.some((path) => file === path || file.startsWith(`${path}/`));
}
