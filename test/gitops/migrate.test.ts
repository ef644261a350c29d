import assert from "node:assert/strict";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Repository } from "../../gitops/documents/repository.ts";
import { buildRepository } from "../../gitops/flux/repository-build.ts";
import { readOptions } from "../../gitops/migrate/options.ts";
import { STEPS } from "../../gitops/migrate/registry.ts";
import { formatNote } from "../../gitops/migrate/report.ts";
import { runStep, writeChanges, type StepResult } from "../../gitops/migrate/run.ts";
import type { Step } from "../../gitops/migrate/step.ts";

const FIXTURES = join(import.meta.dirname, "../fixtures/migrate");

function runOn(root: string, step: Step): StepResult {
  const repository = new Repository(root);
  return runStep(step, {
    repository,
    clusters: buildRepository(repository).clusters,
    selected: () => true,
    options: readOptions(repository),
  });
}

/** Every file below a directory with its bytes. */
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
          root = mkdtempSync(join(tmpdir(), "edgefirst-migrate-"));
          cpSync(join(fixture, "before"), root, { recursive: true });
        });
        after(() => {
          rmSync(root, { recursive: true });
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
});
