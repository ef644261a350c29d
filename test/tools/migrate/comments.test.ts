import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { yamlComments } from "../../../tools/gitops/yaml/tokens.ts";
import { fileText } from "../../../tools/gitops/yaml/file-text.ts";
import { Repository } from "../../../tools/gitops/yaml/repository.ts";
import { buildClusters } from "../../../tools/migrate/build.ts";
import { LOSS_KINDS } from "../../../tools/migrate/loss-kinds.ts";
import { readOptions } from "../../../tools/migrate/options.ts";
import { STEPS } from "../../../tools/migrate/registry.ts";
import { runStep } from "../../../tools/migrate/run.ts";

const FIXTURES = join(import.meta.dirname, "../../fixtures/migrate");
const RUNS = 25;

/** A number for each line in a text, which decides where comments are added. */
const placement = fc.infiniteStream(fc.nat({ max: 11 }));

/** Entries that are switched off, one of them with a text on several lines. */
const switchedOff = (number: number): readonly string[] => [
  `# off${number}.example.com/key: |-`,
  `#   off${number} begins here,`,
  `#   off${number} ends here`,
  `# off${number}.example.com/more: "off"`,
];

/** The text with numbered comments: above some lines, at the end of others, and entries that are switched off above others. */
function commented(text: string, numbers: Iterator<number>, next: () => number): string {
  return text
    .split("\n")
    .map((line) => {
      const { value: number } = numbers.next() as { value: number };
      const indent = /^ */.exec(line)?.[0] ?? "";
      const isPlain = line.trim() !== "" && !/^\s*#|^---|[|>][-+]?$/.test(line);
      if (isPlain && number === 0) return `${indent}# note ${next()}.\n${line}`;
      if (isPlain && number === 2)
        return [...switchedOff(next()).map((off) => indent + off), line].join("\n");
      return isPlain && number === 1 && !line.includes(" #") ? `${line} # note ${next()}.` : line;
    })
    .join("\n");
}

const notesIn = (text: string): readonly string[] => text.match(/note \d+\./g) ?? [];

/** The comments among the lines of texts. */
const commentsOf = (texts: readonly string[]): ReadonlySet<string> =>
  new Set(texts.flatMap((text) => yamlComments(text).map(({ source }) => source.trim())));

/** The entry on a line, without a comment and the dash of a list item. */
const entryOn = (line: string): string =>
  line
    .replace(/(?:^|\s+)#.*/, "")
    .trim()
    .replace(/^- /, "");

/** Fields that every route has, so that a new line with one of them is no old entry. */
const OF_ROUTES =
  /^(?:route|rules|hostnames|parentRefs|backendRefs|matches|filters|path|port|name|kind|identifier|type|value)\b/;

/** The first fields of an object, which may be written on one line. */
const HEAD = /^(?:\{ *)?(?:apiVersion|kind):/;

/** What each note explains: the entry on its line, or the next one below. */
function explained(texts: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    texts
      .map((text) => text.split("\n"))
      .flatMap((lines) =>
        lines.flatMap((line, index) => {
          const [entry = ""] = lines.slice(index).map(entryOn).filter(Boolean);
          return notesIn(line).map((note) => [note, entry] as const);
        }),
      ),
  );
}

/** Notes that stand at another entry that was there before, or at the head of a new object, and so explain something else. */
function strayed(before: readonly string[], after: readonly string[]): readonly string[] {
  const known = new Set(before.flatMap((text) => text.split("\n")).map(entryOn));
  const now = explained(after);
  const comments = commentsOf(before);
  return [...explained(before)].flatMap(([note, entry]) => {
    const other = now.get(note);
    if (other === undefined || other === entry || !comments.has(`# ${note}`)) return [];
    const isHead = HEAD.test(other) && !HEAD.test(entry);
    return (known.has(other) && !entry.includes(other) && !OF_ROUTES.test(other)) || isHead
      ? [`${note} of ${entry}, now of ${other}`]
      : [];
  });
}

/** Entries that were switched off together, and of which only some lines are left, or in other places. */
function torn(before: readonly string[], after: readonly string[], named: string): readonly string[] {
  const comments = commentsOf(before);
  const lines = after.flatMap((text) => text.split("\n")).map((line) => line.trim());
  const numbers = [...comments].flatMap(
    (comment) => /^# off(\d+)\.example\.com\/key/.exec(comment)?.[1] ?? [],
  );
  return numbers.flatMap((number) => {
    const block = switchedOff(Number(number));
    const start = lines.indexOf(block[0] ?? "");
    const isWhole = start >= 0 && block.every((line, index) => lines[start + index] === line);
    const isGone = block.every((line) => !lines.includes(line) && named.includes(line.replace(/^#\s*/, "")));
    return isWhole || isGone ? [] : [block[0] ?? ""];
  });
}

describe("comments in a repository's files", function () {
  this.timeout(60_000);
  for (const step of STEPS)
    for (const name of readdirSync(join(FIXTURES, step.id))) {
      it(`${step.id}/${name}: are kept where they are true and whole, unless the report lists them`, () => {
        const original = new Repository(join(FIXTURES, step.id, name, "before"));
        const files = original.yamlFiles(".").filter((file) => !file.startsWith(".edgefirst/"));
        fc.assert(
          fc.property(placement, fc.boolean(), (numbers, accepts) => {
            let count = 0;
            const next = (): number => (count += 1);
            const iterator = numbers[Symbol.iterator]();
            const texts = files.map(
              (file) => [file, commented(fileText(original, file) ?? "", iterator, next)] as const,
            );
            const repository = original.with(new Map(texts));
            const clusters = buildClusters(repository);
            const options = { ...readOptions(original), acceptLoss: accepts ? [...LOSS_KINDS] : [] };
            const { plan, after, unseen } = runStep(step, {
              repository,
              clusters,
              selected: () => true,
              options,
            });
            assert.doesNotMatch(unseen.join(), /internal error/);
            const report = plan.notes.map(({ message }) => message).join("\n");
            const named = notesIn(report);
            const changed = plan.changes.map(({ path }) => path);
            const old = changed.map((path) => fileText(repository, path) ?? "");
            const own = changed.map((path) => fileText(after, path) ?? "");
            const now = own.flatMap(notesIn);
            const missing = old
              .flatMap(notesIn)
              .filter((note) => !now.includes(note) && !named.includes(note));
            const twice = now.filter((note, index) => now.indexOf(note) !== index);
            assert.deepEqual(
              { missing, twice, torn: torn(old, own, report), strayed: strayed(old, own) },
              { missing: [], twice: [], torn: [], strayed: [] },
            );
          }),
          { numRuns: RUNS },
        );
      });
    }
});
