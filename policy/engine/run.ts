import type { KubeObject } from "../../kube/objects.ts";
import { SHIPPED, type Knowledge } from "../knowledge/knowledge.ts";
import { EXEMPTION_RULE, exemptionsOf, type Exemption } from "./exemptions.ts";
import { groupOf, ObjectIndex, type RenderedBy } from "./object-index.ts";
import { startsWith, type Path } from "./path.ts";
import { RULES } from "./registry.ts";
import type {
  Enforcement,
  BuildSteps,
  Problem,
  Rule,
  RuleContext,
  Severity,
  Unapplied,
  NotEvaluated,
} from "./rule.ts";
import { configure, parseSettings, type ConfiguredRule } from "./settings.ts";
import { UnknownValue } from "./unknown.ts";

/** What to check, and which rules to apply. */
export interface RunInput {
  readonly host: RuleContext["host"];
  /** False if part of the repository is missing from `objects`. Defaults to true for a repository; ignored for a stack, which is never complete. */
  readonly isComplete?: boolean;
  /** The objects in one stack, or in one cluster of a repository. Findings refer to these same instances. */
  readonly objects: readonly KubeObject[];
  /** Objects of other owners, which rules may read but do not check. By default, there are none. */
  readonly unchecked?: readonly KubeObject[];
  /** Defaults to every rule. */
  readonly rules?: readonly Rule[];
  /** Settings by rule id. A value is either a level, or settings with or without a level. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly previous?: readonly KubeObject[];
  /** The objects among `objects` that charts render. An exemption on the HelmRelease also covers them. */
  readonly renderedBy?: RenderedBy;
  /** See {@link RuleContext.others}. By default, there are none. */
  readonly others?: RuleContext["others"];
  readonly unapplied?: Unapplied;
  readonly mentioned?: RuleContext["mentioned"];
  readonly probesLeftOut?: RuleContext["probesLeftOut"];
  readonly hasFlux?: RuleContext["hasFlux"];
  readonly isCommentedOut?: RuleContext["isCommentedOut"];
  /** See {@link RuleContext.commentsOn}. By default, there are none. */
  readonly commentsOn?: RuleContext["commentsOn"];
  /** Why a rule only recommends a change in an object, as a sentence that is added to the remediation; undefined if it does not. */
  readonly recommends?: (object: KubeObject, rule: Rule) => string | undefined;
  readonly buildSteps?: (object: KubeObject) => BuildSteps | undefined;
  /** Defaults to the shipped tables. */
  readonly knowledge?: Knowledge;
  /** Defaults to the current time. */
  readonly now?: Date;
}

/** One problem that a rule found. */
export interface RuleFinding {
  /** Rule id, or {@link EXEMPTION_RULE}. */
  readonly rule: string;
  readonly object: KubeObject;
  readonly path: Path;
  readonly message: string;
  readonly remediation: string;
  readonly severity: Severity;
  readonly enforcement: Enforcement;
  /** Set if the finding is exempt, in which case it is only counted. */
  readonly exemption?: Exemption;
  /** The problem, to pass to the rule's `fix`. */
  readonly problem: Problem;
}

/** Something that a rule could not evaluate about an object. */
export interface NotEvaluatedFinding {
  readonly rule: string;
  readonly object: KubeObject;
  readonly path: Path;
  readonly reason: string;
  readonly enforcement: Enforcement;
}

/** The result of a run. */
export interface RuleReport {
  /** Includes exempt findings. */
  readonly findings: readonly RuleFinding[];
  readonly notEvaluated: readonly NotEvaluatedFinding[];
  /** Number of exempt findings, by rule. */
  readonly exempted: ReadonlyMap<string, number>;
}

const EXEMPTION = {
  remediation:
    'Name an existing rule and write "<reason>; owner=<who>; until=<YYYY-MM-DD or never>", or remove the annotation.',
  severity: "high",
  enforcement: "mandatory",
} as const;

/**
 * Runs the rules over all objects.
 * @throws {EdgefirstError} if settings do not fit a rule's schema, or name an unknown rule
 */
export function runRules(input: RunInput): RuleReport {
  const rules = configure(input.rules ?? RULES, parseSettings(input.settings ?? {}));
  const now = input.now ?? new Date();
  const shared = {
    host: input.host,
    isComplete: input.host === "repository" && input.isComplete !== false,
    objects: new ObjectIndex([...input.objects, ...(input.unchecked ?? [])], input.renderedBy),
    previous: input.previous && new ObjectIndex(input.previous),
    others: input.others ?? (() => []),
    unapplied: input.unapplied ?? (() => undefined),
    mentioned: input.mentioned ?? (() => undefined),
    probesLeftOut: input.probesLeftOut ?? (() => undefined),
    hasFlux: input.hasFlux ?? (() => undefined),
    isCommentedOut: input.isCommentedOut ?? (() => false),
    commentsOn: input.commentsOn ?? (() => []),
    buildSteps: input.buildSteps ?? (() => undefined),
    knowledge: input.knowledge ?? SHIPPED,
    now,
  };
  const { recommends = () => undefined } = input;
  const findings: RuleFinding[] = [];
  const notEvaluated: NotEvaluatedFinding[] = [];
  for (const object of input.objects) {
    const exemptions = checkExemptions(object, now);
    const valid = [...exemptions.valid, ...exemptionsOfRelease(input.renderedBy?.get(object), now)];
    // A host that runs one rule at a time calls `checkExemptions` itself.
    if (input.rules === undefined) {
      findings.push(...exemptions.findings);
      notEvaluated.push(...exemptions.notEvaluated);
    }
    for (const rule of rules.filter((candidate) => applies(candidate, object))) {
      const context: RuleContext = { ...shared, settings: rule.configured };
      for (const outcome of outcomes(rule, object, context))
        if ("notEvaluated" in outcome)
          notEvaluated.push({
            rule: rule.id,
            object,
            path: outcome.path,
            reason: outcome.notEvaluated,
            enforcement: rule.enforcement,
          });
        else {
          const remark = recommends(object, rule);
          const problem = remark === undefined ? outcome : recommended(outcome, rule, remark);
          findings.push(findingOf(levelled(rule, problem, input.host), object, problem, valid));
        }
    }
  }
  const exempted = Map.groupBy(
    findings.filter(({ exemption }) => exemption !== undefined),
    ({ rule }) => rule,
  );
  return { findings, notEvaluated, exempted: new Map([...exempted].map(([id, all]) => [id, all.length])) };
}

/** The exemptions of a HelmRelease for what its chart renders: those without a path, since a path refers to the HelmRelease's own fields. */
function exemptionsOfRelease(release: KubeObject | undefined, now: Date): readonly Exemption[] {
  return release === undefined
    ? []
    : checkExemptions(release, now).valid.filter(({ path }) => path === undefined);
}

/** Validates an object's exemptions: returns findings about those that are not valid, and those that are. */
export function checkExemptions(
  object: KubeObject,
  now = new Date(),
): Pick<RuleReport, "findings" | "notEvaluated"> & { readonly valid: readonly Exemption[] } {
  try {
    const { valid, problems } = exemptionsOf(object, new Set(RULES.map(({ id }) => id)), now);
    const findings = problems.map((problem) => ({
      rule: EXEMPTION_RULE,
      object,
      ...EXEMPTION,
      ...problem,
      problem,
    }));
    return { findings, notEvaluated: [], valid };
  } catch (error) {
    if (!(error instanceof UnknownValue)) throw error;
    const { path, message } = error;
    const { enforcement } = EXEMPTION;
    return {
      findings: [],
      notEvaluated: [{ rule: EXEMPTION_RULE, object, path, reason: message, enforcement }],
      valid: [],
    };
  }
}

/** Whether the rule checks objects of this kind. */
export function applies({ kinds }: Rule, object: KubeObject): boolean {
  const group = groupOf(object);
  return kinds.some(
    (matcher) =>
      (matcher.kind === "*" || matcher.kind === object.kind) &&
      (matcher.group === "*" || matcher.group === group),
  );
}

function recommended(problem: Problem, { remediation }: Rule, remark: string): Problem {
  return { ...problem, recommendation: true, remediation: `${problem.remediation ?? remediation} ${remark}` };
}

/** The rule at the level that it has for a problem. */
function levelled(
  rule: ConfiguredRule,
  { warning, recommendation = false }: Problem,
  host: RunInput["host"],
): Rule {
  if (warning) return { ...rule, severity: "low", enforcement: "advisory" };
  const isAdvice = recommendation && host === "repository" && !rule.isLevelSet;
  return isAdvice ? { ...rule, enforcement: "advisory" } : rule;
}

function findingOf(
  { id, severity, enforcement, remediation }: Rule,
  object: KubeObject,
  problem: Problem,
  exemptions: readonly Exemption[],
): RuleFinding {
  const exemption = exemptions.find(({ rule, path }) => rule === id && startsWith(problem.path, path ?? []));
  return {
    rule: id,
    object,
    path: problem.path,
    message: problem.message,
    remediation: problem.remediation ?? remediation,
    severity,
    enforcement,
    ...(exemption !== undefined && { exemption }),
    problem,
  };
}

/** The outcomes of the rule. If it reads an unknown value or throws an error, the last outcome is "not evaluated". */
function* outcomes(rule: Rule, object: KubeObject, context: RuleContext): Generator<Problem | NotEvaluated> {
  try {
    yield* rule.check(object, context);
  } catch (error) {
    if (error instanceof UnknownValue) yield { path: error.path, notEvaluated: error.message };
    else yield { path: [], notEvaluated: `the rule failed: ${String(error)}` };
  }
}
