import { z } from "zod";
import { EdgefirstError } from "../../lib/errors.ts";
import { RULES } from "./registry.ts";
import type { Enforcement, Rule } from "./rule.ts";

const LEVELS = ["advisory", "mandatory", "remediate", "disabled"] as const satisfies readonly Enforcement[];

/**
 * What a stack or a repository says about rules: by rule id a level, or settings with or without a level. The shape is that of Pulumi's own
 * policy configuration, so that the pack can hand it on.
 */
export const policySettings = z.strictObject(
  Object.fromEntries(RULES.map((rule) => [rule.id, ofRule(rule).optional()])),
);

/** By rule id, with the defaults of each rule that is named. */
export type PolicySettings = z.infer<typeof policySettings>;

function ofRule({ settings = z.strictObject({}) }: Rule) {
  return z.preprocess(
    (value) => (typeof value === "string" ? { enforcementLevel: value } : value),
    settings.extend({ enforcementLevel: z.enum(LEVELS).optional() }),
  );
}

/**
 * Settings as {@link policySettings} has them.
 * @param where they stand, for the message
 * @throws {EdgefirstError} where they are not as the rule's schema says, or name a rule that does not exist
 */
export function parseSettings(given: unknown, where = "the policies"): PolicySettings {
  const result = policySettings.safeParse(given);
  if (result.success) return result.data;
  throw new EdgefirstError(
    `The settings of ${where} are not right: ${z.prettifyError(result.error)}`,
    "docs/reference/policies.md lists the rules and each one's settings.",
  );
}

/** A rule with the level and the settings that are given for it. */
export interface ConfiguredRule extends Rule {
  readonly configured: unknown;
}

/** The rules as settings have them, without those that are disabled. */
export function configure(rules: readonly Rule[], settings: PolicySettings): readonly ConfiguredRule[] {
  return rules
    .map((rule) => {
      const { enforcementLevel, ...configured } = settings[rule.id] ?? rule.settings?.parse({}) ?? {};
      return {
        ...rule,
        enforcement: (enforcementLevel as Enforcement | undefined) ?? rule.enforcement,
        configured,
      };
    })
    .filter(({ enforcement }) => enforcement !== "disabled");
}
