import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { isAlias, isScalar, parseAllDocuments, visit } from "yaml";
import { fileText } from "../../../tools/gitops/yaml/file-text.ts";
import { Repository } from "../../../tools/gitops/yaml/repository.ts";
import { buildClusters } from "../../../tools/migrate/build.ts";
import { missingFrom } from "../../../tools/migrate/missing-from.ts";
import { readOptions } from "../../../tools/migrate/options.ts";
import { STEPS } from "../../../tools/migrate/registry.ts";
import { runStep } from "../../../tools/migrate/run.ts";

const FIXTURES = join(import.meta.dirname, "../../fixtures/migrate");
const RUNS = 15;

/** A number for each scalar in a text, which decides what becomes of it. */
const choices = fc.infiniteStream(fc.nat({ max: 9 }));

/** A plain value at the end of its line that is a string in any version of YAML. */
const VALUE = /^(\s*(?:- )*(?:[\w./-]+: )?)([A-Za-z][\w./-]*[A-Za-z/])$/;

/** The text with some values quoted (not those that a step replaces by other values), some with an anchor, and some replaced by the alias of an equal value above. */
function marked(text: string, numbers: Iterator<number>): string {
  const anchors = new Map<string, string>();
  let count = 0;
  return text
    .split("\n")
    .map((line) => {
      if (line === "---") anchors.clear();
      const [, start = "", value = ""] = VALUE.exec(line) ?? [];
      if (
        value === "" ||
        /^\s*(?:- )*(?:apiVersion|kind|chart|pathType): /.test(line) ||
        /^(?:yes|no|on|off|true|false|null)$/i.test(value)
      )
        return line;
      const { value: number } = numbers.next() as { value: number };
      const anchor = anchors.get(value);
      if (number === 0) return `${start}"${value}"`;
      if (number === 1) return `${start}'${value}'`;
      if (anchor !== undefined && number < 6) return `${start}*${anchor}`;
      if (anchor !== undefined || number > 4) return line;
      anchors.set(value, `m${(count += 1)}`);
      return `${start}&m${count} ${number === 2 ? `"${value}"` : value}`;
    })
    .join("\n");
}

interface Marks {
  readonly anchors: readonly string[];
  readonly aliases: readonly string[];
  /** How often each value is written without quotes. */
  readonly plain: ReadonlyMap<string, number>;
  readonly quoted: ReadonlyMap<string, number>;
}

function marksOf(texts: readonly string[]): Marks {
  const [anchors, aliases]: [string[], string[]] = [[], []];
  const [plain, quoted] = [new Map<string, number>(), new Map<string, number>()];
  for (const document of texts.flatMap((text) => parseAllDocuments(text))) {
    assert.deepEqual(document.errors, []);
    visit(document, {
      Value: (key, node) => {
        if (node.anchor !== undefined) anchors.push(node.anchor);
        if (!isScalar(node) || key === "key" || typeof node.value !== "string") return;
        const counts = node.type === "PLAIN" ? plain : quoted;
        counts.set(node.value, (counts.get(node.value) ?? 0) + 1);
      },
      Alias: (_key, node) => {
        assert.ok(isAlias(node));
        aliases.push(node.source);
      },
    });
  }
  return { anchors, aliases, plain, quoted };
}

const count = (counts: ReadonlyMap<string, number>, value: string): number => counts.get(value) ?? 0;

describe("quotes, anchors and aliases in a repository's files", () => {
  for (const step of STEPS)
    for (const name of readdirSync(join(FIXTURES, step.id))) {
      it(`${step.id}/${name}: are kept, unless the report lists them`, () => {
        const original = new Repository(join(FIXTURES, step.id, name, "before"));
        const files = original.yamlFiles(".").filter((file) => !file.startsWith(".edgefirst/"));
        const options = readOptions(original);
        fc.assert(
          fc.property(choices, (numbers) => {
            const iterator = numbers[Symbol.iterator]();
            const texts = files.map(
              (file) => [file, marked(fileText(original, file) ?? "", iterator)] as const,
            );
            const repository = original.with(new Map(texts));
            const clusters = buildClusters(repository);
            const { plan, unseen } = runStep(step, { repository, clusters, selected: () => true, options });
            assert.doesNotMatch(unseen.join(), /internal error/);
            const listed = plan.notes.flatMap(({ message }) => message.match(/[&*]\w+/g) ?? []);
            for (const { path, text } of plan.changes) {
              if (text === undefined || !repository.isFile(path)) continue;
              const [before, after] = [marksOf([fileText(repository, path) ?? ""]), marksOf([text])];
              assert.deepEqual(
                missingFrom(
                  missingFrom(
                    [...before.anchors.map((one) => `&${one}`), ...before.aliases.map((one) => `*${one}`)],
                    [...after.anchors.map((one) => `&${one}`), ...after.aliases.map((one) => `*${one}`)],
                  ),
                  listed,
                ),
                [],
                path,
              );
              const bare = [...before.quoted.keys()].filter(
                (value) =>
                  count(after.quoted, value) < count(before.quoted, value) &&
                  count(after.plain, value) > count(before.plain, value),
              );
              assert.deepEqual(bare, [], `${path} loses quotes`);
            }
          }),
          { numRuns: RUNS },
        );
      });
    }
});
