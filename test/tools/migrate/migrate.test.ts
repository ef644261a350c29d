import assert from "node:assert/strict";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { Repository } from "../../../tools/gitops/yaml/repository.ts";
import { buildRepository } from "../../../tools/gitops/flux/repository-build.ts";
import { readOptions } from "../../../tools/migrate/options.ts";
import { STEPS } from "../../../tools/migrate/registry.ts";
import { formatNote } from "../../../tools/migrate/report.ts";
import { runStep, runSteps, type StepResult } from "../../../tools/migrate/run.ts";
import { combined, writeChanges } from "../../../tools/migrate/write.ts";
import type { Step } from "../../../tools/migrate/step.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

const FIXTURES = join(import.meta.dirname, "../../fixtures/migrate");

function runOn(root: string, step: Step): StepResult {
  const repository = new Repository(root);
  return runStep(step, {
    repository,
    clusters: buildRepository(repository).clusters,
    selected: () => true,
    options: readOptions(repository),
  });
}

/** The contents of every file below a directory. */
function filesIn(directory: string): Record<string, string> {
  const paths = readdirSync(directory, { recursive: true, encoding: "utf8" });
  return Object.fromEntries(
    paths
      .sort()
      .filter((path) => statSync(join(directory, path)).isFile())
      .map((path) => [path, readFileSync(join(directory, path), "latin1")]),
  );
}

describe("edgefirst migrate", () => {
  for (const step of STEPS) {
    describe(step.id, () => {
      for (const name of readdirSync(join(FIXTURES, step.id))) {
        const fixture = join(FIXTURES, step.id, name);
        let root: string;

        before(() => {
          root = temporaryDirectory("edgefirst-migrate-");
          cpSync(join(fixture, "before"), root, { recursive: true });
        });

        it(`${name}: proven, as expected, and a second run finds nothing`, () => {
          const { plan, proof } = runOn(root, step);
          assert.deepEqual(
            { status: proof.status, failures: proof.failures, gaps: proof.gaps },
            { status: "holds", failures: [], gaps: [] },
          );
          writeChanges(new Repository(root), plan.changes);
          assert.deepEqual(filesIn(root), filesIn(join(fixture, "after")));
          const notes = plan.notes.map((note) => `${note.kind} ${formatNote(note)}\n`).join("");
          const expected = join(fixture, "notes.txt");
          assert.equal(notes, existsSync(expected) ? readFileSync(expected, "utf8") : "");
          assert.deepEqual(runOn(root, step).plan.changes, []);
        });
      }
    });
  }

  it("runs all steps in an order in which a second run finds nothing", () => {
    const fixtures = STEPS.flatMap(({ id }) => readdirSync(join(FIXTURES, id)).map((name) => join(id, name)));
    for (const fixture of fixtures) {
      const repository = new Repository(join(FIXTURES, fixture, "before"));
      const { clusters } = buildRepository(repository);
      const context = { repository, clusters, selected: () => true, options: readOptions(repository) };
      const first = runSteps(STEPS, context);
      const [last] = first.slice(-1);
      assert.ok(last);
      const again = runSteps(STEPS, { ...context, repository: last.after, clusters: last.proof.clusters });
      const unproven = first.filter(({ proof }) => proof.status !== "holds").map(({ step }) => step.id);
      const changed = again.filter(({ plan }) => plan.changes.length > 0).map(({ step }) => step.id);
      assert.deepEqual({ fixture, unproven, changed }, { fixture, unproven: [], changed: [] });
    }
  });

  it("removes the directories that it empties, and nothing else", () => {
    const root = temporaryDirectory("edgefirst-migrate-");
    for (const directory of ["emptied/below", "shared", "empty"])
      mkdirSync(join(root, directory), { recursive: true });
    for (const file of ["emptied/below/a.yaml", "shared/a.yaml"]) writeFileSync(join(root, file), "a: 1\n");
    writeFileSync(join(root, "shared/notes"), "");
    const repository = new Repository(root);
    const changes = ["emptied/below/a.yaml", "shared/a.yaml"].map((path) => ({ path, text: undefined }));
    for (const { path } of changes) repository.parse(path);
    writeChanges(repository, changes);
    assert.deepEqual(readdirSync(root, { recursive: true, encoding: "utf8" }).sort(), [
      "empty",
      "shared",
      "shared/notes",
    ]);
  });

  it("writes each file once for all steps, and not at all if it ends as it began", () => {
    const root = temporaryDirectory("edgefirst-migrate-");
    for (const name of ["a", "b"]) writeFileSync(join(root, `${name}.yaml`), "x: 1\n");
    const steps = [
      { path: "a.yaml", text: "x: 2\n" },
      { path: "b.yaml", text: "x: 2\n" },
      { path: "new.yaml", text: "x: 1\n" },
      { path: "a.yaml", text: "x: 3\n" },
      { path: "b.yaml", text: "x: 1\n" },
      { path: "new.yaml", text: undefined },
    ];
    assert.deepEqual(combined(new Repository(root), steps), [{ path: "a.yaml", text: "x: 3\n" }]);
  });

  describe("writing refuses", () => {
    let [root, outside] = ["", ""];

    beforeEach(() => {
      [root, outside] = [temporaryDirectory("edgefirst-"), temporaryDirectory("outside-")];
      writeFileSync(join(root, "plain.yaml"), "a: 1\n");
      writeFileSync(join(outside, "kept.yaml"), "a: 1\n");
    });

    /** Tries to change a plain file first, then the given path. */
    function refuses(path: string, message: RegExp): void {
      const changes = ["plain.yaml", path].map((each) => ({ path: each, text: "a: 2\n" }));
      const repository = new Repository(root);
      repository.parse("plain.yaml");
      assert.throws(() => {
        writeChanges(repository, changes);
      }, message);
      assert.deepEqual(filesIn(outside), { "kept.yaml": "a: 1\n" });
      assert.equal(readFileSync(join(root, "plain.yaml"), "utf8"), "a: 1\n");
    }

    it("a symbolic link to a file elsewhere", () => {
      symlinkSync(join(outside, "kept.yaml"), join(root, "link.yaml"));
      refuses("link.yaml", /link\.yaml is a symbolic link\.\n.*Nothing was written/);
    });

    it("an existing or new file below a link to another directory", () => {
      symlinkSync(outside, join(root, "apps"));
      refuses("apps/kept.yaml", /apps\/kept\.yaml is below the symbolic link apps\.\n.*Nothing was written/);
      refuses("apps/new/new.yaml", /is below the symbolic link apps/);
    });

    it("a dangling link", () => {
      symlinkSync("nowhere.yaml", join(root, "dead.yaml"));
      refuses("dead.yaml", /dead\.yaml is a symbolic link/);
    });

    it("a file that has changed since the plan", () => {
      const repository = new Repository(root);
      repository.parse("plain.yaml");
      writeFileSync(join(root, "plain.yaml"), "a: 3\n");
      assert.throws(() => {
        writeChanges(repository, [{ path: "plain.yaml", text: "a: 2\n" }]);
      }, /plain\.yaml has changed since the step was planned/);
      assert.equal(readFileSync(join(root, "plain.yaml"), "utf8"), "a: 3\n");
    });
  });
});
