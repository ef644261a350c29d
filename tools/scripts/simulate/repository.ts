/** The commit from which every cluster starts. */
export const ROOT_COMMIT = "0".repeat(40);

interface Commit {
  readonly parent: string | undefined;
  /** The app that the repository does not contain at this commit. */
  readonly removes: string | undefined;
}

/** The repository that all clusters follow. Its commits need not descend from each other. */
export class Repository {
  /** The latest commit of the shared branch. */
  head = ROOT_COMMIT;
  readonly #commits = new Map<string, Commit>([[ROOT_COMMIT, { parent: undefined, removes: undefined }]]);

  /** Adds a commit. @returns its SHA */
  add(commit: Commit): string {
    const sha = String(this.#commits.size).padStart(40, "0");
    this.#commits.set(sha, commit);
    return sha;
  }

  removedAt(sha: string): string | undefined {
    return this.#commits.get(sha)?.removes;
  }

  isAncestor(older: string, newer: string): boolean {
    for (let at: string | undefined = newer; at !== undefined; at = this.#commits.get(at)?.parent)
      if (at === older) return true;
    return false;
  }
}

/** The commit in a revision in Flux's format. */
export function commitOf(revision: string): string {
  return revision.slice(-40);
}
