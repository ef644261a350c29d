import { existsSync, readdirSync } from "node:fs";
import { join, posix } from "node:path";
import fc from "fast-check";
import { fileText } from "../../tools/gitops/yaml/file-text.ts";
import { Repository, type Changes } from "../../tools/gitops/yaml/repository.ts";

/** For a longer search: SPOILED_CASES=10000, or several runs, each with another SPOILED_SEED. */
export const SPOILED_CASES = Number(process.env.SPOILED_CASES ?? 300);
const SEED = process.env.SPOILED_SEED;
const FIXTURES = join(import.meta.dirname, "../fixtures/migrate");
const MIGRATED = readdirSync(FIXTURES)
  .flatMap((step) => readdirSync(join(FIXTURES, step)).map((name) => join(FIXTURES, step, name, "before")))
  .filter((path) => existsSync(path))
  .map((path) => new Repository(path));

/** A repository, before and after some of its files were spoiled. */
export interface SpoiledRepository {
  readonly original: Repository;
  readonly repository: Repository;
  /** What was written, for a message. */
  readonly written: string;
}

/** Checks a property of {@link SPOILED_CASES} repositories, each made by spoiling a fixture of `migrate`. */
export function checkSpoiled(check: (spoiled: SpoiledRepository) => void): void {
  fc.assert(
    fc.property(
      fc.constantFrom(...MIGRATED),
      fc.array(spoiling, { minLength: 1, maxLength: 4 }),
      (original, spoilings) => {
        check(spoil(original, spoilings));
      },
    ),
    { numRuns: SPOILED_CASES, ...(SEED !== undefined && { seed: Number(SEED) }) },
  );
}

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
  (line) => [line.replace(/\{[^{}]*\}|\[[^[\]]*\]/, "")],
  (line) => [line.replace(/(\w: )[^:{}[\]]*([,}])/, "$1~$2")],
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
  how: fc.constantFrom(
    "lines",
    "lines",
    "lines",
    "lines",
    "hollow",
    "hollow",
    "cut",
    "empty",
    "remove",
    "swap",
  ),
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
    case "hollow":
      return hollowed(text.split("\n"), other).join("\n");
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

/** Removes all that a line contains, so that its key has no value. */
function hollowed(lines: readonly string[], other: number): readonly string[] {
  const indents = lines.map((line) => line.search(/\S/));
  const keys = lines.flatMap((line, index) =>
    /:\s*$/.test(line) && (indents[index + 1] ?? 0) > (indents[index] ?? 0) ? [index] : [],
  );
  const key = keys[other % Math.max(1, keys.length)];
  if (key === undefined) return lines;
  const end = indents.findIndex(
    (indent, index) => index > key && indent >= 0 && indent <= (indents[key] ?? 0),
  );
  return [...lines.slice(0, key + 1), ...lines.slice(end === -1 ? lines.length : end)];
}

function filesOf(repository: Repository, directory = "."): readonly string[] {
  return repository.entries(directory).flatMap((entry) => {
    const path = posix.join(directory, entry.name);
    if (entry.isDirectory()) return filesOf(repository, path);
    return path.startsWith(".edgefirst/") ? [] : [path];
  });
}

function spoil(original: Repository, spoilings: readonly Spoiling[]): SpoiledRepository {
  const files = filesOf(original);
  const texts = files.map((path) => fileText(original, path) ?? "");
  const changes: Changes = new Map(
    spoilings.map((one) => {
      const at = one.file % files.length;
      return [files[at] ?? "", spoiled(one, texts[at] ?? "", texts)] as const;
    }),
  );
  const written = [...changes.values()].map((one) => (typeof one === "object" ? one.text : (one ?? "")));
  return { original, repository: original.with(changes), written: written.join("\n---8<---\n") };
}
