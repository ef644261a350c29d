import type { Origin } from "../yaml/source.ts";
import { BuildError, unsupported } from "../problem.ts";
import type { Directory } from "./directory.ts";

/**
 * Resolves a path in a kustomization, relative to the root.
 * @throws {BuildError} if the path leaves the repository, or is a URL that Kustomize would fetch
 */
export function localPath({ repository, path: directory }: Directory, path: string, origin: Origin): string {
  if (/^https?:\/\//i.test(path))
    throw unsupported(`the remote resource ${path}: it would have to be fetched`, origin);
  const resolved = repository.resolve(directory, path);
  if (resolved === undefined) throw new BuildError(`${path} leaves the repository`, origin);
  return resolved;
}
