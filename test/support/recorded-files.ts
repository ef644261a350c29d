import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";

const HOOK = pathToFileURL(join(import.meta.dirname, "record-files.mjs")).href;

/** Environment in which every Node process records which files it loads and reads. */
export const recordingEnv = (file: string): NodeJS.ProcessEnv => ({
  NODE_OPTIONS: `--import=${HOOK}`,
  RECORD_FILES: file,
});

/** What was recorded: files of the project, and the names of packages in its `node_modules`. */
export function recordedFiles(file: string, project: string): { files: Set<string>; packages: Set<string> } {
  const paths = readFileSync(file, "utf8")
    .split("\n")
    .filter((path) => path.startsWith(`${project}/`))
    .map((path) => relative(project, path));
  const packages = paths.flatMap(
    (path) =>
      /^(node_modules\/.*node_modules\/|node_modules\/)(@[^/]+\/[^/]+|[^/@.][^/]*)\//
        .exec(path)
        ?.slice(1, 3)
        .join("") ?? [],
  );
  return {
    files: new Set(paths.filter((path) => !path.startsWith("node_modules/"))),
    packages: new Set(packages),
  };
}
