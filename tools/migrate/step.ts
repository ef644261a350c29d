import type { Repository } from "../gitops/yaml/repository.ts";
import type { Position } from "../gitops/yaml/source.ts";
import type { BuiltCluster, BuiltObject, Orphans } from "../gitops/flux/built.ts";
import type { ClusterReader } from "../../kube/client.ts";
import type { CheckReport } from "./live/check.ts";
import type { MigrateOptions } from "./options.ts";

/** One change of a file. */
export interface FileChange {
  /** Relative to the repository's root, with forward slashes. */
  readonly path: string;
  /** The whole new text; undefined removes the file. */
  readonly text: string | undefined;
}

/**
 * Something that a person has to know. `left`: not changed, and why; `lost`: of the old form, something that has no place in the new
 * one; `unknown`: not understood; `cutover`, `runbook`: what happens live, between commits.
 */
export interface Note {
  readonly kind: "left" | "lost" | "unknown" | "cutover" | "runbook";
  readonly message: string;
  readonly position?: Position;
}

/** What a step would do. */
export interface Plan {
  readonly changes: readonly FileChange[];
  readonly notes: readonly Note[];
}

/** What a step plans from. */
export interface StepContext {
  readonly repository: Repository;
  /** What the repository makes of its clusters before the step. */
  readonly clusters: readonly BuiltCluster[];
  /** Whether a file, by its path, may be changed (`--only`). */
  readonly selected: (path: string) => boolean;
  readonly options: MigrateOptions;
}

/** One kind of change of a GitOps repository: small, reviewable, proven. */
export interface Step {
  /** As on the command line. */
  readonly id: string;
  readonly title: string;
  /** What could go wrong live; the plan's order follows it. */
  readonly risk: "low" | "medium" | "high";
  /** What has to happen live before the step's change is committed, or after; empty where nothing has. */
  readonly live: readonly string[];
  /** The changes; writes nothing. A file that has nothing to do is not among them. */
  readonly plan: (context: StepContext) => Plan;
  /**
   * The step's promise: why a difference in what reaches a cluster was not intended, or undefined where it was. Asked for each object
   * that differs; an object that comes has no `before`, one that goes no `after`.
   */
  readonly whyForbidden: (
    before: BuiltObject | undefined,
    after: BuiltObject | undefined,
    context: StepContext,
    /** What the repository, with what outlives it, makes of its clusters after the step. */
    clusters: readonly BuiltCluster[],
  ) => string | undefined;
  /** Kustomizations and sources that stay on the clusters, and do there what they did, when the repository no longer holds them. */
  readonly surviving?: (context: StepContext) => Orphans;
  /** Of a step in phases: whether a live cluster, the only one of the context, is ready for the next one. */
  readonly check?: (context: StepContext, cluster: ClusterReader) => Promise<CheckReport>;
}

/** The promise of a refactoring. */
export const noChangeAllowed: Step["whyForbidden"] = () =>
  "this step must not change what reaches the cluster";
