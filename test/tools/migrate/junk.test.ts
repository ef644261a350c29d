import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { type Document, isMap, isPair, isScalar, type Node, parseAllDocuments, visit } from "yaml";
import { EdgefirstError } from "../../../lib/errors.ts";
import { Repository } from "../../../tools/gitops/yaml/repository.ts";
import { fileText } from "../../../tools/gitops/yaml/file-text.ts";
import { buildRepository } from "../../../tools/gitops/flux/repository-build.ts";
import { lintRepository } from "../../../tools/lint/lint.ts";
import { type MigrateOptions, readOptions } from "../../../tools/migrate/options.ts";
import { STEPS } from "../../../tools/migrate/registry.ts";
import { runSteps } from "../../../tools/migrate/run.ts";

const FIXTURES = join(import.meta.dirname, "../../fixtures/migrate");
const REPOSITORIES = readdirSync(FIXTURES)
  .flatMap((step) => readdirSync(join(FIXTURES, step)).map((name) => join(FIXTURES, step, name, "before")))
  .filter((path) => existsSync(path));

/** Values and lines that do not belong where they are put. */
const junk = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    "",
    0,
    1.5,
    true,
    [],
    {},
    [null],
    [{}],
    { "": null },
    "\n",
    "a: [b",
    "renamed",
  ),
  fc.constantFrom("${X}", "{{ x }}", "../..", "/etc/passwd", "*", "[", "a/b/c", "#", "~", "\u{1F600}"),
  fc.jsonValue({ maxDepth: 2 }),
);
const spoilings = fc.array(
  fc.record({ file: fc.nat(), entry: fc.nat(), how: fc.constantFrom("replace", "delete", "rename"), junk }),
  { minLength: 1, maxLength: 12 },
);
const cuts = fc.array(fc.record({ file: fc.nat(), at: fc.nat(), length: fc.nat(40) }), { maxLength: 1 });

/** Replaces, renames or removes one entry in one document. */
function spoil(documents: readonly Document[], entry: number, how: string, value: unknown): void {
  const deeds: (() => void)[] = [];
  for (const document of documents)
    visit(document, {
      Collection: (_key, { items }) => {
        for (const [index, item] of items.entries())
          deeds.push(() => {
            if (how === "delete") items.splice(index, 1);
            else if (how === "rename" && isPair(item) && isScalar(item.key)) item.key.value = value;
            else if (isPair(item)) item.value = document.createNode(value);
            else items[index] = document.createNode(value);
          });
      },
    });
  deeds[entry % deeds.length]?.();
}

/** A repository with some of its YAML damaged; undefined if the result cannot be written as text. */
function spoiled(
  root: string,
  entries: readonly { file: number; entry: number; how: string; junk: unknown }[],
  parts: readonly { file: number; at: number; length: number }[],
): Repository | undefined {
  const repository = new Repository(root);
  const files = repository.yamlFiles(".");
  const texts = new Map<string, string>();
  const change = (which: number, made: (text: string) => string): void => {
    const file = files[which % files.length] ?? "";
    texts.set(file, made(texts.get(file) ?? readFileSync(join(root, file), "utf8")));
  };
  try {
    for (const { file, entry, how, junk: value } of entries)
      change(file, (text) => {
        const documents = parseAllDocuments(text) as Document[];
        spoil(documents, entry, how, value);
        return documents.map((document) => document.toString({ lineWidth: 0 })).join("");
      });
  } catch {
    // For example, an alias has lost its anchor.
    return undefined;
  }
  for (const { file, at, length } of parts)
    change(file, (text) => text.slice(0, at % text.length) + text.slice((at % text.length) + length));
  return repository.with(texts);
}

const optionsOf = (repository: Repository): MigrateOptions | undefined => {
  try {
    return readOptions(repository);
  } catch (error) {
    assert.ok(error instanceof EdgefirstError, String(error));
    return undefined;
  }
};

/** Checks that every entry whose value is unchanged also has the same text. */
function assertTextKept(before: string, after: string): void {
  const [old, now] = [before, after].map((text) =>
    Map.groupBy(parseAllDocuments(text) as Document[], (document) => JSON.stringify(nameOf(document))),
  );
  for (const [name, documents] of old ?? []) {
    const pair = [...documents, ...(now?.get(name) ?? [])];
    const [one, other] = pair;
    if (documents.length !== 1 || pair.length !== 2 || !one || !other) continue;
    assertNodeKept([one.contents, one, before], [other.contents, other, after]);
  }
}

const nameOf = (document: Document): unknown =>
  ["apiVersion", "kind", "metadata.name"].map((path) => document.getIn(path.split(".")));

type Place = readonly [node: Node | null, document: Document, text: string];

function assertNodeKept([old, ...before]: Place, [now, ...after]: Place): void {
  if (!isMap<Node, Node | null>(old) || !isMap<Node, Node | null>(now)) return;
  for (const pair of old.items) {
    const other: typeof pair | undefined = now.items.find(
      ({ key }) => isScalar(key) && isScalar(pair.key) && key.value === pair.key.value,
    );
    if (!other) continue;
    const [was, is] = [
      pair.value?.toJS(before[0], { mapAsMap: true }) as unknown,
      other.value?.toJS(after[0], { mapAsMap: true }) as unknown,
    ];
    if (isDeepStrictEqual(was, is)) {
      const text = slice(pair, before[1]);
      assert.equal(withAliasesOf(text, slice(other, after[1])), text);
    } else assertNodeKept([pair.value, ...before], [other.value, ...after]);
  }
}

/** The text with the aliases that have become the anchor, because the entry with the anchor has gone. */
function withAliasesOf(before: string, after: string): string {
  return after.replace(/&([\w-]+) (?:"[^"\n]*"|'[^'\n]*'|[^\s,\]}]+)/g, (written, name: string) =>
    before.includes(`*${name}`) && !before.includes(`&${name} `) ? `*${name}` : written,
  );
}

function slice({ key, value }: { readonly key: Node; readonly value: Node | null }, text: string): string {
  return text.slice(key.range?.[0], (value ?? key).range?.[1]).trimEnd();
}

describe("lint and migrate on input that they understand only in part", function () {
  this.timeout(60_000);

  it("never crash, and keep every byte that a step does not change", () => {
    fc.assert(
      fc.property(fc.constantFrom(...REPOSITORIES), spoilings, cuts, (root, entries, parts) => {
        const repository = spoiled(root, entries, parts);
        fc.pre(repository !== undefined);
        lintRepository(repository);
        const options = optionsOf(repository);
        fc.pre(options !== undefined);
        const { clusters } = buildRepository(repository);
        let before = repository;
        for (const { plan, after } of runSteps(STEPS, {
          repository,
          clusters,
          selected: () => true,
          options,
        })) {
          for (const { path, text } of plan.changes)
            if (text !== undefined && /\.ya?ml$/.test(path))
              assertTextKept(fileText(before, path) ?? "", text);
          before = after;
        }
      }),
      { numRuns: 200 },
    );
  });
});
