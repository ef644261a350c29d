import { z } from "zod";
import { EdgefirstError } from "../../lib/errors.ts";
import { RULES } from "./registry.ts";
import type { Enforcement, Rule } from "./rule.ts";

const LEVELS = ["advisory", "mandatory", "remediate", "disabled"] as const satisfies readonly Enforcement[];

/**
 * Rule settings for a stack or a repository, by rule id. A value is either a level, or settings with or without a level. Pulumi's policy configuration has the
 * same shape, so the pack can pass it on unchanged.
 */
export const policySettings = z.strictObject(
  Object.fromEntries(RULES.map((rule) => [rule.id, ofRule(rule).optional()])),
);

/** Keyed by rule id, with each rule's defaults filled in. */
export type PolicySettings = z.infer<typeof policySettings>;

function ofRule({ settings = z.strictObject({}) }: Rule) {
  return z.preprocess(
    (value) => (typeof value === "string" ? { enforcementLevel: value } : value),
    settings.extend({ enforcementLevel: z.enum(LEVELS).optional() }),
  );
}

/**
 * Validates settings against {@link policySettings}.
 * @param where where the settings come from, for error messages
 * @throws {EdgefirstError} if they do not fit a rule's schema, or name an unknown rule
 */
export function parseSettings(given: unknown, where = "the policies"): PolicySettings {
  const result = policySettings.safeParse(given);
  if (result.success) return result.data;
  throw new EdgefirstError(
    `The settings in ${where} are not valid:\n${z.prettifyError(result.error)}`,
    "docs/reference/policies.md lists the rules and links to their settings.",
  );
}

/** A rule with its configured level and settings. */
export interface ConfiguredRule extends Rule {
  readonly configured: unknown;
  /** Whether the level is configured, rather than the rule's default. */
  readonly isLevelSet: boolean;
}

/** The rules with their settings, without the disabled ones. */
export function configure(rules: readonly Rule[], settings: PolicySettings): readonly ConfiguredRule[] {
  return rules
    .map((rule) => {
      const { enforcementLevel, ...configured } = settings[rule.id] ?? rule.settings?.parse({}) ?? {};
      return {
        ...rule,
        enforcement: (enforcementLevel as Enforcement | undefined) ?? rule.enforcement,
        configured,
        isLevelSet: enforcementLevel !== undefined,
      };
    })
    .filter(({ enforcement }) => enforcement !== "disabled");
}
