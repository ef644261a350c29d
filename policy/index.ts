import {
  PolicyPack,
  type PolicyConfigSchema,
  type PolicyPackConfig,
  type PolicyResource,
  type ReportViolation,
  type ResourceValidationPolicy,
  type StackValidationPolicy,
} from "@pulumi/policy";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import type { KubeObject } from "../kube/objects.ts";
import { EXEMPTION_RULE } from "./engine/exemptions.ts";
import { formatPath } from "./engine/path.ts";
import { RULES } from "./engine/registry.ts";
import { objectOf } from "./resource-object.ts";
import type { Edit, Rule } from "./engine/rule.ts";
import { applies, checkExemptions, runRules, type RuleFinding, type RuleReport } from "./engine/run.ts";
import { parseSettings } from "./engine/settings.ts";
import { knowledgeFor, PROJECT } from "./knowledge/owner-rows.ts";
import { STACK, stackObject } from "./objects/stack.ts";

/** What the stack says about the rules, for the program and for this pack alike. */
const settings = parseSettings(
  new pulumi.Config("edgefirst").getObject("policies") ?? {},
  "edgefirst:policies",
);

/** The shipped tables with the rows that the project adds. */
const knowledge = knowledgeFor(PROJECT);

/** The adapter between rules and CrossGuard: each rule is a policy of its name; what the pack says about itself are two more. */
new PolicyPack(
  "edgefirst",
  {
    policies: [
      ...RULES.map((rule) =>
        rule.wholeStack || looksAtStack(rule) ? stackPolicy(rule) : resourcePolicy(rule),
      ),
      exemptions(),
      coverage(),
    ],
  },
  initialConfig(),
);

/** Each with its level, as the SDK's protocol takes one that is left out for advisory. */
function initialConfig(): PolicyPackConfig {
  const levels = new Map(RULES.map(({ id, enforcement }) => [id, enforcement]));
  return Object.fromEntries(
    Object.entries(settings).map(([id, given]) => [id, { enforcementLevel: levels.get(id), ...given }]),
  ) as PolicyPackConfig;
}

function resourcePolicy(rule: Rule): ResourceValidationPolicy {
  return {
    ...described(rule),
    validateResource: (args, report) => {
      const object = objectOf(args);
      if (object === undefined || !applies(rule, object)) return;
      tell(check(rule, [object], args.getConfig()), report);
    },
    ...(rule.enforcement === "remediate" && {
      remediateResource: (args) => {
        const object = objectOf(args);
        if (object === undefined || !applies(rule, object)) return undefined;
        const { findings } = check(rule, [object], args.getConfig());
        const edits = findings.filter(isBreach).flatMap(({ problem }) => rule.fix?.(object, problem) ?? []);
        if (edits.length === 0) return undefined;
        for (const edit of edits) make(args.props, edit);
        return args.props;
      },
    }),
  };
}

function stackPolicy(rule: Rule): StackValidationPolicy {
  return {
    ...described(rule),
    validateStack: (args, report) => {
      const urns = objectsOf(args.resources);
      const objects = looksAtStack(rule) ? [thisStack()] : [...urns.keys()];
      tell(check(rule, objects, args.getConfig()), report, urns);
    },
  };
}

/** An exemption that does not hold is a breach of its own. */
function exemptions(): ResourceValidationPolicy {
  return {
    name: EXEMPTION_RULE,
    description:
      "An exemption gives a reason, an owner and an end that has not come, and is for a rule that exists.",
    enforcementLevel: "mandatory",
    severity: "high",
    validateResource: (args, report) => {
      const object = objectOf(args);
      if (object !== undefined) tell(checkExemptions(object), report);
    },
  };
}

/** Counts what the rules could not decide, and what they were told to pass over: neither is a pass. */
function coverage(): StackValidationPolicy {
  return {
    name: "coverage",
    description: "How much of the rules' work was done: what could not be decided, and what is exempted.",
    enforcementLevel: "advisory",
    validateStack: ({ resources }, report) => {
      const { undecided, exempted } = runRules({
        host: "stack",
        objects: [...objectsOf(resources).keys()],
        settings,
        knowledge,
      });
      const mandatory = undecided.filter(({ enforcement }) => enforcement !== "advisory");
      if (undecided.length > 0)
        report(
          `${undecided.length} checks could not be decided, ${mandatory.length} of them mandatory: ${counts(undecided.map(({ rule }) => rule))}. They are no pass; what was only not known yet is decided in the update itself.`,
        );
      if (exempted.size > 0)
        report(`Exempted: ${[...exempted].map(([rule, count]) => `${rule} ${count}`).join(", ")}.`);
    },
  };
}

function counts(rules: readonly string[]): string {
  return [...Map.groupBy(rules, (rule) => rule)].map(([rule, { length }]) => `${rule} ${length}`).join(", ");
}

function described({ id, description, remediation, enforcement, severity, settings }: Rule) {
  return {
    name: id,
    description,
    remediationSteps: remediation,
    enforcementLevel: enforcement,
    severity,
    ...(settings !== undefined && { configSchema: configSchema(settings) }),
  };
}

function configSchema(settings: z.ZodType): PolicyConfigSchema {
  const { properties } = z.toJSONSchema(settings, { io: "input" });
  return { properties: (properties ?? {}) as PolicyConfigSchema["properties"] };
}

/** @param configured the engine's own merge of the stack's settings and those of its command line */
function check(rule: Rule, objects: readonly KubeObject[], configured: unknown): RuleReport {
  return runRules({ host: "stack", rules: [rule], objects, settings: { [rule.id]: configured }, knowledge });
}

/** @param urns of a stack's resources, where more than one is looked at */
function tell(
  { findings, undecided }: Pick<RuleReport, "findings" | "undecided">,
  report: ReportViolation,
  urns?: ReadonlyMap<KubeObject, string>,
): void {
  for (const finding of findings.filter(({ exemption }) => exemption === undefined)) {
    const { object, path, message, remediation } = finding;
    const text = `${formatPath(path)}: ${message} ${remediation}`;
    if (isBreach(finding)) report(text, urns?.get(object));
    else advise(report, text, urns?.get(object));
  }
  for (const { object, path, reason } of undecided)
    advise(report, `Not decided, and no pass: ${formatPath(path)}: ${reason}`, urns?.get(object));
}

function isBreach({ problem, exemption }: RuleFinding): boolean {
  return problem.advice !== true && exemption === undefined;
}

/** A report below the policy's own level; the function takes an object, too (server.js, makeReportViolationFun), which its type leaves out. */
function advise(report: ReportViolation, message: string, urn: string | undefined): void {
  (report as unknown as (violation: object) => void)({ message, urn, enforcementLevel: "advisory" });
}

function objectsOf(resources: readonly PolicyResource[]): ReadonlyMap<KubeObject, string> {
  return new Map(
    resources.flatMap((resource) => {
      const object = objectOf(resource);
      return object === undefined ? [] : [[object, resource.urn] as const];
    }),
  );
}

function looksAtStack({ kinds }: Rule): boolean {
  return kinds.includes(STACK);
}

function thisStack(): KubeObject {
  const config = new pulumi.Config("edgefirst");
  const override = config.getObject<object>("override") ?? {};
  return stackObject(pulumi.getStack(), {
    after: config.getObject("after"),
    // Pulumi.yaml declares {} as "not set", since Pulumi knows no optional key.
    override: Object.keys(override).length === 0 ? undefined : override,
  });
}

/** Changes the engine's own tree in place, so that what is secret in it stays secret. */
function make(tree: Record<string, unknown>, { path, value }: Edit): void {
  const [last, ...before] = [...path].reverse();
  let here: Record<string | number, unknown> = tree;
  for (const step of before.reverse()) {
    here[step] ??= {};
    here = here[step] as Record<string | number, unknown>;
  }
  if (last !== undefined) here[last] = value;
}
