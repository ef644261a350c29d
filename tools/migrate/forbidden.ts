import { counted } from "../../lib/counted.ts";
import type { BuiltCluster } from "../gitops/flux/built.ts";
import type { Difference } from "../gitops/flux/differences.ts";
import type { BuildProblem } from "../gitops/problem.ts";
import { problemKey } from "./failure.ts";
import type { Failure } from "./step.ts";

/** A change that a step may not make. */
export interface Forbidden extends Difference {
  readonly reason: string;
}

/**
 * Why a proof fails: a line for each change that is not allowed. Objects that are missing from a cluster of which a build fails are only counted, because that
 * is the cause, and their lines would hide it.
 * @param problems what keeps builds from succeeding after the step, but not before
 */
export function forbiddenFailures(
  forbidden: readonly Forbidden[],
  problems: readonly BuildProblem[],
  after: readonly BuiltCluster[],
): readonly Failure[] {
  const causes = new Set(problems.filter(({ isBuilt }) => isBuilt !== true).map(problemKey));
  const broken = after.filter((cluster) =>
    cluster.problems.some((problem) => causes.has(problemKey(problem))),
  );
  const names = new Set(broken.map(({ name }) => name));
  const isMissing = (one: Difference): boolean => one.after === undefined && names.has(one.cluster);
  const missing = Map.groupBy(forbidden.filter(isMissing), ({ cluster }) => cluster);
  return [
    ...forbidden
      .filter((one) => !isMissing(one))
      .map((one) => ({ message: `${describe(one)}: ${one.reason}`, files: filesOf(one) })),
    ...[...missing].map(([cluster, objects]) => ({
      message: `${cluster}: without this build, ${counted(objects.length, "object")} would be missing, such as ${objects[0]?.object ?? ""}`,
      files: [],
    })),
  ];
}

/** `kubernetes/edge: HelmRelease media/plex (spec.values.route)` */
export function describe({ cluster, object, before, after, fields }: Difference): string {
  const how = before === undefined ? "added" : after === undefined ? "removed" : fields.join(", ");
  return `${cluster}: ${object} (${how})`;
}

function filesOf({ before, after }: Difference): readonly string[] {
  const files = [before, after].flatMap((built) => (built ? [built.origin.source.file] : []));
  return [...new Set(files)];
}
