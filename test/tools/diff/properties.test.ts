import assert from "node:assert/strict";
import fc from "fast-check";
import type { Entry } from "../../../tools/diff/report.ts";
import { diffOf, fluxKustomization, ROOT, type Files } from "../../support/diff.ts";

/** The objects of a repository: the Kustomization and the contents of each, by name. */
type Objects = Readonly<Record<string, { readonly by: "a" | "b"; readonly value: string }>>;

const objects: fc.Arbitrary<Objects> = fc.dictionary(
  fc.constantFrom("one", "two", "three", "four", "five", "six"),
  fc.record({ by: fc.constantFrom("a", "b"), value: fc.string({ maxLength: 8 }) }),
);

function filesOf(all: Objects): Files {
  const map = (name: string, value: string): string =>
    JSON.stringify({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name, namespace: "media" },
      data: { value },
    });
  return {
    ...ROOT,
    ...fluxKustomization("a"),
    ...fluxKustomization("b"),
    "apps/a/always.yaml": map("always-a", "x"),
    "apps/b/always.yaml": map("always-b", "x"),
    ...Object.fromEntries(
      Object.entries(all).map(([name, { by, value }]) => [`apps/${by}/${name}.yaml`, map(name, value)]),
    ),
  };
}

const named = (entries: readonly Entry[], ...kinds: string[]): readonly string[] =>
  entries
    .filter(({ kind }) => kinds.includes(kind))
    .map(({ object }) => object.replace("ConfigMap media/", ""))
    .sort();

describe("diff: random repositories", function () {
  this.timeout(60_000);

  it("a repository does not differ from itself", () => {
    fc.assert(
      fc.property(objects, (all) => {
        assert.deepEqual(diffOf(filesOf(all), filesOf(all)).entries, []);
      }),
      { numRuns: 50 },
    );
  });

  it("names exactly the objects that differ, each as what happens to it, and the reverse swaps added and removed", () => {
    fc.assert(
      fc.property(objects, objects, (before, after) => {
        const { entries } = diffOf(filesOf(before), filesOf(after));
        const names = (test: (name: string) => boolean): readonly string[] =>
          [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(test).sort();
        const isBoth = (name: string): boolean => name in before && name in after;
        assert.deepEqual(
          named(entries, "added"),
          names((name) => !(name in before)),
        );
        assert.deepEqual(
          named(entries, "removed"),
          names((name) => !(name in after)),
        );
        assert.deepEqual(
          named(entries, "moved"),
          names((name) => isBoth(name) && before[name]?.by !== after[name]?.by),
        );
        const isChanged = (name: string): boolean =>
          before[name]?.by === after[name]?.by && before[name]?.value !== after[name]?.value;
        assert.deepEqual(
          named(entries, "changed"),
          names((name) => isBoth(name) && isChanged(name)),
        );
        const back = diffOf(filesOf(after), filesOf(before)).entries;
        assert.deepEqual(named(back, "added"), named(entries, "removed"));
        assert.deepEqual(named(back, "removed"), named(entries, "added"));
        assert.deepEqual(named(back, "moved", "changed"), named(entries, "moved", "changed"));
      }),
      { numRuns: 100 },
    );
  });
});
