import type { z } from "zod";
import type { KubeObject } from "../../kube/objects.ts";
import type { Knowledge } from "../knowledge/knowledge.ts";
import type { GroupKind, ObjectIndex } from "./object-index.ts";
import type { Path } from "./path.ts";

/** How bad a breach is, in CrossGuard's words. */
export type Severity = "low" | "medium" | "high" | "critical";

/** What a breach does, in CrossGuard's words; `remediate` is mandatory with a fix that is applied by itself. */
export type Enforcement = "advisory" | "mandatory" | "remediate" | "disabled";

/** One thing that is wrong with the object that was checked. */
export interface Problem {
  /** The field that is wrong, or the nearest one that exists where a field is missing. */
  readonly path: Path;
  /** What is wrong, in one sentence, without the object's name. */
  readonly message: string;
  /** What to do about this very problem, where it is more than the rule's own remediation. */
  readonly remediation?: string;
  /** Worth knowing, never a breach: reported as advisory whatever the rule's enforcement is. */
  readonly advice?: true;
  /** What the field must hold, where the other objects leave only one value: for the rule's own `fix`. */
  readonly expected?: string;
}

/** Something that could not be decided. It is counted and shown, and never taken for a pass. */
export interface Undecided {
  readonly path: Path;
  /** Why, in one sentence. */
  readonly undecided: string;
}

/** A change of the object: set `path` to `value`, or remove it where `value` is undefined. */
export interface Edit {
  readonly path: Path;
  readonly value: unknown;
}

/** How Flux makes an object of a repository. */
export interface Origin {
  /** The Flux Kustomization that applies the object. */
  readonly kustomization: KubeObject;
  /** As Kustomize builds it from the files, before that Kustomization's `spec.patches`, `targetNamespace` and the like. */
  readonly beforePatches: KubeObject;
  /** As Kustomize builds it with them, before `postBuild` substitution. */
  readonly beforeSubstitution: KubeObject;
  /** What that Kustomization substitutes; undefined for a variable whose value is not in clear in the repository. */
  readonly variables: ReadonlyMap<string, string | undefined>;
  /** False where something that `substituteFrom` names is not in the repository, so that there may be more variables. */
  readonly variablesComplete: boolean;
}

/** What a rule may look at besides its object. */
export interface RuleContext<Settings = unknown> {
  /** Who asks: a stack knows only what it declares; a repository is meant to be all that a cluster runs. */
  readonly host: "stack" | "repository";
  readonly settings: Settings;
  /** Every object of the stack, or of the cluster that the repository describes. */
  readonly objects: ObjectIndex;
  /** The same at an earlier time: the live cluster, or an earlier revision. Undefined where the host does not know. */
  readonly previous: ObjectIndex | undefined;
  /** The file of the repository in which there is such an object that Flux does not apply, as those of a bootstrap. */
  readonly unapplied: Unapplied;
  /** Of an object of now or of the earlier time; undefined for those that are not made by Flux. */
  readonly origin: (object: KubeObject) => Origin | undefined;
  /** What is known of charts and programs: the shipped tables with the owner's rows. */
  readonly knowledge: Knowledge;
  readonly now: Date;
}

/** @returns the file; undefined where there is none, or the host has no repository */
export type Unapplied = (kind: GroupKind, namespace: string | undefined, name: string) => string | undefined;

/**
 * One rule. A value that is not known yet throws when it is read (see `withUnknowns`), which the runner reports as undecided: a rule reads
 * its object as if all were known.
 */
export interface Rule<Settings = unknown> {
  /** The name of its file, of its policy, and of its exemption annotation. */
  readonly id: string;
  /** What must be so, and why, in one or two sentences. */
  readonly description: string;
  /** What to do about a breach. */
  readonly remediation: string;
  readonly severity: Severity;
  readonly enforcement: Enforcement;
  /** The objects that it checks; "*" stands for any group or any kind. */
  readonly kinds: readonly GroupKind[];
  /** Whether it looks at other objects: a stack is then checked as a whole. */
  readonly wholeStack?: true;
  /** Settings for a whole stack or repository, each with a default. */
  readonly settings?: z.ZodObject & z.ZodType<Settings>;
  check(object: KubeObject, context: RuleContext<Settings>): Iterable<Problem | Undecided>;
  /** The safe way to mend a problem, where there is one: it changes nothing else about how the object works. */
  fix?(object: KubeObject, problem: Problem): readonly Edit[];
}

/** Gives a rule the type of its own settings. */
export function defineRule<Settings>(rule: Rule<Settings>): Rule<Settings> {
  return rule;
}
