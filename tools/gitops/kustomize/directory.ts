import type { Repository } from "../yaml/repository.ts";

/** A directory in a repository, to which the paths in its kustomization file are relative. */
export interface Directory {
  readonly repository: Repository;
  readonly path: string;
}
