import assert from "node:assert/strict";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { parseAllDocuments, stringify } from "yaml";
import { formatMarkdown } from "../../../tools/diff/formats/markdown.ts";
import { formatText as formatDiff } from "../../../tools/diff/formats/text.ts";
import { report } from "../../../tools/diff/report.ts";
import { buildRepository } from "../../../tools/gitops/flux/repository-build.ts";
import { Repository } from "../../../tools/gitops/yaml/repository.ts";
import { formatBaseline } from "../../../tools/lint/baseline.ts";
import { formatGithub } from "../../../tools/lint/formats/github.ts";
import { formatJson } from "../../../tools/lint/formats/json.ts";
import { formatSarif } from "../../../tools/lint/formats/sarif.ts";
import { formatText } from "../../../tools/lint/formats/text.ts";
import { lintRepository } from "../../../tools/lint/lint.ts";
import type { Fixture } from "../../policy/fixture.ts";
import { checkSpoiled, SPOILED_CASES } from "../../support/spoiled-repository.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

const FIXTURES = join(import.meta.dirname, "../../policy/fixtures");
const JUNK = [null, "", "x", 1, true, [], {}, [null], ["x"], { x: null }];

/** Lints a repository, and prints the report in every format. */
function lintInEveryFormat(repository: Repository, before: Repository, written: string): void {
  const linted = lintRepository(repository, { before });
  const texts = [
    formatText(linted, false),
    formatJson(linted),
    formatGithub(linted, ""),
    formatSarif(linted, "", "0.0.0"),
    formatBaseline(linted.findings),
  ];
  assert.doesNotMatch(texts.join("\n"), /the rule failed|internal error/, written);
}

/** Where to put a value of another type. */
interface Choice {
  readonly at: number;
  readonly junk: unknown;
}

/** Every field and entry of a value, as its holder and key. */
function placesIn(value: unknown): readonly (readonly [holder: object, key: string])[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, below]) => [[value, key] as const, ...placesIn(below)]);
}

/** The documents, with some fields replaced. */
function withJunk(objects: string, choices: readonly Choice[]): string {
  const values = parseAllDocuments(objects).map((document) => document.toJS() as unknown);
  for (const value of values) {
    const metadata = (value as { metadata?: object } | null)?.metadata ?? {};
    Object.assign(metadata, { labels: {}, annotations: {}, ...metadata });
  }
  for (const { at, junk } of choices) {
    const places = placesIn(values);
    const [holder, key] = places[at % places.length] ?? [{}, ""];
    Reflect.set(holder, key, junk);
  }
  return values.map((value) => stringify(value, { aliasDuplicateObjects: false })).join("---\n");
}

describe("a spoiled repository", function () {
  this.timeout(60_000 + SPOILED_CASES * 1000);
  const root = temporaryDirectory("spoiled-");
  before(() => {
    mkdirSync(join(root, "kubernetes/apps"), { recursive: true });
  });

  it(`is linted (${SPOILED_CASES} repositories)`, () => {
    checkSpoiled(({ original, repository, written }) => {
      lintInEveryFormat(repository, original, written);
    });
  });

  it(`is linted if fields have the wrong type (${SPOILED_CASES * 5} repositories)`, async () => {
    const all: string[] = [];
    for (const file of readdirSync(FIXTURES)) {
      const { fixture } = (await import(join(FIXTURES, file))) as { fixture: Fixture };
      all.push(...[...fixture.valid, ...fixture.invalid].map(({ objects }) => objects));
    }
    const empty = new Repository(root);
    const choices = fc.array(
      fc.record({ at: fc.nat(), junk: fc.constantFrom(...JUNK).map((junk) => structuredClone(junk)) }),
      {
        minLength: 1,
        maxLength: 3,
      },
    );
    const run = (objects: string, chosen: readonly Choice[]): void => {
      const of = (text: string): Repository => empty.with(new Map([["kubernetes/apps/objects.yaml", text]]));
      const written = withJunk(objects, chosen);
      lintInEveryFormat(of(written), of(objects), written);
    };
    fc.assert(fc.property(fc.constantFrom(...all), choices, run), { numRuns: SPOILED_CASES * 5 });
  });

  it(`is compared with what it was (${SPOILED_CASES} repositories)`, () => {
    checkSpoiled(({ original, repository }) => {
      const [before, after] = [original, repository].map((one) => buildRepository(one, { partial: true }));
      assert.ok(before && after);
      const compared = report({ before: "before", after: "after" }, before, after);
      assert.notEqual(formatMarkdown(compared), "");
      assert.notEqual(formatDiff(compared, false), "");
    });
  });
});
