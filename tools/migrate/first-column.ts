import { fileText } from "../gitops/yaml/file-text.ts";
import type { Repository } from "../gitops/yaml/repository.ts";
import type { FileChange } from "./step.ts";

/**
 * The changes with each comment that stood in the first column, above an indented entry, there again. Editors switch lines off like that, with the line's
 * own indentation behind the `#`: indented with the others, it would no longer fit once its `#` is gone.
 */
export function withFirstColumn(
  changes: readonly FileChange[],
  repository: Repository,
): readonly FileChange[] {
  return changes.map((change) => {
    const before = fileText(repository, change.path);
    return change.text === undefined || before === undefined
      ? change
      : { ...change, text: inFirstColumn(before, change.text) };
  });
}

function inFirstColumn(before: string, after: string): string {
  const own = outdented(before.split("\n"));
  if (own.size === 0) return after;
  return after
    .split("\n")
    .map((line) => (own.has(line.trim()) ? line.trimStart() : line))
    .join("\n");
}

/** The comments in the first column above an indented entry; not one that is also written elsewhere, such as in a script. */
function outdented(lines: readonly string[]): ReadonlySet<string> {
  const own = new Set<string>();
  let isBelowIndented = false;
  for (const line of lines.toReversed())
    if (!/^\s*(?:#|$)/.test(line)) isBelowIndented = /^\s/.test(line);
    else if (line.startsWith("#") && isBelowIndented) own.add(line.trim());
  for (const line of lines) if (/^\s+#/.test(line)) own.delete(line.trim());
  return own;
}
