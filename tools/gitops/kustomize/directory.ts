import type { Repository } from "../yaml/repository.ts";

/** A directory of a repository: what paths in its kustomization file are relative to. */
export interface Directory {
  readonly repository: Repository;
  readonly path: string;
}
