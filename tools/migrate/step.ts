import type { Repository } from "../gitops/yaml/repository.ts";
import type { Position } from "../gitops/yaml/source.ts";
import type { BuiltCluster, BuiltObject, Orphans } from "../gitops/flux/built.ts";
import type { ClusterReader } from "../../kube/client.ts";
import type { CheckReport } from "./live/check.ts";
import type { RenderedChange } from "./rendered-change.ts";
import type { MigrateOptions } from "./options.ts";
import type { RegistryAnswers } from "./registry-answers.ts";

/** A change to one file. */
export interface FileChange {
  /** Relative to the repository's root, with forward slashes. */
  readonly path: string;
  /** The whole new text; undefined removes the file. */
  readonly text: string | undefined;
}

/**
 * Something that the owner should know. `refused`: left unchanged, because the change would not be safe or would lose something; `left`:
 * left unchanged, because the step does not apply to it; `removed`: deleted because the owner asked for it; `lost`: has no equivalent in
 * the new form, and the owner accepted that; `unknown`: kept without being understood; `cutover`, `runbook`: what to do on the live
 * cluster, and when; `option`: another way that the owner may prefer.
 */
export interface Note {
  readonly kind: "refused" | "left" | "removed" | "lost" | "unknown" | "cutover" | "runbook" | "option";
  readonly message: string;
  readonly position?: Position;
}

/** What a step would do. */
export interface Plan {
  readonly changes: readonly FileChange[];
  readonly notes: readonly Note[];
  /** What the step could not check, one sentence each. */
  readonly unseen?: readonly string[];
  /** Like {@link Step.live}, if it depends on the changes; it takes the place of the step's own list. */
  readonly live?: readonly string[];
}

/** The input for planning a step. */
export interface StepContext {
  readonly repository: Repository;
  /** What the clusters receive from the repository before the step. */
  readonly clusters: readonly BuiltCluster[];
  /** Whether a file may be changed. */
  readonly selected: (path: string) => boolean;
  /** Whether a file may not be changed because a change to it was refused. */
  readonly isRefused?: (path: string) => boolean;
  readonly options: MigrateOptions;
  /** What registries answered; undefined if they were not asked. */
  readonly registry?: RegistryAnswers;
}

/** The repository with a step's changes. */
export interface After extends Pick<StepContext, "repository" | "clusters"> {
  /** The files that the step changes. */
  readonly changed: ReadonlySet<string>;
}

/** A reason why the proof fails. */
export interface Failure {
  readonly message: string;
  /** The files that cause it, if known. */
  readonly files: readonly string[];
  /** Whether a build fails: that may be the cause of other failures. */
  readonly isBuild?: true;
}

/** What could go wrong on a live cluster. */
export interface Risk {
  readonly level: "low" | "medium" | "high";
  /** One phrase. */
  readonly phrase: string;
}

/** One kind of change to a GitOps repository: small, reviewable, proven. */
export interface Step {
  /** The name on the command line. */
  readonly id: string;
  readonly title: string;
  readonly risk: Risk;
  /** Set if the step only reads files, which are available even if a build fails. Other steps read objects. */
  readonly reads?: "files";
  /** What to do on the live cluster before or after committing the change; empty if nothing. */
  readonly live: readonly string[];
  /** Plans the changes and writes nothing. Unchanged files are not included. */
  readonly plan: (context: StepContext) => Plan;
  /**
   * Why the step must not make a change to an object; undefined if the change is allowed. A new object has no `before`, and a removed one has no `after`.
   */
  readonly whyForbidden: (
    before: BuiltObject | undefined,
    after: BuiltObject | undefined,
    context: StepContext,
    /** The clusters after the step, including the objects that survive on them. */
    clusters: readonly BuiltCluster[],
  ) => string | undefined;
  /**
   * What the step has written but the build after it does not have, because a patch of the repository overrides it. An object that does not change is no
   * difference, so that {@link whyForbidden} never sees it.
   */
  readonly unmet?: (context: StepContext, after: After) => readonly Failure[];
  /**
   * Why the step must not make a change to what a HelmRelease's chart installs; undefined if the change is allowed. Without this function, the chart must
   * install the same objects.
   */
  readonly whyRenderedForbidden?: (change: RenderedChange, context: StepContext) => string | undefined;
  /** Kustomizations and sources that remain on the clusters, and keep working, after they are removed from the repository. */
  readonly surviving?: (context: StepContext) => Orphans;
  /** Comments that the step itself writes, and deletes again in a later phase. */
  readonly ownComments?: readonly string[];
  /** For a step with phases: checks whether a live cluster, the only one in the context, is ready for the next phase. */
  readonly check?: (context: StepContext, cluster: ClusterReader) => Promise<CheckReport>;
}

/** For a pure refactoring: no object may change. */
export const noChangeAllowed: Step["whyForbidden"] = () => "this step must not change any object";
