import type { Origin } from "../yaml/source.ts";
import { BuildError, unsupported } from "../problem.ts";
import type { Directory } from "./directory.ts";

/**
 * Where a path of a kustomization leads, relative to the root.
 * @throws {BuildError} if it leaves the repository, or is a URL, which Kustomize would fetch
 */
export function localPath({ repository, path: directory }: Directory, path: string, origin: Origin): string {
  if (/^https?:\/\//i.test(path))
    throw unsupported(`the remote resource ${path}: it would have to be fetched`, origin);
  const resolved = repository.resolve(directory, path);
  if (resolved === undefined) throw new BuildError(`${path} leaves the repository`, origin);
  return resolved;
}
