import { withEntry, withImport } from "./registry.ts";

/** What `npm run new:<kind>` writes in addition to the files in templates/<kind>. */
export interface Kind {
  /** Edits to existing files: a function for each file that returns its new text, given an id and the name of the export. */
  readonly edits: Readonly<Record<string, (text: string, id: string, name: string) => string>>;
  /** The command that runs the tests, which fail until the new file is completed. */
  readonly test: (id: string) => string;
  readonly next: readonly string[];
}

/** Everything that can be created. */
export const KINDS: Readonly<Record<string, Kind>> = {
  rule: {
    edits: {
      "policy/engine/registry.ts": (text, id, name) =>
        withEntry(withImport(text, name, `../rules/${id}.ts`), name, { after: "export const RULES" }),
    },
    test: (id) => `npm run test:file -- test/policy/rules.test.ts --grep "rule ${id}"`,
    next: [
      "run `npm run docs` to write its page in docs/reference/rules",
      "update the number of rules in README.md",
    ],
  },
  step: {
    edits: {
      "tools/migrate/registry.ts": (text, id, name) =>
        withEntry(withImport(text, name, `./steps/${id}/step.ts`), name, { after: "export const STEPS" }),
    },
    test: (id) => `npm run test:file -- test/tools/migrate/migrate.test.ts --grep "migrate ${id} "`,
    next: ["move the step to its place in STEPS, which lists the least risky steps first"],
  },
  check: {
    edits: {
      "config/check-ids.ts": (text, id) =>
        withEntry(text, `"${id}"`, { after: "export const CHECK_IDS", before: '"declared"' }),
      "staging/checks/checks.ts": (text, id, name) =>
        withEntry(withImport(text, `${name}Check`, `./${id}.ts`), `${name}Check(args)`, {
          after: "function liveChecks",
        }),
    },
    test: (id) => `npm run test:file -- test/staging/checks/${id}.test.ts`,
    next: ["run `npm run docs` to add the check to the list in docs/reference/configuration.md"],
  },
};
