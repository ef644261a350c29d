import type { Repository } from "../yaml/repository.ts";

/** A result, and what it depends on. */
export interface Kept {
  readonly value: unknown;
  /** The paths for which it was asked whether they are files or directories, and what is in them. */
  readonly asked: readonly string[];
  /** The files whose contents were read. */
  readonly read: readonly string[];
  /** Other files on whose contents the result depends. */
  readonly inputs: readonly string[];
}

/**
 * What has been computed from the files of one artifact, kept while a repository is edited: a result holds in a later state of the repository if nothing that
 * it depends on has changed.
 */
export class KeptResults {
  readonly #results = new Map<string, { readonly kept: Kept; state: Repository }>();

  /** A result that holds in a state of the repository. */
  find(key: string, state: Repository): Kept | undefined {
    const result = this.#results.get(key);
    if (result === undefined) return undefined;
    const { kept } = result;
    if (result.state === state) return kept;
    const { existence, contents } = state.changedSince(result.state);
    for (const path of kept.asked) if (existence.has(path)) return undefined;
    for (const paths of [kept.read, kept.inputs])
      for (const path of paths) if (contents.has(path)) return undefined;
    result.state = state;
    return kept;
  }

  keep(key: string, state: Repository, kept: Kept): void {
    this.#results.set(key, { kept, state });
  }
}

/** The kept results of each artifact of a repository. */
export class KeptBuilds {
  readonly #artifacts = new Map<string, KeptResults>();

  /** @param artifact what the artifact contains, apart from the contents of its files */
  of(artifact: string): KeptResults {
    const results = this.#artifacts.get(artifact) ?? new KeptResults();
    this.#artifacts.set(artifact, results);
    return results;
  }
}
