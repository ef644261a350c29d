import assert from "node:assert/strict";
import { cpSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { parseAllDocuments, stringify } from "yaml";
import { Repository } from "../../../tools/gitops/yaml/repository.ts";
import { YamlEdit } from "../../../tools/gitops/edit/yaml-edit.ts";
import { buildRepository } from "../../../tools/gitops/flux/repository-build.ts";
import { readOptions } from "../../../tools/migrate/options.ts";
import { STEPS } from "../../../tools/migrate/registry.ts";
import { runStep } from "../../../tools/migrate/run.ts";
import { writeChanges } from "../../../tools/migrate/write.ts";
import type { FileChange, Step } from "../../../tools/migrate/step.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

const FIXTURES = join(import.meta.dirname, "../../fixtures/migrate");

const key = fc.stringMatching(/^[a-z][a-zA-Z0-9./-]{0,8}$/);
const scalar = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  key,
  fc.constant("a\nb\n"),
);
const { value } = fc.letrec<{ value: unknown; map: Record<string, unknown> }>((tie) => ({
  value: fc.oneof({ depthSize: "small" }, scalar, tie("map"), fc.array(tie("value"), { maxLength: 3 })),
  map: fc.dictionary(key, tie("value"), { maxKeys: 4, noNullPrototype: true }),
}));
const mapping = fc.dictionary(key, value, { minKeys: 1, maxKeys: 5, noNullPrototype: true });

/** A mapping as a person might write it: with comments, blank lines, quotes, lists indented or not, and either line ending. */
const written = fc
  .record({
    mapping,
    indent: fc.constantFrom(2, 4),
    indentSeq: fc.boolean(),
    quotes: fc.constantFrom("PLAIN" as const, "QUOTE_DOUBLE" as const, "QUOTE_SINGLE" as const),
    crlf: fc.boolean(),
    open: fc.boolean(),
    comment: fc.boolean(),
    blank: fc.boolean(),
  })
  .map(({ mapping: content, crlf, open, comment, blank, indent, indentSeq, quotes }) => {
    const body = stringify(content, { indent, indentSeq, defaultStringType: quotes, lineWidth: 0 });
    const commented = comment ? body.replace(/^(?=[a-z])/gm, "# said of the next\n") : body;
    const spaced = blank ? `---\n\n${commented}\n# the end\n` : commented;
    const text = open ? spaced.replace(/\n$/, "") : spaced;
    return { content, text: crlf ? text.replace(/\n/g, "\r\n") : text };
  });

const parsed = (text: string): unknown[] => {
  const documents = parseAllDocuments(text);
  assert.ok(Array.isArray(documents));
  return documents.map((document) => {
    assert.deepEqual(document.errors, []);
    return document.toJS() as unknown;
  });
};

/** Whether each line of one text is in the other, in the same order; line endings count. */
function assertLinesOf(shorter: string, longer: string): void {
  const rest = longer
    .split("\n")
    .map((line) => line.replace(/\r$/, ""))
    .values();
  for (const line of shorter.split("\n").map((line) => line.replace(/\r$/, "")))
    assert.ok(
      rest.some((other) => other === line),
      `${JSON.stringify(line)} is not in ${JSON.stringify(longer)}`,
    );
  assert.equal(/(?<!\r)\n/.test(shorter) && !/(?<!\r)\n/.test(longer), false, "other line endings");
}

function changesOf(step: Step, repository: Repository): readonly FileChange[] {
  const { clusters } = buildRepository(repository);
  const options = readOptions(repository);
  return runStep(step, { repository, clusters, selected: () => true, options }).plan.changes;
}

function filesIn(root: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(root, { recursive: true, encoding: "utf8" })
      .sort()
      .filter((path) => statSync(join(root, path)).isFile())
      .map((path) => [path, readFileSync(join(root, path), "utf8")]),
  );
}

describe("edits of YAML text", () => {
  it("return a text unchanged if nothing is planned", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: "binary" }),
          written.map(({ text }) => text),
        ),
        (text) => {
          assert.equal(new YamlEdit(text).text(), text);
        },
      ),
      { examples: [["\r"], ["a: 1"]] },
    );
  });

  it("remove the lines of an entry and no others", () => {
    fc.assert(
      fc.property(written, fc.nat(), ({ content, text }, choice) => {
        const keys = Object.keys(content);
        const gone = keys[choice % keys.length] ?? "";
        const edit = new YamlEdit(text);
        const done = edit.remove(0, [gone]);
        assert.equal(done, keys.length > 1);
        if (!done) return;
        const before = Object.entries(parsed(text)[0] as Record<string, unknown>);
        const rest = before.filter(([name]) => name !== gone);
        assert.deepEqual(parsed(edit.text())[0], Object.fromEntries(rest));
        assertLinesOf(edit.text(), text);
      }),
    );
  });

  it("add an entry without touching any line", () => {
    fc.assert(
      fc.property(written, fc.nat(), ({ content, text }, choice) => {
        const keys = Object.keys(content);
        const edit = new YamlEdit(text);
        assert.ok(edit.insert(0, [], "Added:\n  - one\n", keys[choice % keys.length] ?? ""));
        const before = parsed(text)[0] as Record<string, unknown>;
        assert.deepEqual(parsed(edit.text())[0], { ...before, Added: ["one"] });
        assertLinesOf(text, edit.text());
      }),
    );
  });

  it("add an item to a list, regardless of what follows its dashes", () => {
    const dashes = fc.constantFrom("- ", "-   ", "- # said of it\n    ", "-\n    ", "- &anchor\n    ");
    fc.assert(
      fc.property(fc.array(fc.tuple(dashes, key), { minLength: 1 }), fc.boolean(), (items, comment) => {
        const lines = items
          .map(([dash, name]) => `  ${dash}${name}: 1\n`)
          .join(comment ? "  # the next\n" : "");
        const edit = new YamlEdit(`list:\n${lines}`);
        assert.ok(edit.insert(0, ["list"], "- added: 1\n"));
        const list = [...items.map(([, name]) => ({ [name]: 1 })), { added: 1 }];
        assert.deepEqual(parsed(edit.text()), [{ list }]);
      }),
    );
  });
});

describe("steps", () => {
  let root: string;

  beforeEach(() => {
    root = temporaryDirectory("edgefirst-migrate-");
  });

  for (const step of STEPS) {
    it(`${step.id}: keeps YAML that it does not understand byte for byte`, () => {
      const anything = fc.oneof(
        written.map(({ text }) => text),
        fc.string(),
      );
      const names = [
        "Taskfile.yaml",
        "kustomization.yaml",
        "apps/ks.yaml",
        "apps/helmrelease.yaml",
        "notes.yml",
      ];
      const files = fc.record(Object.fromEntries(names.map((name) => [name, anything])));
      fc.assert(
        fc.property(files, (contents) => {
          const repository = new Repository(root).with(new Map(Object.entries(contents)));
          assert.deepEqual(changesOf(step, repository), []);
        }),
        { numRuns: 40 },
      );
    });

    for (const name of readdirSync(join(FIXTURES, step.id))) {
      const forms: Record<string, (text: string) => string> = {
        CRLF: (text) => text.replace(/\r?\n/g, "\r\n"),
        "a comment at the top": (text) => `# Kept by hand: see the wiki, "quoted" & *all*.\n${text}`,
      };
      for (const [form, rewritten] of Object.entries(forms)) {
        it(`${step.id}/${name}: makes the same changes with ${form}`, () => {
          cpSync(join(FIXTURES, step.id, name, "before"), root, { recursive: true });
          const before = filesIn(root);
          for (const [path, text] of Object.entries(before))
            if (/\.ya?ml$/.test(path)) writeFileSync(join(root, path), rewritten(text));
          const repository = new Repository(root);
          writeChanges(repository, changesOf(step, repository));
          const expected = filesIn(join(FIXTURES, step.id, name, "after"));
          const now = filesIn(root);
          for (const [path, text] of Object.entries(expected)) {
            const forms = /\.ya?ml$/.test(path) ? [rewritten(text)] : [text];
            // A file that the step adds has no original formatting to keep.
            if (!(path in before)) forms.push(text);
            assert.ok(forms.includes(now[path] ?? ""), `${path}:\n${now[path] ?? "is not there"}`);
          }
          assert.deepEqual(Object.keys(now), Object.keys(expected));
        });
      }
    }
  }
});
