import type { Repository } from "../../../gitops/yaml/repository.ts";
import { isMapping } from "../../../gitops/yaml/values.ts";
import type { MigrateOptions } from "../../options.ts";
import { fileText } from "../../../gitops/yaml/file-text.ts";
import { callsFromOutside } from "./calls.ts";
import { tasksCalled, unknownIncludesCalled, type Task, type Taskfiles } from "./taskfiles.ts";

/** The tasks and includes that are kept. */
export interface Essential {
  readonly tasks: ReadonlySet<Task>;
  /** Includes in the root Taskfile, and why each is kept; the reason is empty for those that the options name. */
  readonly includes: ReadonlyMap<string, string>;
}

/** What the options name, and everything that those tasks call or read, directly or indirectly. */
export function essentialOf(
  repository: Repository,
  taskfiles: Taskfiles,
  options: MigrateOptions["taskfile"],
): Essential {
  const kept = new Set<Task>();
  const includes = new Map<string, string>();
  const keepInclude = (name: string, reason: string): void => {
    if (name === "" || includes.has(name)) return;
    includes.set(name, reason);
    if (options.pruned.includes(name)) return;
    for (const task of taskfiles.tasks.filter(({ include }) => include === name)) keep(task, "");
  };
  const keep = (task: Task, reason: string): void => {
    if (kept.has(task)) return;
    kept.add(task);
    keepInclude(task.include, reason);
    for (const call of task.calls) keepCalled(call, `${task.name} calls ${call}`);
  };
  const keepCalled = (call: string, reason: string): void => {
    for (const called of tasksCalled(taskfiles.tasks, call)) keep(called, reason);
    for (const { name } of unknownIncludesCalled(taskfiles, call)) keepInclude(name, reason);
  };
  for (const { name } of taskfiles.includes) if (options.includes.includes(name)) keepInclude(name, "");
  for (const name of options.keep) keepCalled(name, `taskfile.keep names ${name}`);
  for (const call of callsFromOutside(repository, taskfiles.files))
    keepCalled(call, `a script or a workflow calls ${call}`);
  for (;;) {
    const lent = lentVariable(repository, taskfiles, { tasks: kept, includes });
    if (!lent) return { tasks: kept, includes };
    keepInclude(lent.include, `it sets ${lent.variable}, which ${lent.file} reads`);
  }
}

/** A variable that a remaining Taskfile reads and only a removed one sets: Task merges the variables of all Taskfiles. */
function lentVariable(
  repository: Repository,
  { root, includes, files }: Taskfiles,
  essential: Essential,
): { readonly include: string; readonly variable: string; readonly file: string } | undefined {
  const staying = includes.flatMap(({ name, file }) =>
    essential.includes.has(name) && file !== undefined ? [file] : [],
  );
  const set = new Set([root, ...staying].flatMap((file) => variablesOf(files, file)));
  for (const { name, file } of includes) {
    if (essential.includes.has(name) || file === undefined) continue;
    for (const variable of variablesOf(files, file)) {
      const reader = staying.find((path) => reads(fileText(repository, path) ?? "", variable));
      if (!set.has(variable) && reader !== undefined) return { include: name, variable, file: reader };
    }
  }
  return undefined;
}

function variablesOf(files: Taskfiles["files"], file: string): readonly string[] {
  const vars = files.get(file)?.vars;
  return isMapping(vars) ? Object.keys(vars) : [];
}

/** Whether a template in a text reads a variable. */
export function reads(text: string, variable: string): boolean {
  return new RegExp(`\\{\\{[^}]*\\.${variable.replace(/\W/g, "\\$&")}\\b`).test(text);
}
