import type { KubeObject } from "../../kube/objects.ts";
import { SHIPPED, type Knowledge } from "../knowledge/knowledge.ts";
import { EXEMPTION_RULE, exemptionsOf, type Exemption } from "./exemptions.ts";
import { groupOf, ObjectIndex } from "./object-index.ts";
import { startsWith, type Path } from "./path.ts";
import { RULES } from "./registry.ts";
import type {
  Enforcement,
  Origin,
  Problem,
  Rule,
  RuleContext,
  Severity,
  Unapplied,
  Undecided,
} from "./rule.ts";
import { configure, parseSettings } from "./settings.ts";
import { UnknownValue } from "./unknown.ts";

/** What is to be checked, and by which rules. */
export interface RunInput {
  readonly host: RuleContext["host"];
  /** One stack, or the part of a repository that is one cluster. They are given back by identity in findings. */
  readonly objects: readonly KubeObject[];
  /** All rules unless given. */
  readonly rules?: readonly Rule[];
  /** By rule id: a level, or settings with or without a level. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly previous?: readonly KubeObject[];
  readonly unapplied?: Unapplied;
  readonly origin?: (object: KubeObject) => Origin | undefined;
  /** The shipped tables, unless given. */
  readonly knowledge?: Knowledge;
  /** Today, unless given. */
  readonly now?: Date;
}

/** One breach of a rule. */
export interface RuleFinding {
  /** Rule id, or {@link EXEMPTION_RULE}. */
  readonly rule: string;
  readonly object: KubeObject;
  readonly path: Path;
  readonly message: string;
  readonly remediation: string;
  readonly severity: Severity;
  readonly enforcement: Enforcement;
  /** Set where the object is exempted: then it is no breach, and only counted. */
  readonly exemption?: Exemption;
  /** As the rule gave it, for its `fix`. */
  readonly problem: Problem;
}

/** Something that a rule could not decide about an object. */
export interface UndecidedFinding {
  readonly rule: string;
  readonly object: KubeObject;
  readonly path: Path;
  readonly reason: string;
  readonly enforcement: Enforcement;
}

/** All that the rules have to say. */
export interface RuleReport {
  /** Those that are exempted among them. */
  readonly findings: readonly RuleFinding[];
  readonly undecided: readonly UndecidedFinding[];
  /** Number of findings that are exempted, by rule. */
  readonly exempted: ReadonlyMap<string, number>;
}

const EXEMPTION = {
  remediation:
    'Write "<reason>; owner=<who>; until=<YYYY-MM-DD or never>" for a rule that exists, or remove the annotation.',
  severity: "high",
  enforcement: "mandatory",
} as const;

/**
 * Runs the rules over all objects.
 * @throws {EdgefirstError} where a rule's settings are not as its schema says, or name a rule that does not exist
 */
export function runRules(input: RunInput): RuleReport {
  const rules = configure(input.rules ?? RULES, parseSettings(input.settings ?? {}));
  const now = input.now ?? new Date();
  const shared = {
    host: input.host,
    objects: new ObjectIndex(input.objects),
    previous: input.previous && new ObjectIndex(input.previous),
    unapplied: input.unapplied ?? (() => undefined),
    origin: input.origin ?? (() => undefined),
    knowledge: input.knowledge ?? SHIPPED,
    now,
  };
  const findings: RuleFinding[] = [];
  const undecided: UndecidedFinding[] = [];
  for (const object of input.objects) {
    const exemptions = checkExemptions(object, now);
    // A host that runs one rule at a time asks for these by themselves.
    if (input.rules === undefined) {
      findings.push(...exemptions.findings);
      undecided.push(...exemptions.undecided);
    }
    for (const rule of rules.filter((candidate) => applies(candidate, object))) {
      const context: RuleContext = { ...shared, settings: rule.configured };
      for (const outcome of outcomes(rule, object, context))
        if ("undecided" in outcome)
          undecided.push({
            rule: rule.id,
            object,
            path: outcome.path,
            reason: outcome.undecided,
            enforcement: rule.enforcement,
          });
        else findings.push(findingOf(rule, object, outcome, exemptions.valid));
    }
  }
  const exempted = Map.groupBy(
    findings.filter(({ exemption }) => exemption !== undefined),
    ({ rule }) => rule,
  );
  return { findings, undecided, exempted: new Map([...exempted].map(([id, all]) => [id, all.length])) };
}

/** What is wrong with the exemptions of an object, and those that hold. */
export function checkExemptions(
  object: KubeObject,
  now = new Date(),
): Pick<RuleReport, "findings" | "undecided"> & { readonly valid: readonly Exemption[] } {
  try {
    const { valid, problems } = exemptionsOf(object, new Set(RULES.map(({ id }) => id)), now);
    const findings = problems.map((problem) => ({
      rule: EXEMPTION_RULE,
      object,
      ...EXEMPTION,
      ...problem,
      problem,
    }));
    return { findings, undecided: [], valid };
  } catch (error) {
    if (!(error instanceof UnknownValue)) throw error;
    const { path, message } = error;
    const { enforcement } = EXEMPTION;
    return {
      findings: [],
      undecided: [{ rule: EXEMPTION_RULE, object, path, reason: message, enforcement }],
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
    severity: problem.advice ? "low" : severity,
    enforcement: problem.advice ? "advisory" : enforcement,
    ...(exemption !== undefined && { exemption }),
    problem,
  };
}

/** What the rule yields, ended by an undecided outcome where it meets a value that is not known, or breaks. */
function* outcomes(rule: Rule, object: KubeObject, context: RuleContext): Generator<Problem | Undecided> {
  try {
    yield* rule.check(object, context);
  } catch (error) {
    if (error instanceof UnknownValue) yield { path: error.path, undecided: error.message };
    else yield { path: [], undecided: `the rule broke: ${String(error)}` };
  }
}
