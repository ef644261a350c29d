import type { z } from "zod";
import type { KubeObject } from "../../kube/objects.ts";
import type { Knowledge } from "../knowledge/knowledge.ts";
import type { GroupKind, ObjectIndex } from "./object-index.ts";
import type { Path } from "./path.ts";

/** How bad a problem is; the names are CrossGuard's. */
export type Severity = "low" | "medium" | "high" | "critical";

/** What a problem does to a run; the names are CrossGuard's. `remediate` is mandatory, and fixed automatically. */
export type Enforcement = "advisory" | "mandatory" | "remediate" | "disabled";

/** One thing that is wrong with the object that was checked. */
export interface Problem {
  /** The wrong field; for a missing field, the nearest one that exists. */
  readonly path: Path;
  /** What is wrong, in one sentence, without the object's name. */
  readonly message: string;
  /** What to do about this problem, if it differs from the rule's own remediation. */
  readonly remediation?: string;
  /** Reported as advisory, whatever the rule's enforcement is. */
  readonly warning?: true;
  /** The only value that fits the other objects, for the rule's `fix`. */
  readonly expected?: string;
}

/** Something that the rule could not evaluate. It is counted and reported, and never counts as a pass. */
export interface NotEvaluated {
  readonly path: Path;
  /** Why, in one sentence. */
  readonly notEvaluated: string;
}

/** A change of the object: sets `path` to `value`, or removes it if `value` is undefined. */
export interface Edit {
  readonly path: Path;
  readonly value: unknown;
}

/** An object at the steps of its Flux build. */
export interface BuildSteps {
  /** The Flux Kustomization that applies the object. */
  readonly kustomization: KubeObject;
  /** As Kustomize builds it from the files, before that Kustomization's `spec.patches`, `targetNamespace` and the like. */
  readonly beforePatches: KubeObject;
  /** As Kustomize builds it with them, before `postBuild` substitution. */
  readonly beforeSubstitution: KubeObject;
  /** Variables of that substitution; undefined for a value that is encrypted or not in the repository. */
  readonly variables: ReadonlyMap<string, string | undefined>;
  /** False if `substituteFrom` names an object that is not in the repository, so there may be more variables. */
  readonly variablesComplete: boolean;
}

/** What a rule may read in addition to its object. */
export interface RuleContext<Settings = unknown> {
  /** A stack declares only a part of its cluster; a repository is meant to hold all of it. */
  readonly host: "stack" | "repository";
  readonly settings: Settings;
  /** Every object of the stack, or of the cluster that the repository describes. */
  readonly objects: ObjectIndex;
  /** The objects at an earlier time: of the live cluster, or of an earlier revision. Undefined if the host does not know. */
  readonly previous: ObjectIndex | undefined;
  /** Finds the file of an object that is in the repository and that Flux does not apply, such as one of a bootstrap. */
  readonly unapplied: Unapplied;
  /** For an object of now or of the earlier time; undefined for one that Flux does not build. */
  readonly buildSteps: (object: KubeObject) => BuildSteps | undefined;
  /** What is known about charts and programs: the shipped tables with the owner's rows. */
  readonly knowledge: Knowledge;
  readonly now: Date;
}

/** @returns the file; undefined without one, or if the host has no repository */
export type Unapplied = (kind: GroupKind, namespace: string | undefined, name: string) => string | undefined;

/**
 * One rule. It reads its object as if every value were known: reading an unknown one throws (see `withUnknowns`), and the runner
 * reports the rule as not evaluated.
 */
export interface Rule<Settings = unknown> {
  /** The name of its file, its policy, its page and its exemption annotation. */
  readonly id: string;
  /** What must hold, in one sentence. */
  readonly description: string;
  /** What happens otherwise, in one or two sentences. */
  readonly why: string;
  /** What to do about a problem. */
  readonly remediation: string;
  readonly severity: Severity;
  readonly enforcement: Enforcement;
  /** The objects that it checks; "*" stands for any group or any kind. */
  readonly kinds: readonly GroupKind[];
  /** Set if it reads other objects too: a stack is then checked as a whole. */
  readonly wholeStack?: true;
  /** Settings for a whole stack or repository; none is required. */
  readonly settings?: z.ZodObject & z.ZodType<Settings>;
  check(object: KubeObject, context: RuleContext<Settings>): Iterable<Problem | NotEvaluated>;
  /** The safe way to fix a problem: it changes nothing else about how the object works. Empty if there is none. */
  fix?(object: KubeObject, problem: Problem): readonly Edit[];
}

/** Gives a rule the type of its settings. */
export function defineRule<Settings>(rule: Rule<Settings>): Rule<Settings> {
  return rule;
}

/** The rule's page, relative to the top of this repository. */
export function pageOf(id: string): string {
  return `docs/reference/rules/${id}.md`;
}
