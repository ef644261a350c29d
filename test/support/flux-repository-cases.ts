import { posix } from "node:path";
import { fluxKustomization } from "../../tools/gitops/flux-compare.ts";
import { Delivered } from "../../tools/gitops/flux/delivered.ts";
import { plainFile } from "../../tools/gitops/flux/flux-kustomization.ts";
import { kustomizeBuild } from "../../tools/gitops/kustomize/kustomize.ts";
import { BuildError } from "../../tools/gitops/problem.ts";
import { Repository } from "../../tools/gitops/yaml/repository.ts";
import { startOf } from "../../tools/gitops/yaml/source.ts";
import { valueAt, type Mapping } from "../../tools/gitops/yaml/values.ts";
import { Pick, type GeneratedCase } from "./flux-cases.ts";
import { RANDOM_EDITS, type EditedDirectory, type RepositoryDraft } from "./flux-repository-edits.ts";

/** More would take too long per case. */
const MAX_SIZE = 200_000;

/** Cases from the kustomizations of repositories: what one of them builds from, with random edits. */
export class RepositoryCases {
  readonly #places: readonly { readonly repository: Repository; readonly path: string }[];
  readonly #read = new Map<number, EditedDirectory | undefined>();

  constructor(roots: readonly string[]) {
    this.#places = roots.flatMap((root) => {
      const repository = new Repository(root, { collectUnreadable: true });
      const files = repository.filesBelow(".", (name) =>
        /^(?:kustomization\.ya?ml|Kustomization)$/.test(name),
      );
      return [...new Set(files.map((file) => posix.dirname(file)))].map((path) => ({ repository, path }));
    });
  }

  get directories(): number {
    return this.#places.length;
  }

  /** The case for a seed; undefined if it would be too large. */
  generate(seed: number): GeneratedCase | undefined {
    const pick = new Pick(seed);
    const directory = this.#directory(Math.floor(pick.next() * this.#places.length));
    if (directory === undefined) return undefined;
    const draft: RepositoryDraft = {
      files: { ...directory.files },
      spec: { path: `./${directory.path}` },
      directory,
    };
    const count = pick.of([1, 1, 2, 3]);
    const features = Array.from({ length: count }, () => {
      const [name, edit] = pick.of(RANDOM_EDITS);
      edit(draft, pick);
      return name;
    });
    return { files: draft.files, spec: draft.spec, sources: [], strict: draft.strict ?? false, features };
  }

  #directory(index: number): EditedDirectory | undefined {
    if (!this.#read.has(index)) this.#read.set(index, this.#readDirectory(index));
    return this.#read.get(index);
  }

  #readDirectory(index: number): EditedDirectory | undefined {
    const { repository, path } = this.#places[index] ?? {};
    if (repository === undefined || path === undefined) return undefined;
    const read = new Delivered(repository, () => undefined);
    const spec = { path: `./${path}` };
    let objects: readonly Mapping[] = [];
    try {
      const placed = valueAt(fluxKustomization(spec), startOf("ks.yaml"));
      const file = plainFile(placed as Mapping, read);
      objects = kustomizeBuild(file, read, { partial: true, onError: () => undefined }).map(
        ({ object }) => object,
      );
    } catch (error) {
      if (!(error instanceof BuildError)) throw error;
    }
    const files: Record<string, string> = {};
    let size = 0;
    for (const file of read.filesRead) {
      if (!repository.isFile(file)) continue;
      const { text } = repository.read(file, startOf(file));
      files[file] = text;
      size += text.length;
    }
    return size > MAX_SIZE || size === 0 ? undefined : { path, files, objects };
  }
}
