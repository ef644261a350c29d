import type { Repository } from "../yaml/repository.ts";
import type { Origin } from "../yaml/source.ts";
import { BuildError, unsupported } from "../problem.ts";

/**
 * Where a path of a kustomization leads.
 * @throws {BuildError} where it leaves the repository, or is an address, which Kustomize would fetch
 */
export function localPath(repository: Repository, directory: string, path: string, origin: Origin): string {
  if (/^https?:\/\//i.test(path))
    throw unsupported(`the remote resource ${path}: it would have to be fetched`, origin);
  const resolved = repository.resolve(directory, path);
  if (resolved === undefined) throw new BuildError(`${path} leaves the repository`, origin);
  return resolved;
}
