import type { Origin } from "../yaml/source.ts";
import type { Value } from "../yaml/values.ts";
import { BuildError } from "../problem.ts";
import type { Directory } from "./directory.ts";
import { localPath } from "./local-path.ts";

/**
 * The first document of a YAML file that a kustomization names, read as sigs.k8s.io/yaml does; null if there is none.
 * @throws BuildError if the file does not exist or is not valid
 */
export function localValue(directory: Directory, path: string, origin: Origin): Value {
  const { repository } = directory;
  const resolved = localPath(directory, path, origin);
  if (!repository.isFile(resolved)) throw repository.absence("file", resolved, origin);
  const { documents, errors } = repository.parse(resolved, "v2");
  const [error] = errors;
  if (error) throw new BuildError(error.message, error.origin, "syntax");
  return documents[0]?.value ?? null;
}
