import { posix } from "node:path";

// Paths in a repository: relative to its root, with forward slashes.

/** A path without `.`, `..` in the middle, and slash at the end; `.` if it is empty. */
export function normalized(path: string): string {
  return NORMAL.test(path) ? path : posix.normalize(path).replace(/(.)\/$/, "$1");
}

/** Like `posix.join`. */
export const joined = (directory: string, path: string): string =>
  NORMAL.test(directory) && NORMAL.test(path) ? `${directory}/${path}` : posix.join(directory, path);

/** Matches most paths that are normalized already, in a tenth of the time: none of their parts is empty or begins with a dot. */
const NORMAL = /^(?:[^./][^/]*\/)*[^./][^/]*$/;

/** Whether a path is a directory or below it. */
export const isIn = (path: string, directory: string): boolean =>
  directory === "." || path === directory || path.startsWith(`${directory}/`);

/** The names of a kustomization file, in the order in which Kustomize looks for them. Source: RecognizedKustomizationFileNames in its api/konfig. */
export const KUSTOMIZATION_NAMES = ["kustomization.yaml", "kustomization.yml", "Kustomization"] as const;

/** Whether a path is that of a kustomization file. */
export function isKustomizationFile(path: string): boolean {
  return (KUSTOMIZATION_NAMES as readonly string[]).includes(posix.basename(path));
}

/** Whether a path is that of a YAML file. One kustomization file has no extension. */
export function isYamlFile(path: string): boolean {
  return /\.ya?ml$/.test(path) || isKustomizationFile(path);
}
