import type { z } from "zod";
import type { KubeObject } from "../../kube/objects.ts";
import type { Knowledge } from "../knowledge/knowledge.ts";
import type { GroupKind, ObjectIndex } from "./object-index.ts";
import type { Path } from "./path.ts";

/** The severity of a problem, in CrossGuard's terms. */
export type Severity = "low" | "medium" | "high" | "critical";

/** The effect of a problem on a run, in CrossGuard's terms. `remediate` is like `mandatory`, but CrossGuard first fixes what it can. */
export type Enforcement = "advisory" | "mandatory" | "remediate" | "disabled";

/** A problem that a rule found in the object that it checked. */
export interface Problem {
  /** The field that is wrong; if a field is missing, its nearest existing ancestor. */
  readonly path: Path;
  /** What is wrong, in one sentence, without the object's name. */
  readonly message: string;
  /** What to do about this problem, if it differs from the rule's own remediation. */
  readonly remediation?: string;
  /** Set to report the problem as advisory, even if the rule is mandatory. */
  readonly warning?: true;
  /**
   * Set if it depends on the app, or on what its owner wants, whether this is a defect. In a repository, a recommendation is advisory unless the repository sets
   * the rule's level.
   */
  readonly recommendation?: boolean;
  /** The thing that is missing, if several objects may need it: `lint` reports it once, with the number of objects. */
  readonly cause?: string;
  /** The only value that would agree with the other objects; read by the rule's `fix`. */
  readonly expected?: string;
}

/** Something that the rule could not evaluate. It is reported and counted, but never as passed. */
export interface NotEvaluated {
  readonly path: Path;
  /** Why, in one sentence. */
  readonly notEvaluated: string;
}

/** A change to the object: sets the field at `path` to `value`, or removes it if `value` is undefined. */
export interface Edit {
  readonly path: Path;
  readonly value: unknown;
}

/** An object after each step of its Flux build. */
export interface BuildSteps {
  /** The Flux Kustomization that applies the object. */
  readonly kustomization: KubeObject;
  /**
   * The object as kustomize builds it from the files, before Flux applies the Kustomization's `spec.patches`, `targetNamespace` and similar fields.
   */
  readonly beforePatches: KubeObject;
  /** The object after Flux has applied those fields, before `postBuild` substitution. */
  readonly beforeSubstitution: KubeObject;
  /** The variables for the substitution. A value is undefined if it is encrypted or not in the repository. */
  readonly variables: ReadonlyMap<string, string | undefined>;
  /** False if `substituteFrom` names an object that is not in the repository, in which case there may be more variables. */
  readonly variablesComplete: boolean;
  /** Set if Flux applies nothing of the Kustomization because nothing defines some of its variables, which the build itself reports. */
  readonly missingRefused?: boolean;
}

/** What a rule may read in addition to the object that it checks. */
export interface RuleContext<Settings = unknown> {
  /** A stack declares only part of its cluster; a repository is expected to describe all of it. */
  readonly host: "stack" | "repository";
  /**
   * Whether `objects` is everything on the cluster. False in a stack, in a repository that could not be built completely, and in one with Kustomizations that
   * build from another source. An object that is missing from `objects` may then exist on the cluster.
   */
  readonly isComplete: boolean;
  readonly settings: Settings;
  /** Every object in the stack, or in the cluster that the repository describes. */
  readonly objects: ObjectIndex;
  /** The objects of each other cluster that the repository describes; none in a stack. */
  readonly others: () => readonly ObjectIndex[];
  /** The objects before the change: those on the live cluster, or in an earlier revision of the repository. Undefined if the host does not know them. */
  readonly previous: ObjectIndex | undefined;
  /** Finds the file of an object that is in the repository but that Flux does not apply, such as a bootstrap manifest. */
  readonly unapplied: Unapplied;
  /** Finds a template, a script or a document that mentions a name and that Flux does not apply; undefined if none does, or if the host has no repository. */
  readonly mentioned: (name: string) => string | undefined;
  /** Finds the place (`file:line`) where a document says that the owner leaves probes out; undefined if none does, or if the host has no repository. */
  readonly probesLeftOut: () => string | undefined;
  /** Whether the object's file contains a key below this path, but commented out: the owner has switched it off. */
  readonly isCommentedOut: (object: KubeObject, path: Path, key: string) => boolean;
  /** The comments on a field: in its lines, and directly above it. */
  readonly commentsOn: (object: KubeObject, path: Path) => readonly string[];
  /** The build steps of a current or earlier object; undefined if Flux does not build it. */
  readonly buildSteps: (object: KubeObject) => BuildSteps | undefined;
  /** Whether the cluster runs at least this version of Flux, or may do so; undefined if the host does not know its version. */
  readonly hasFlux: (version: string) => boolean | undefined;
  /** What is known about charts and programs: the shipped tables, extended with the owner's rows. */
  readonly knowledge: Knowledge;
  readonly now: Date;
}

/** @returns the path of the file; undefined if no file contains the object, or if the host has no repository */
export type Unapplied = (kind: GroupKind, namespace: string | undefined, name: string) => string | undefined;

/**
 * One rule. It may read the object as if every value were known: reading an unknown value throws an error (see `withUnknowns`), and `runRules` reports the rule
 * as not evaluated.
 */
export interface Rule<Settings = unknown> {
  /** The name of the rule's file, policy and page, and part of its exemption annotation. */
  readonly id: string;
  /** What the rule requires, in one sentence. */
  readonly description: string;
  /** What goes wrong otherwise, in one or two sentences. */
  readonly why: string;
  /** What to do about a problem. */
  readonly remediation: string;
  readonly severity: Severity;
  readonly enforcement: Enforcement;
  /** Set if a problem is up to the author of the manifest: in an object that was copied from another project, it is a recommendation. */
  readonly forAuthor?: true;
  /** Which of the rule's problems are recommendations, as the end of a sentence. */
  readonly recommends?: string;
  /** The kinds of object that the rule checks; "*" stands for any group or any kind. */
  readonly kinds: readonly GroupKind[];
  /** Set if the rule also reads other objects; it then runs on the whole stack rather than on each resource. */
  readonly wholeStack?: true;
  /** Schema of the rule's settings for a stack or a repository. All settings are optional. */
  readonly settings?: z.ZodObject & z.ZodType<Settings>;
  check(object: KubeObject, context: RuleContext<Settings>): Iterable<Problem | NotEvaluated>;
  /** The edits that fix a problem and do not otherwise change how the object works; empty if no fix is safe. */
  fix?(object: KubeObject, problem: Problem): readonly Edit[];
}

/** Infers the type of the rule's settings from their schema. */
export function defineRule<Settings>(rule: Rule<Settings>): Rule<Settings> {
  return rule;
}

/** The rule's page, relative to the top of this repository. */
export function pageOf(id: string): string {
  return `docs/reference/rules/${id}.md`;
}
