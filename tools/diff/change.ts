import type { BuiltCluster, BuiltObject } from "../gitops/flux/built.ts";
import type { BuildProblem } from "../gitops/problem.ts";

/** What happens to an object. `renamed`: a generated object gets a new hash in its name. */
export type ChangeKind = "added" | "removed" | "changed" | "moved" | "renamed";

/** Kinds of danger, the worst first. */
export const DANGER_KINDS = [
  /** Data may be deleted. */
  "data",
  /** Flux deletes an object that runs or configures something. */
  "deletion",
  /** An object is deleted and created again. */
  "recreation",
  /** Two Kustomizations exchange an object, and one may delete it. */
  "move",
  /** The API server refuses the change, and the Kustomization stops being applied. */
  "refusal",
  /** A definition changes in a way that existing objects may not fit. */
  "definition",
] as const;

/** Something that a reviewer has to know before the change is merged. */
export interface Danger {
  readonly kind: (typeof DANGER_KINDS)[number];
  /** What happens, in full sentences. */
  readonly message: string;
  /** What to do about it, in full sentences. */
  readonly remediation: string;
}

/** One object that a change affects in one cluster. */
export interface Change {
  readonly cluster: string;
  readonly kind: ChangeKind;
  /** `Kind namespace/name`; of a renamed object, the new name. */
  readonly object: string;
  readonly before: BuiltObject | undefined;
  readonly after: BuiltObject | undefined;
  /** Paths of the fields that differ. */
  readonly fields: readonly string[];
  readonly dangers: readonly Danger[];
  /** What else to know, such as that Flux keeps a removed object. */
  readonly notes: readonly string[];
}

/** A cluster before and after a change; undefined if the repository has no such cluster. */
export interface ClusterPair {
  readonly name: string;
  readonly before: BuiltCluster | undefined;
  readonly after: BuiltCluster | undefined;
}

/** Something that could not be built, or that Flux would refuse. */
export interface Obstacle {
  readonly cluster: string;
  /** On which side. */
  readonly side: "before" | "after" | "both";
  readonly problem: BuildProblem;
}

/** What a change does to every cluster. */
export interface Comparison {
  readonly clusters: readonly string[];
  /** The dangerous first, then in the order of the build. */
  readonly changes: readonly Change[];
  readonly obstacles: readonly Obstacle[];
  /** Objects that are missing on one side only because something could not be built there; one clause for each cause. */
  readonly uncertain: readonly string[];
  /** Kustomizations that build from another repository, as `namespace/name (source)`. */
  readonly external: readonly string[];
}

/** The changes, the worst first. */
export function byDanger(changes: readonly Change[]): readonly Change[] {
  return changes.toSorted((one, other) => rank(one) - rank(other));
}

function rank({ dangers }: Change): number {
  const ranks = dangers.map(({ kind }) => DANGER_KINDS.indexOf(kind));
  return Math.min(DANGER_KINDS.length, ...ranks);
}
