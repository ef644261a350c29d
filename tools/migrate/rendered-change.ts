import type { BuiltCluster, BuiltObject } from "../gitops/flux/built.ts";
import { differences, type Difference } from "../gitops/flux/differences.ts";

/** What a step changes in the objects that the chart of one HelmRelease installs. */
export interface RenderedChange {
  readonly differences: readonly Difference[];
  readonly before: RenderedSide;
  readonly after: RenderedSide;
}

/** One side of the comparison. */
export interface RenderedSide {
  /** The objects that the release installs. */
  readonly objects: readonly BuiltObject[];
  /** The cluster, including what all charts install. */
  readonly cluster: BuiltCluster;
}

/** Compares what a release installs before and after a step. */
export function renderedChange(before: RenderedSide, after: RenderedSide): RenderedChange {
  const only = ({ cluster, objects }: RenderedSide): BuiltCluster => ({ ...cluster, objects });
  return { differences: differences([only(before)], [only(after)]), before, after };
}

/** Lists differences, for a message. */
export function listed(all: readonly Difference[]): string {
  const [first, ...others] = all.map(
    ({ object, before, after, fields }) =>
      `${object} (${before === undefined ? "added" : after === undefined ? "removed" : fields.join(", ")})`,
  );
  return others.length === 0 ? (first ?? "") : `${first ?? ""} and ${others.length} more`;
}
