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
 * Something that the owner should know. `refused`: stays, because the change would not be safe or would lose something; `left`: stays,
 * because the step does not apply to it; `removed`: deleted because the owner asked for it; `lost`: has no equivalent in the new form, and
 * the owner accepted that; `unknown`: kept without being understood; `cutover`, `runbook`: what to do live, between the commits.
 */
export interface Note {
  readonly kind: "refused" | "left" | "removed" | "lost" | "unknown" | "cutover" | "runbook";
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
  /** What the clusters receive from the repository before the step. */
  readonly clusters: readonly BuiltCluster[];
  /** Whether a file may be changed. */
  readonly selected: (path: string) => boolean;
  readonly options: MigrateOptions;
}

/** What could go wrong on a live cluster. */
export interface Risk {
  readonly level: "low" | "medium" | "high";
  /** One phrase. */
  readonly phrase: string;
}

/** One kind of change of a GitOps repository: small, reviewable, proven. */
export interface Step {
  /** The name on the command line. */
  readonly id: string;
  readonly title: string;
  readonly risk: Risk;
  /** What the step reads: objects, unless it only reads files, which are there even if a build fails. */
  readonly reads?: "files";
  /** What to do live before or after committing the step's change; empty if there is nothing. */
  readonly live: readonly string[];
  /** The changes, without writing them. A file without changes is not among them. */
  readonly plan: (context: StepContext) => Plan;
  /**
   * Why a change of one object is not among those that the step may make; undefined if it is. A new object has no `before`, a removed one
   * no `after`.
   */
  readonly whyForbidden: (
    before: BuiltObject | undefined,
    after: BuiltObject | undefined,
    context: StepContext,
    /** What the clusters have after the step, including what survives on them. */
    clusters: readonly BuiltCluster[],
  ) => string | undefined;
  /** Kustomizations and sources that stay on the clusters, and keep working, after they have left the repository. */
  readonly surviving?: (context: StepContext) => Orphans;
  /** For a step in phases: whether a live cluster, the only one in the context, is ready for the next phase. */
  readonly check?: (context: StepContext, cluster: ClusterReader) => Promise<CheckReport>;
}

/** For a pure refactoring: no object may change. */
export const noChangeAllowed: Step["whyForbidden"] = () => "this step must not change any object";
