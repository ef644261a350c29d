import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { fileText } from "../../../tools/gitops/yaml/file-text.ts";
import { Repository } from "../../../tools/gitops/yaml/repository.ts";
import { buildClusters } from "../../../tools/migrate/build.ts";
import { readOptions } from "../../../tools/migrate/options.ts";
import { STEPS } from "../../../tools/migrate/registry.ts";
import { runStep } from "../../../tools/migrate/run.ts";

const FIXTURES = join(import.meta.dirname, "../../fixtures/migrate");
const RUNS = 25;

/** A number for each line in a text, which decides where comments are added. */
const placement = fc.infiniteStream(fc.nat({ max: 11 }));

/** The text with numbered comments: above some lines, and at the end of others. */
function commented(text: string, numbers: Iterator<number>, next: () => number): string {
  return text
    .split("\n")
    .map((line) => {
      const { value: number } = numbers.next() as { value: number };
      const indent = /^ */.exec(line)?.[0] ?? "";
      const isPlain = line.trim() !== "" && !/^\s*#|^---|[|>][-+]?$/.test(line);
      if (isPlain && number === 0) return `${indent}# note ${next()}.\n${line}`;
      return isPlain && number === 1 && !line.includes(" #") ? `${line} # note ${next()}.` : line;
    })
    .join("\n");
}

const notesIn = (text: string): readonly string[] => text.match(/note \d+\./g) ?? [];

describe("comments in a repository's files", () => {
  for (const step of STEPS)
    for (const name of readdirSync(join(FIXTURES, step.id))) {
      it(`${step.id}/${name}: are kept, unless the report lists them`, () => {
        const original = new Repository(join(FIXTURES, step.id, name, "before"));
        const files = original.yamlFiles(".").filter((file) => !file.startsWith(".edgefirst/"));
        const options = { ...readOptions(original), acceptLoss: [] };
        fc.assert(
          fc.property(placement, (numbers) => {
            let count = 0;
            const next = (): number => (count += 1);
            const iterator = numbers[Symbol.iterator]();
            const texts = files.map(
              (file) => [file, commented(fileText(original, file) ?? "", iterator, next)] as const,
            );
            const repository = original.with(new Map(texts));
            const clusters = buildClusters(repository);
            const { plan, after, unseen } = runStep(step, {
              repository,
              clusters,
              selected: () => true,
              options,
            });
            assert.doesNotMatch(unseen.join(), /internal error/);
            const named = plan.notes.flatMap(({ message }) => notesIn(message));
            const changed = plan.changes.map(({ path }) => path);
            const before = changed.flatMap((path) => notesIn(fileText(repository, path) ?? ""));
            const now = changed.flatMap((path) => notesIn(fileText(after, path) ?? ""));
            const missing = before.filter((note) => !now.includes(note) && !named.includes(note));
            const twice = now.filter((note, index) => now.indexOf(note) !== index);
            assert.deepEqual({ missing, twice }, { missing: [], twice: [] });
          }),
          { numRuns: RUNS },
        );
      });
    }
});
