import { z } from "zod";
import { EdgefirstError } from "../errors.ts";
import type { Rule } from "./rule.ts";

/**
 * The settings of each rule that has any, with their defaults, by rule id.
 * @param ids of every rule there is
 * @throws {EdgefirstError} where they are not as the rule's schema says, or name a rule that does not exist
 */
export function parseSettings(
  rules: readonly Rule[],
  ids: ReadonlySet<string>,
  given: Readonly<Record<string, unknown>>,
): ReadonlyMap<string, unknown> {
  const stray = Object.keys(given).find((id) => !ids.has(id));
  if (stray !== undefined)
    throw new EdgefirstError(
      `The settings name a rule that does not exist: ${stray}.`,
      `Rules: ${[...ids].sort().join(", ")}.`,
    );
  return new Map(
    rules.flatMap(({ id, settings }) =>
      settings ? [[id, parsed(id, settings, given[id] ?? {})] as const] : [],
    ),
  );
}

function parsed(id: string, schema: z.ZodType, value: unknown): unknown {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new EdgefirstError(
    `The settings of the rule ${id} are not right: ${z.prettifyError(result.error)}`,
    "docs/policies.md lists each rule's settings.",
  );
}
