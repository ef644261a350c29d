import { RULES } from "../../policy/engine/registry.ts";
import type { Fixture } from "../../test/policy/fixture.ts";
import { configurationPage } from "./configuration-page.ts";
import { policiesPage } from "./policies-page.ts";
import { rulePage } from "./rule-page.ts";

/** The generated pages, keyed by path relative to docs/reference. */
export async function generatedPages(): Promise<ReadonlyMap<string, string>> {
  const rules = await Promise.all(
    RULES.map(async (rule) => {
      const { fixture } = (await import(`../../test/policy/fixtures/${rule.id}.ts`)) as { fixture: Fixture };
      return [`rules/${rule.id}.md`, rulePage(rule, fixture)] as const;
    }),
  );
  return new Map([["configuration.md", configurationPage()], ["policies.md", policiesPage()], ...rules]);
}
