import { lstatSync, mkdirSync, readFileSync, rmdirSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { writeFileAtomic } from "../../lib/atomic-file.ts";
import { encodedAs, readText } from "../../lib/encoded-text.ts";
import { EdgefirstError } from "../../lib/errors.ts";
import { symbolicLinkOn } from "../gitops/edit/symbolic-link.ts";
import { fileText } from "../gitops/yaml/file-text.ts";
import type { Repository } from "../gitops/yaml/repository.ts";
import { syntaxErrorOf } from "./syntax-error.ts";
import type { FileChange } from "./step.ts";

/**
 * Writes the changes of a step, or of several as one, after checking all of them; each file is written completely or not at all. Directories that become
 * empty are removed.
 * @throws EdgefirstError if a file has changed since it was planned, would not be valid YAML, or is a symbolic link or below one
 */
export function writeChanges(before: Repository, changes: readonly FileChange[]): void {
  const plain = new Set<string>();
  for (const change of changes) checkChange(before, change, plain);
  for (const { path, text } of changes) {
    const absolute = join(before.root, path);
    if (text === undefined) {
      rmSync(absolute);
      removeEmptyDirectories(before.root, dirname(absolute));
      continue;
    }
    const present = statSync(absolute, { throwIfNoEntry: false });
    if (!present) mkdirSync(dirname(absolute), { recursive: true });
    const mode = present?.mode ?? 0o644;
    const bytes = present ? encodedAs(text, readFileSync(absolute)) : text;
    writeFileAtomic(absolute, bytes, mode & 0o777);
  }
}

function removeEmptyDirectories(root: string, directory: string): void {
  for (let path = directory; path.startsWith(`${root}/`) && path !== root; path = dirname(path)) {
    try {
      rmdirSync(path);
    } catch {
      return;
    }
  }
}

/**
 * The changes of several steps as one: each file is written once, however many steps change it, and not at all if the last leaves it as it was before
 * the first.
 */
export function combined(before: Repository, changes: readonly FileChange[]): readonly FileChange[] {
  const last = new Map(changes.map((change) => [change.path, change]));
  return [...last.values()].filter(({ path, text }) => text !== fileText(before, path));
}

const NOTHING_WRITTEN = "Nothing was written.";

/** @param plain paths that are known to be no symbolic links */
function checkChange(before: Repository, change: FileChange, plain: Set<string>): void {
  const { path } = change;
  const absolute = join(before.root, path);
  const link = symbolicLinkOn(before.root, path, plain);
  if (link !== undefined) {
    const problem = link === path ? "is a symbolic link" : `is below the symbolic link ${link}`;
    throw new EdgefirstError(
      `${path} ${problem}.`,
      `Migrate the directory that it points to. ${NOTHING_WRITTEN}`,
    );
  }
  const now = lstatSync(absolute, { throwIfNoEntry: false }) ? readText(absolute) : undefined;
  if (now !== fileText(before, path)) {
    throw new EdgefirstError(
      `${path} has changed since the step was planned.`,
      `Re-run the step. ${NOTHING_WRITTEN}`,
    );
  }
  const error = syntaxErrorOf(change);
  if (error !== undefined) throw new Error(`the step would turn ${path} into invalid YAML: ${error}`);
}
