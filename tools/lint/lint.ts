import type { KubeObject } from "../../kube/objects.ts";
import { runRules, type RuleReport, type RunInput } from "../../policy/engine/run.ts";
import type { BuiltCluster } from "../gitops/flux/built.ts";
import { indexOf } from "../gitops/flux/cluster-index.ts";
import { buildRepository, type BuiltRepository } from "../gitops/flux/repository-build.ts";
import { isIn } from "../gitops/yaml/paths.ts";
import type { Repository } from "../gitops/yaml/repository.ts";
import type { RepositoryRendering } from "../render/render-repository.ts";
import { byPosition, type LintFinding, type LintReport } from "./finding.ts";
import { commentsOn, isCommentedOut } from "./comments.ts";
import { failingIn, whyLater } from "./failing.ts";
import { hasFluxIn } from "./flux-version.ts";
import { generatedIn } from "./generated.ts";
import { knowledgeOf } from "./knowledge.ts";
import { asKubeObject, buildStepsOf } from "./kube-object.ts";
import { kustomizationFiles, kustomizationsOf } from "./kustomization-files.ts";
import { addFinding, ofBreach, ofNotEvaluated, ofObstacle, type LintedFinding } from "./linted-finding.ts";
import { probesLeftOutIn } from "./left-out.ts";
import { mentionsIn } from "./mentions.ts";
import { isExampleCluster, recommendsIn } from "./recommended.ts";
import { renderedObjects, renderingSummary } from "./rendered.ts";
import { onePerCause } from "./one-cause.ts";
import { readSettings } from "./settings.ts";
import { isObstacle } from "./obstacles.ts";
import { summaries } from "./summaries.ts";
import { unappliedIn } from "./unapplied.ts";
import { isWhole } from "./whole.ts";

/** A report whose findings can be fixed. */
export interface LintedReport extends LintReport {
  readonly findings: readonly LintedFinding[];
  /** Every object that was checked. */
  readonly checked: readonly KubeObject[];
}

/** Options for linting a repository. */
export interface LintOptions {
  /** Files and directories, relative to the root: findings elsewhere are omitted. Empty: the whole repository. */
  readonly within?: readonly string[];
  /** The same repository at an earlier time, for rules that check what a change moves. */
  readonly before?: Repository;
  /** What the charts of the repository render; from `renderRepository`. */
  readonly rendering?: RepositoryRendering;
  readonly now?: Date;
}

/**
 * Builds a repository offline and runs every rule on what reaches its clusters.
 * @throws {EdgefirstError} if the repository's settings or owner rows are not valid
 */
export function lintRepository(repository: Repository, options: LintOptions = {}): LintedReport {
  const settings = readSettings(repository);
  const built = options.rendering?.built ?? buildRepository(repository, { partial: true });
  const before = options.before && buildRepository(options.before, { partial: true }).clusters;
  const input: RunInput = {
    host: "repository",
    objects: [],
    settings,
    unapplied: unappliedIn(repository, built.unreached),
    mentioned: mentionsIn(repository),
    probesLeftOut: probesLeftOutIn(repository),
    isCommentedOut,
    commentsOn,
    knowledge: knowledgeOf(repository),
    ...(options.now && { now: options.now }),
  };
  const files = kustomizationFiles(repository);
  const recommendation = recommendsIn(repository);
  const findings = new Map<string, LintedFinding>();
  const notEvaluated = new Map<string, LintedFinding>();
  let exempted = 0;
  for (const cluster of built.clusters) {
    const { name } = cluster;
    const failing = failingIn(cluster, repository);
    for (const problem of failing.problems) addFinding(findings, ofObstacle(problem, [name]));
    const former = before?.find((one) => one.name === name);
    const rendered = renderedObjects(options.rendering?.clusters.get(cluster));
    const use = {
      isApplied: cluster.kustomizations.length > 0,
      isExample: isExampleCluster(name) && built.clusters.some((other) => !isExampleCluster(other.name)),
    };
    const report = runCluster(
      {
        ...input,
        renderedBy: rendered,
        others: () => built.clusters.filter((other) => other !== cluster).map(indexOf),
        isComplete: isWhole(cluster, built.clusters),
        hasFlux: hasFluxIn(cluster, repository),
        recommends: (object, rule) =>
          rendered.has(object)
            ? undefined
            : (recommendation(object, rule, use) ?? whyLater(object, rule, failing)),
      },
      cluster,
      kustomizationsOf(repository, files, cluster),
      former,
    );
    exempted += report.findings.filter(({ exemption }) => exemption !== undefined).length;
    for (const finding of report.findings)
      if (finding.exemption === undefined)
        addFinding(findings, ofBreach(finding, name, rendered.get(finding.object)));
    for (const finding of report.notEvaluated)
      addFinding(notEvaluated, ofNotEvaluated(finding, name, rendered.get(finding.object)));
  }
  for (const finding of unreadable(repository)) addFinding(findings, finding);
  const isWithin = within(options.within ?? []);
  const isGenerated = generatedIn(repository);
  const own = [...findings.values()].filter(
    (finding) => isWithin(finding) && (isObstacle(finding) || !isGenerated(finding.position.file)),
  );
  const kept = onePerCause(own.sort(byPosition));
  return {
    ...summary(built, options.rendering),
    unreached: built.unreached.filter((file) => isWithin({ position: { file } })),
    findings: kept,
    checked: built.clusters.flatMap(({ objects }) => objects.map(({ object }) => asKubeObject(object))),
    rules: summaries(kept),
    ...(options.rendering && { rendering: renderingSummary(options.rendering) }),
    exempted,
    notEvaluated: [...notEvaluated.values()].filter(isWithin).sort(byPosition),
  };
}

function summary(
  { clusters, external }: BuiltRepository,
  rendering: RepositoryRendering | undefined,
): Pick<LintReport, "objects" | "clusters" | "external"> {
  const objects = clusters.reduce(
    (count, cluster) =>
      count + cluster.objects.length + renderedObjects(rendering?.clusters.get(cluster)).size,
    0,
  );
  return { objects, clusters: clusters.map(({ name }) => name), external };
}

/** @param former the cluster at an earlier time */
function runCluster(
  input: RunInput,
  { objects, problems, kustomizations }: BuiltCluster,
  files: readonly KubeObject[],
  former: BuiltCluster | undefined,
): RuleReport {
  const now = new Map(objects.map((built) => [asKubeObject(built.object), built]));
  const isComplete =
    input.isComplete === true &&
    problems.every(({ isBuilt }) => isBuilt === true) &&
    kustomizations.every(({ isExternal }) => !isExternal);
  const before = new Map((former?.objects ?? []).map((built) => [asKubeObject(built.object), built]));
  return runRules({
    ...input,
    isComplete,
    objects: [...now.keys(), ...(input.renderedBy?.keys() ?? []), ...files],
    buildSteps: (object) => {
      const built = now.get(object) ?? before.get(object);
      return built && buildStepsOf(built);
    },
    ...(former && { previous: [...before.keys()] }),
  });
}

/** Findings for paths that cannot be read. */
function unreadable(repository: Repository): readonly LintedFinding[] {
  return [...repository.unreadable].map(([file, message]) =>
    ofObstacle({ kind: "unreadable", message, position: { file, line: 1, column: 1 } }, []),
  );
}

function within(
  paths: readonly string[],
): (finding: { readonly position: Pick<LintFinding["position"], "file"> }) => boolean {
  return ({ position: { file } }) => paths.length === 0 || paths.some((path) => isIn(file, path));
}
