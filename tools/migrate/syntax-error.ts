import { oncePer } from "../../lib/once-per.ts";
import { isYamlFile } from "../gitops/yaml/paths.ts";
import { parsedOnce } from "../gitops/yaml/repository.ts";
import { SourceFile } from "../gitops/yaml/source.ts";
import type { FileChange } from "./step.ts";

/** The new text of a file as a file of the repository after the step; undefined if it is removed. */
export const sourceOf = oncePer(({ path, text }: FileChange): SourceFile | undefined =>
  text === undefined ? undefined : new SourceFile(path, text),
);

/** The syntax error that a change would put into a YAML file; undefined if there is none. The build of the repository after the step does not parse it again. */
export function syntaxErrorOf(change: FileChange): string | undefined {
  const source = sourceOf(change);
  return source === undefined || !isYamlFile(change.path) ? undefined : parsedOnce(source).errors[0]?.message;
}
