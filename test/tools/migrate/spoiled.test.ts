import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join, posix } from "node:path";
import fc from "fast-check";
import { fileText } from "../../../tools/gitops/yaml/file-text.ts";
import { parseYaml } from "../../../tools/gitops/yaml/parse.ts";
import { SourceFile } from "../../../tools/gitops/yaml/source.ts";
import { Repository, type Changes } from "../../../tools/gitops/yaml/repository.ts";
import { buildClusters } from "../../../tools/migrate/build.ts";
import { readOptions } from "../../../tools/migrate/options.ts";
import { STEPS } from "../../../tools/migrate/registry.ts";
import { formatMarkdown, reportOf, unifiedDiff } from "../../../tools/migrate/report.ts";
import { runSteps } from "../../../tools/migrate/run.ts";

/** For a longer search: SPOILED_CASES=10000, or several runs, each with another SPOILED_SEED. */
const CASES = Number(process.env.SPOILED_CASES ?? 300);
const SEED = process.env.SPOILED_SEED;
const FIXTURES = join(import.meta.dirname, "../../fixtures/migrate");
const REPOSITORIES = readdirSync(FIXTURES)
  .flatMap((step) => readdirSync(join(FIXTURES, step)).map((name) => join(FIXTURES, step, name, "before")))
  .filter((path) => existsSync(path))
  .map((path) => new Repository(path));

/** What a slip of the hand, a bad merge or a broken template leaves in a line. */
const LINES = [
  "",
  "\t- x",
  "---",
  "...",
  "{{- if .Values.x }}",
  "<<<<<<< HEAD",
  "=======",
  "- ",
  "? a",
  "key",
  "a: b: c",
  "<<: *missing",
  "x: &anchor [",
  "kind: List",
  "items: []",
  "resources:",
  "spec: null",
  "metadata: []",
  "name: [a]",
  "apiVersion: 1",
  "# $comment",
  "\u{FEFF}kind: x",
  "\0",
];

/** Changes one line, given what it was and the other lines of the file. */
type Slip = (line: string, others: readonly string[], number: number) => readonly string[];

const SLIPS: readonly Slip[] = [
  () => [],
  (line) => [line, line],
  (line) => [` ${line}`],
  (line) => [line.replace(/^ {1,2}/, "")],
  (line) => [line.replace(/: .*/, ":")],
  (line) => [line.replace(/: .*/, ": []")],
  (line) => [line.replace(/: .*/, ": {a: b}")],
  (line) => [line.replace(/: .*/, ": ~")],
  (line) => [line.replace(/: .*/, ": !!binary aGk=")],
  (line) => [line.replace(/: .*/, ": !!timestamp 2026-01-01")],
  (line) => [line.replace(/: .*/, ": !!set {a, b}")],
  (line) => [line.replace(/: .*/, ": *nowhere")],
  (line) => [line.replace(/: .*/, ": ../../..")],
  (line) => [line.replace(/^(\s*)- /, "$1")],
  (line) => [line.replace(/^(\s*)/, "$1- ")],
  (line) => [line.replace(/[a-z]+:/, "kind:")],
  (line) => [line.replace(/["']/, "")],
  (line) => [`${line}\r`],
  (line) => [`${line} # ${line}`],
  (line, others, number) => [others[number % others.length] ?? "", line],
  (line, _others, number) => [line, LINES[number % LINES.length] ?? ""],
  (_line, _others, number) => [LINES[number % LINES.length] ?? ""],
];

const slip = fc.record({ line: fc.nat(), slip: fc.nat(SLIPS.length - 1), number: fc.nat() });
const spoiling = fc.record({
  file: fc.nat(),
  how: fc.constantFrom("lines", "lines", "lines", "lines", "cut", "empty", "remove", "swap"),
  slips: fc.array(slip, { minLength: 1, maxLength: 4 }),
  other: fc.nat(),
});
type Spoiling = typeof spoiling extends fc.Arbitrary<infer T> ? T : never;

/** The text of a file after a slip of the hand; undefined if the file is gone. */
function spoiled(
  { how, slips, other }: Spoiling,
  text: string,
  texts: readonly string[],
): string | undefined {
  switch (how) {
    case "cut":
      return text.slice(0, other % (text.length + 1));
    case "empty":
      return "";
    case "remove":
      return undefined;
    case "swap":
      return texts[other % texts.length];
    default: {
      let lines: readonly string[] = text.split("\n");
      for (const { line, slip: index, number } of slips) {
        const at = line % lines.length;
        const put = SLIPS[index]?.(lines[at] ?? "", lines, number) ?? [];
        lines = [...lines.slice(0, at), ...put, ...lines.slice(at + 1)];
      }
      return lines.join("\n");
    }
  }
}

function filesOf(repository: Repository, directory = "."): readonly string[] {
  return repository.entries(directory).flatMap((entry) => {
    const path = posix.join(directory, entry.name);
    if (entry.isDirectory()) return filesOf(repository, path);
    return path.startsWith(".edgefirst/") ? [] : [path];
  });
}

describe("a spoiled repository", () => {
  it("may contain bytes and dates, which become text", () => {
    const { documents } = parseYaml(new SourceFile("x", "a: !!binary aGk=\nb: !!timestamp 2026-01-01\n"));
    assert.deepEqual({ ...(documents[0]?.value as object) }, { a: "hi", b: "2026-01-01T00:00:00Z" });
  });

  it(`gets a report from every step (${CASES} repositories)`, function () {
    this.timeout(60_000 + CASES * 1000);
    fc.assert(
      fc.property(fc.nat(), fc.array(spoiling, { minLength: 1, maxLength: 4 }), (index, spoilings) => {
        const original = REPOSITORIES[index % REPOSITORIES.length];
        assert.ok(original);
        const files = filesOf(original);
        const texts = files.map((path) => fileText(original, path) ?? "");
        const changes: Changes = new Map(
          spoilings.map((one) => {
            const at = one.file % files.length;
            return [files[at] ?? "", spoiled(one, texts[at] ?? "", texts)] as const;
          }),
        );
        const repository = original.with(changes);
        const options = readOptions(original);
        const clusters = buildClusters(repository);
        const results = runSteps(STEPS, { repository, clusters, selected: () => true, options });
        let before = repository;
        const reports = results.map((result) => {
          assert.doesNotMatch(
            result.unseen.join(),
            /internal error/,
            [...changes.values()]
              .map((one) => (typeof one === "object" ? one.text : (one ?? "")))
              .join("\n---8<---\n"),
          );
          assert.equal(typeof unifiedDiff(result, before), "string");
          const report = reportOf(result, before);
          if (result.proof.status !== "fails") before = result.after;
          return report;
        });
        assert.equal(reports.length, STEPS.length);
        assert.notEqual(formatMarkdown(reports), "");
      }),
      { numRuns: CASES, ...(SEED !== undefined && { seed: Number(SEED) }) },
    );
  });
});
