import { OPTIONS_FILE } from "../../options-file.ts";
import type { Note, StepContext } from "../../step.ts";
import type { Essential } from "./essential.ts";
import type { Include } from "./includes.ts";
import { tasksCalled, type Task, type Taskfiles } from "./taskfiles.ts";

/** Notes on the includes that are kept. */
export function includeNotes({ includes }: Taskfiles, essential: Essential): readonly Note[] {
  return includes.flatMap(({ name, file, misnamed, optional, unknown, position }) => {
    const reason = essential.includes.get(name);
    if (reason === undefined) return [];
    const notes: Note[] = [];
    if (reason !== "") notes.push({ kind: "left", message: `include ${name} is kept: ${reason}`, position });
    if (misnamed)
      notes.push({
        kind: "unknown",
        message: `include ${name} works only on file systems that ignore case: Task looks for Taskfile.yaml, and the file is ${file ?? ""}`,
        position,
      });
    if (file === undefined && !optional && unknown === "")
      notes.push({
        kind: "unknown",
        message: `include ${name} points to a file that does not exist`,
        position,
      });
    return notes;
  });
}

/** Notes on the tasks that only a call from outside or a text keeps; one note for an include is enough. */
export function taskNotes({ tasks, includes }: Essential): readonly Note[] {
  return [...tasks]
    .filter(([{ include }, reason]) => reason !== "" && (includes.get(include) ?? "") === "")
    .map(([{ name, position }, reason]) => ({
      kind: "left",
      message: `task ${name} is kept: ${reason}`,
      position,
    }));
}

/** Tasks that are only meant to be called, such as `.reset`, and that only removed tasks called. */
export function idleNotes({ tasks }: Taskfiles, { tasks: kept }: Essential): readonly Note[] {
  const calledBy = (callers: readonly Task[]): ReadonlySet<Task> =>
    new Set(callers.flatMap(({ calls }) => calls.flatMap((call) => tasksCalled(tasks, call))));
  const before = calledBy(tasks);
  const after = calledBy([...kept.keys()]);
  return tasks
    .filter((task) => /^[._]/.test(task.key) && kept.has(task) && before.has(task) && !after.has(task))
    .map(({ name, position }) => ({
      kind: "left",
      message: `task ${name} is kept, but no remaining task calls it`,
      position,
    }));
}

/** How to remove includes, if the options do not name any. */
export function proposal(
  { root, includes }: Taskfiles,
  { includes: only, remove }: StepContext["options"]["taskfile"],
): readonly Note[] {
  if (includes.length === 0 || only !== undefined || remove.length > 0) return [];
  const names = includes.map(({ name }) => name).join(", ");
  const message = `every include stays (${names}): to keep only some, list those under taskfile.includes in ${OPTIONS_FILE}`;
  return [{ kind: "option", message, position: { file: root, line: 1, column: 1 } }];
}

/** What is removed with an include. */
export function removedInclude({ name, file, unknown }: Include, tasks: readonly Task[]): string {
  if (unknown !== "") return `include ${name} is removed; ${unknown}, and nothing calls its tasks`;
  if (file === undefined) return `include ${name} is removed; it points to a file that does not exist`;
  const names = tasks.filter(({ include }) => include === name).map((task) => task.name);
  return `include ${name} is removed, with ${names.length === 0 ? "no tasks" : `the ${names.length === 1 ? "task" : "tasks"} ${names.join(", ")}`}; the file ${file} is kept`;
}

/** Ends a message with the comments that are deleted. */
export function withComments(comments: readonly string[]): string {
  return comments.length === 0 ? "" : `; deleted with its comments: ${comments.join(" ")}`;
}
