import assert from "node:assert/strict";
import { cpSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import type { BuiltCluster } from "../../../tools/gitops/flux/built.ts";
import { KeptBuilds } from "../../../tools/gitops/flux/kept-results.ts";
import { buildRepository } from "../../../tools/gitops/flux/repository-build.ts";
import { fileText } from "../../../tools/gitops/yaml/file-text.ts";
import { Repository } from "../../../tools/gitops/yaml/repository.ts";
import { locate } from "../../../tools/gitops/yaml/source.ts";
import { entryOrigin, type Mapping, type Value } from "../../../tools/gitops/yaml/values.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

const REPOSITORIES = join(import.meta.dirname, "../../fixtures");

/** Everything that a caller can see of a build. */
function seen(built: ReturnType<typeof buildRepository>): unknown {
  return {
    external: built.external,
    unreached: built.unreached,
    clusters: built.clusters.map(({ name, objects, kustomizations, problems }) => ({
      name,
      problems,
      objects: objects.map(({ object, kustomization, origin }) => [
        JSON.stringify(object),
        kustomization && (kustomization.object.metadata as Mapping).name,
        locate(origin),
        places(object),
      ]),
      read: kustomizations.map((kustomization) => [kustomization.directory, [...kustomization.filesRead()]]),
    })),
  };
}

function places(value: Value): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return Object.entries(value).map(([key, inner]) => [locate(entryOrigin(value, key)), places(inner)]);
}

/** Ways to change a file, each of which may reach other Kustomizations. */
const EDITS: readonly ((text: string) => string | undefined)[] = [
  () => undefined,
  () => "",
  () => "resources: []\n",
  () => "a: [\n",
  (text) => `# moves every line\n${text}`,
  (text) => text.replace(/name: (\w)/, "name: x$1"),
  (text) => text.replace(/^(\s*)path: .*$/m, "$1path: ./"),
  (text) => text.replace(/^ +- .*\n/m, ""),
  (text) => `${text}namePrefix: p-\n`,
  (text) => `${text}---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: more\n`,
];

/** Files that appear. */
const NEW_FILES: readonly (readonly [name: string, text: string])[] = [
  ["kustomization.yaml", "resources: []\n"],
  ["more.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: added\n"],
  [".sourceignore", "*.yaml\n!kustomization.yaml\n"],
];

const edits = fc.array(fc.record({ file: fc.nat(), edit: fc.nat(), isNew: fc.boolean() }), {
  minLength: 1,
  maxLength: 3,
});

/** The repository after some edits. */
function edited(repository: Repository, changes: readonly { file: number; edit: number; isNew: boolean }[]) {
  return changes.reduce((state, { file, edit, isNew }) => {
    const files = state.filesBelow(".", (name) => /\.ya?ml$/.test(name));
    const path = files[file % files.length] ?? "a.yaml";
    const [name, text] = NEW_FILES[edit % NEW_FILES.length] ?? ["", ""];
    const old = fileText(state, path) ?? "";
    return isNew
      ? state.with(new Map([[join(path, "..", name), text]]))
      : state.with(new Map([[path, EDITS[edit % EDITS.length]?.(old)]]));
  }, repository);
}

describe("results that a build takes from a build of another copy", () => {
  let root: string;

  beforeEach(() => {
    root = temporaryDirectory("edgefirst-kept-");
  });

  for (const [directory, numRuns] of [
    ["repositories/fleet", 150],
    ["gitops", 25],
  ] as const)
    it(`are those of a build from scratch, after any edits of ${directory}`, function () {
      // Two builds after each of many edits.
      this.timeout(120_000);
      cpSync(join(REPOSITORIES, directory), root, { recursive: true });
      const repository = new Repository(root);
      for (const partial of [true, false]) {
        const kept = new KeptBuilds();
        buildRepository(repository, { partial, kept });
        fc.assert(
          fc.property(edits, edits, (first, second) => {
            const one = edited(repository, first);
            for (const state of [one, edited(one, second), edited(repository, second)])
              assert.deepEqual(
                seen(buildRepository(state, { partial, kept })),
                seen(buildRepository(state, { partial })),
              );
          }),
          { numRuns },
        );
      }
    });

  it("are shared until something changes that the Kustomization reads", () => {
    cpSync(join(REPOSITORIES, "repositories/fleet"), root, { recursive: true });
    const repository = new Repository(root);
    const kept = new KeptBuilds();
    const before = objectsOf(buildRepository(repository, { kept }).clusters);
    const file = [...before.keys()].at(-1) ?? "";
    const text = fileText(repository, file) ?? "";
    const after = objectsOf(
      buildRepository(repository.with(new Map([[file, `${text}# changed\n`]])), { kept }).clusters,
    );
    assert.notEqual(after.get(file), before.get(file));
    const same = [...before].filter(([name, object]) => after.get(name) === object);
    assert.ok(same.length > before.size / 2, `${same.length} of ${before.size} are shared`);
  });
});

/** The first object from each file, as Kustomize built it. */
function objectsOf([cluster]: readonly BuiltCluster[]): ReadonlyMap<string, Mapping> {
  const built = cluster?.objects ?? [];
  return new Map(
    built
      .filter(({ kustomization }) => kustomization !== undefined)
      .map(({ origin, beforeSubstitution }) => [origin.source.file, beforeSubstitution]),
  );
}
