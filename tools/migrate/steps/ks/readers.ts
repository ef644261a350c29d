import { searchedText } from "../../../gitops/yaml/file-text.ts";
import type { Repository } from "../../../gitops/yaml/repository.ts";
import type { Note } from "../../step.ts";
import { runsCommands, textFiles, uncommentedLines } from "../../text-files.ts";

/** A command that takes a Kustomization from its file instead of the cluster. Source: internal/build/build.go in fluxcd/flux2. */
const BUILDS = /--kustomization-file\b/;
/** A command that applies a Kustomization from its file. */
const APPLIES = /\bkubectl\b.*\b(?:apply|replace|create)\b.*\bks\.ya?ml\b/;

/** Fields without an effect on what a Kustomization builds. */
const NOT_BUILT = new Set([
  ...["interval", "retryInterval", "timeout", "wait", "prune", "force", "suspend", "deletionPolicy"],
  ...["sourceRef", "dependsOn", "healthChecks", "healthCheckExprs", "serviceAccountName", "kubeConfig"],
]);

/**
 * The commands that read a child's own file, without its parent's patches, and so miss what the step removes.
 * @param removed paths of fields, such as `spec.postBuild.substitute`
 */
export function readersOfChildren(repository: Repository, removed: ReadonlySet<string>): readonly Note[] {
  const all = [...removed].toSorted();
  const built = all.filter((path) => !NOT_BUILT.has(path.split(".")[1] ?? ""));
  if (all.length === 0) return [];
  return textFiles(repository).flatMap((file) => {
    const text = searchedText(repository, file);
    if (!(BUILDS.test(text) || APPLIES.test(text)) || !runsCommands(file, text)) return [];
    return uncommentedLines(text).flatMap(({ line, number }): readonly Note[] => {
      const missing = APPLIES.test(line) ? all : BUILDS.test(line) ? built : [];
      if (missing.length === 0) return [];
      const message = `this command takes a Kustomization from its file, without the patches of its parent, and this step removes fields from such files (${missing.join(", ")}): for a child that it changes, the command no longer does what Flux does. Read them from the cluster, or write the fields in a copy for it`;
      return [{ kind: "runbook", message, position: { file, line: number, column: 1 } }];
    });
  });
}
