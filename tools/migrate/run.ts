import { lstatSync, mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { writeFileAtomic } from "../../lib/atomic-file.ts";
import { EdgefirstError } from "../../lib/errors.ts";
import type { Repository } from "../gitops/yaml/repository.ts";
import { SourceFile } from "../gitops/yaml/source.ts";
import type { BuiltCluster } from "../gitops/flux/built.ts";
import { fileText } from "../gitops/yaml/file-text.ts";
import { prove, type Proof } from "./proof.ts";
import type { FileChange, Plan, Step, StepContext } from "./step.ts";
import { parseFully } from "../gitops/yaml/parse.ts";
import { symbolicLinkOn } from "../gitops/edit/symbolic-link.ts";
import { encryptedFiles } from "./encrypted.ts";

/** What a step would do, and what is proven of it. */
export interface StepResult {
  readonly step: Step;
  readonly plan: Plan;
  readonly proof: Proof;
  /** The repository as the step would leave it. */
  readonly after: Repository;
}

/** Plans a step and proves it; writes nothing. What SOPS has encrypted is left, as if it was not selected. */
export function runStep(step: Step, given: StepContext): StepResult {
  const first = step.plan(given);
  const encrypted = encryptedFiles(given.repository, changesOf(first, given));
  const selected = (path: string): boolean => given.selected(path) && !encrypted.has(path);
  const context = encrypted.size === 0 ? given : { ...given, selected };
  const planned = encrypted.size === 0 ? first : step.plan(context);
  const plan = { notes: [...planned.notes, ...encrypted.values()], changes: changesOf(planned, context) };
  return { step, plan, ...prove(step, context, plan) };
}

/** What a plan changes of the files that are selected. */
function changesOf({ changes }: Plan, { selected, repository }: StepContext): readonly FileChange[] {
  return changes
    .filter(({ path }) => selected(path))
    .filter(({ path, text }) => text !== fileText(repository, path));
}

/** Runs steps one on top of the other, each from what the one before would leave. */
export function runSteps(steps: readonly Step[], context: StepContext): readonly StepResult[] {
  let { repository, clusters }: { repository: Repository; clusters: readonly BuiltCluster[] } = context;
  return steps.map((step) => {
    const result = runStep(step, { ...context, repository, clusters });
    ({ after: repository } = result);
    ({ clusters } = result.proof);
    return result;
  });
}

/**
 * Writes the changes of a step, each file whole or not at all, after all of them have been looked at.
 * @throws EdgefirstError where a file is not what it was when the step was planned, is no YAML afterwards, or is, or lies below, a symbolic link
 */
export function writeChanges(before: Repository, changes: readonly FileChange[]): void {
  for (const change of changes) checkChange(before, change);
  for (const { path, text } of changes) {
    const absolute = join(before.root, path);
    if (text === undefined) {
      rmSync(absolute);
      continue;
    }
    mkdirSync(dirname(absolute), { recursive: true });
    const mode = statSync(absolute, { throwIfNoEntry: false })?.mode ?? 0o644;
    writeFileAtomic(absolute, text, mode & 0o777);
  }
}

function checkChange(before: Repository, { path, text }: FileChange): void {
  const absolute = join(before.root, path);
  const nothing = "Nothing was written.";
  const link = symbolicLinkOn(before.root, path);
  if (link !== undefined) {
    const fault = link === path ? "is a symbolic link" : `lies below the symbolic link ${link}`;
    throw new EdgefirstError(`${path} ${fault}.`, `Migrate what it leads to. ${nothing}`);
  }
  const now = lstatSync(absolute, { throwIfNoEntry: false }) ? readFileSync(absolute, "utf8") : undefined;
  if (now !== fileText(before, path)) {
    throw new EdgefirstError(`${path} has been changed meanwhile.`, `Run the step again. ${nothing}`);
  }
  if (text === undefined || !/\.ya?ml$/.test(path)) return;
  const [fault] = parseFully(new SourceFile(path, text)).errors;
  if (fault) throw new Error(`the step would leave ${path} as no YAML: ${fault.message}`);
}
