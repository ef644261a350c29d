import type { Repository } from "../yaml/repository.ts";

/** A result, and what it depends on. */
export interface Kept {
  readonly value: unknown;
  /** The files and directories that were asked for; a missing one counts too. */
  readonly paths: ReadonlySet<string>;
  /** Those of the files that were read. */
  readonly filesRead: ReadonlySet<string>;
}

/**
 * What has been computed from the files of one artifact, kept while a repository is edited: a result holds in a later state of the repository if none of the
 * paths that it depends on has changed.
 */
export class KeptResults {
  readonly #results = new Map<string, { readonly kept: Kept; state: Repository }>();

  /** A result that holds in a state of the repository. */
  find(key: string, state: Repository): Kept | undefined {
    const result = this.#results.get(key);
    if (result === undefined) return undefined;
    const changed = state.changedSince(result.state);
    for (const path of result.kept.paths) if (changed.has(path)) return undefined;
    result.state = state;
    return result.kept;
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
