import type { Repository } from "../../../gitops/yaml/repository.ts";
import type { MigrateOptions } from "../../options.ts";
import { formatNote } from "../../report.ts";
import type { Note } from "../../step.ts";
import { FLUX, isFluxTask } from "./flux-names.ts";
import { callsIn, writtenName } from "./calls.ts";
import { lentVariable } from "./lent-variables.ts";
import { mentionsIn, type Mention } from "./mentions.ts";
import {
  includedElsewhere,
  tasksCalled,
  unknownIncludesCalled,
  type Task,
  type Taskfiles,
} from "./taskfiles.ts";

type Options = MigrateOptions["taskfile"];

/** What is kept. */
export interface Essential {
  /** The tasks that are kept; the reason is empty unless a file other than the remaining Taskfiles calls or names the task. */
  readonly tasks: ReadonlyMap<Task, string>;
  /** The includes in the root Taskfile that are kept, and why; the reason is empty for those that the options do not remove. */
  readonly includes: ReadonlyMap<string, string>;
  /** Texts that name a task which the options remove by its name. */
  readonly outdated: readonly Note[];
}

/** What stays: everything that the options do not remove and that no new task replaces, and what any of that calls or reads, directly or indirectly. */
export function essentialOf(
  repository: Repository,
  taskfiles: Taskfiles,
  options: Options,
  replaced: ReadonlySet<Task>,
): Essential {
  const tasks = new Map<Task, string>();
  const includes = new Map<string, string>();
  const keepInclude = (name: string, reason: string): void => {
    if (name === "" || includes.has(name)) return;
    includes.set(name, isRemovableInclude(name, options) ? reason : "");
    for (const task of taskfiles.tasks)
      if (task.include === name && !isRemovable(task, options, replaced)) keep(task, "");
    for (const file of taskfiles.filesOf.get(name) ?? []) keepReadBy(file);
  };
  const keep = (task: Task, reason: string, mention = ""): void => {
    if (tasks.has(task)) return;
    tasks.set(task, mention);
    keepInclude(task.include, reason);
    for (const call of task.calls) keepCalled(call, `${task.name} calls ${writtenName(call)}`);
  };
  const keepCalled = (call: string, reason: string, mention = ""): void => {
    for (const called of tasksCalled(taskfiles.tasks, call)) keep(called, reason, mention);
    for (const name of unknownIncludesCalled(taskfiles, call)) keepInclude(name, reason);
  };
  const keepReadBy = (file: string): void => {
    const { vars = null, env = null } = taskfiles.files.get(file) ?? {};
    for (const { name } of callsIn([vars, env])) keepCalled(name, `a variable in ${file} calls ${name}`);
  };
  keepReadBy(taskfiles.root);
  for (const { name } of taskfiles.includes) if (!isRemovableInclude(name, options)) keepInclude(name, "");
  for (const task of taskfiles.tasks)
    if (task.include === "" && !isRemovable(task, options, replaced)) keep(task, "");
  const isComplete = taskfiles.tasks.every((task) => tasks.has(task));
  const mentions = isComplete ? [] : mentionsIn(repository, taskfiles);
  for (const { name, written, position, isCall } of mentions) {
    const reason = `${position.file}:${position.line} ${isCall ? "calls" : "names"} ${written}`;
    if (isCall) keepCalled(name, reason, reason);
    else
      for (const task of tasksCalled(taskfiles.tasks, name))
        if (!isNamedForRemoval(task, options)) keep(task, reason, reason);
  }
  for (const [file, position] of isComplete ? [] : includedElsewhere(repository, taskfiles)) {
    const reason = `${position.file}:${position.line} includes ${file}`;
    for (const task of taskfiles.tasks) if (task.file === file) keep(task, reason, reason);
  }
  for (;;) {
    const lent = lentVariable(repository, taskfiles, includes);
    if (!lent) return { tasks, includes, outdated: outdatedBy(mentions, taskfiles, tasks) };
    keepInclude(lent.include, lent.reason);
  }
}

function isRemovableInclude(name: string, { includes, remove }: Options): boolean {
  return remove.includes(name) || (includes !== undefined && !includes.includes(name));
}

function isRemovable(task: Task, options: Options, replaced: ReadonlySet<Task>): boolean {
  const { keep, pruned } = options;
  if (replaced.has(task) || isNamedForRemoval(task, options)) return true;
  if (task.include === FLUX && isFluxTask(task.key)) return false;
  const isPruned = task.include === "" || pruned.includes(task.include);
  return keep !== undefined && isPruned && !keep.some((name) => tasksCalled([task], name).length > 0);
}

const isNamedForRemoval = ({ names, include }: Task, { remove }: Options): boolean =>
  remove.includes(include) || names.some((name) => remove.includes(name));

/** Texts that name a task which is removed. */
function outdatedBy(
  mentions: readonly Mention[],
  { tasks: all }: Taskfiles,
  kept: ReadonlyMap<Task, string>,
): readonly Note[] {
  const notes = mentions.flatMap(({ name, written, position }): Note[] => {
    const named = tasksCalled(all, name);
    const isGone = named.length > 0 && !named.some((task) => kept.has(task));
    return isGone
      ? [{ kind: "left", message: `this line still names ${written}, which is removed`, position }]
      : [];
  });
  return [...new Map(notes.map((note) => [formatNote(note), note])).values()];
}
