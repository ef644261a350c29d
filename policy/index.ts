import {
  PolicyPack,
  type PolicyConfigSchema,
  type PolicyPackConfig,
  type PolicyResource,
  type ResourceValidationPolicy,
  type StackValidationPolicy,
} from "@pulumi/policy";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import type { KubeObject } from "../kube/objects.ts";
import { counted } from "../lib/counted.ts";
import { EXEMPTION_RULE } from "./engine/exemptions.ts";
import { RULES } from "./engine/registry.ts";
import { pageOf, type Edit, type Rule } from "./engine/rule.ts";
import { applies, checkExemptions, runRules, type RuleReport } from "./engine/run.ts";
import { parseSettings } from "./engine/settings.ts";
import { knowledgeFor, PROJECT } from "./knowledge/owner-rows.ts";
import { STACK, stackObject } from "./objects/stack.ts";
import { isViolation, reportFindings } from "./report-findings.ts";
import { objectOf } from "./resource-object.ts";

/** The stack's rule settings. The program reads the same configuration key. */
const settings = parseSettings(
  new pulumi.Config("edgefirst").getObject("policies") ?? {},
  "edgefirst:policies",
);

/** The shipped tables, extended with the project's rows. */
const knowledge = knowledgeFor(PROJECT);

/** The rules for CrossGuard: one policy per rule, one for exemptions, and one for checks that were not evaluated. */
new PolicyPack(
  "edgefirst",
  {
    policies: [
      ...RULES.map((rule) =>
        rule.wholeStack || readsStack(rule) ? stackPolicy(rule) : resourcePolicy(rule),
      ),
      exemptions(),
      coverage(),
    ],
  },
  initialConfig(),
);

/** Every entry has a level, because the SDK's protocol treats a missing level as advisory. */
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
      reportFindings(check(rule, [object], args.getConfig()), report);
    },
    ...(rule.enforcement === "remediate" && {
      remediateResource: (args) => {
        const object = objectOf(args);
        if (object === undefined || !applies(rule, object)) return undefined;
        const { findings } = check(rule, [object], args.getConfig());
        const edits = findings
          .filter(isViolation)
          .flatMap(({ problem }) => rule.fix?.(object, problem) ?? []);
        if (edits.length === 0) return undefined;
        for (const edit of edits) applyEdit(args.props, edit);
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
      const objects = readsStack(rule) ? [thisStack()] : [...urns.keys()];
      reportFindings(check(rule, objects, args.getConfig()), report, urns);
    },
  };
}

/** Reports exemptions that are not valid. */
function exemptions(): ResourceValidationPolicy {
  return {
    name: EXEMPTION_RULE,
    description:
      "Every exemption names an existing rule and states a reason, an owner and a date that has not passed.",
    enforcementLevel: "mandatory",
    severity: "high",
    validateResource: (args, report) => {
      const object = objectOf(args);
      if (object !== undefined) reportFindings(checkExemptions(object), report);
    },
  };
}

/** Counts checks that were not evaluated and findings that are exempt, since neither counts as passed. */
function coverage(): StackValidationPolicy {
  return {
    name: "coverage",
    description: "Reports how many checks were not evaluated and how many findings are exempt.",
    enforcementLevel: "advisory",
    validateStack: ({ resources }, report) => {
      const { notEvaluated, exempted } = runRules({
        host: "stack",
        objects: [...objectsOf(resources).keys()],
        settings,
        knowledge,
      });
      const mandatory = notEvaluated.filter(({ enforcement }) => enforcement !== "advisory");
      if (notEvaluated.length > 0)
        report(
          `Not evaluated: ${counted(notEvaluated.length, "check")}, ${mandatory.length} mandatory (${counts(notEvaluated.map(({ rule }) => rule))}). They do not count as passed. A preview does not know every value; the update evaluates the rest.`,
        );
      if (exempted.size > 0)
        report(`Exempt: ${[...exempted].map(([rule, count]) => `${rule} ${count}`).join(", ")}.`);
    },
  };
}

function counts(rules: readonly string[]): string {
  return [...Map.groupBy(rules.toSorted(), (rule) => rule)]
    .map(([rule, { length }]) => `${rule} ${length}`)
    .join(", ");
}

function described({ id, description, why, remediation, enforcement, severity, settings }: Rule) {
  return {
    name: id,
    description: `${description} ${why}`,
    remediationSteps: `${remediation} See ${pageOf(id)}.`,
    enforcementLevel: enforcement,
    severity,
    ...(settings !== undefined && { configSchema: configSchema(settings) }),
  };
}

function configSchema(settings: z.ZodType): PolicyConfigSchema {
  const { properties } = z.toJSONSchema(settings, { io: "input" });
  return { properties: (properties ?? {}) as PolicyConfigSchema["properties"] };
}

/** @param configured the stack's settings for the rule, merged by the engine with those from the command line */
function check(rule: Rule, objects: readonly KubeObject[], configured: unknown): RuleReport {
  return runRules({ host: "stack", rules: [rule], objects, settings: { [rule.id]: configured }, knowledge });
}

function objectsOf(resources: readonly PolicyResource[]): ReadonlyMap<KubeObject, string> {
  return new Map(
    resources.flatMap((resource) => {
      const object = objectOf(resource);
      return object === undefined ? [] : [[object, resource.urn] as const];
    }),
  );
}

function readsStack({ kinds }: Rule): boolean {
  return kinds.includes(STACK);
}

function thisStack(): KubeObject {
  const config = new pulumi.Config("edgefirst");
  const override = config.getObject<object>("override") ?? {};
  return stackObject(pulumi.getStack(), {
    after: config.getObject("after"),
    // Pulumi has no optional configuration keys, so Pulumi.yaml declares `{}` as the default, which means "not set".
    override: Object.keys(override).length === 0 ? undefined : override,
  });
}

/** Changes the engine's tree in place, so that its secrets stay secret. */
function applyEdit(tree: Record<string, unknown>, { path, value }: Edit): void {
  const [last, ...before] = [...path].reverse();
  let here: Record<string | number, unknown> = tree;
  for (const step of before.reverse()) {
    here[step] ??= {};
    here = here[step] as Record<string | number, unknown>;
  }
  if (last !== undefined) here[last] = value;
}
