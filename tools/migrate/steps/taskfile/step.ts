import { isMapping } from "../../../gitops/yaml/values.ts";
import { YamlEdit } from "../../../gitops/edit/yaml-edit.ts";
import { fileText } from "../../../gitops/yaml/file-text.ts";
import {
  noChangeAllowed,
  type FileChange,
  type Note,
  type Plan,
  type Step,
  type StepContext,
} from "../../step.ts";
import { essentialOf, reads, type Essential } from "./essential.ts";
import { fluxTasks } from "./flux-tasks.ts";
import { readTaskfiles, type Include, type Task, type Taskfiles } from "./taskfiles.ts";

/** The include that receives the tasks `verify` and `sync`. */
const FLUX = "flux";

/** Reduces the root Taskfile to the tasks that the options name and the tasks that those call. */
export const taskfile: Step = {
  id: "taskfile",
  title: "Reduce the Taskfiles to the essential tasks, and add flux:verify and flux:sync",
  risk: { level: "low", phrase: "nothing in a cluster changes" },
  reads: "files",
  live: [],
  plan,
  whyForbidden: noChangeAllowed,
};

function plan(context: StepContext): Plan {
  const { repository, options } = context;
  const taskfiles = readTaskfiles(repository);
  if (!taskfiles) return { changes: [], notes: [] };
  const fluxFile = taskfiles.includes.find(({ name }) => name === FLUX)?.file;
  const wanted = fluxTasks(context, taskfiles.files.get(taskfiles.root) ?? {});
  // Without the new tasks, the old ones must be kept.
  const pruned = options.taskfile.pruned.filter((name) => name !== FLUX || wanted !== undefined);
  const essential = essentialOf(repository, taskfiles, { ...options.taskfile, pruned });
  const notes: Note[] = [...includeNotes(taskfiles, essential)];
  if (fluxFile !== undefined && !wanted) {
    const message =
      "unchanged: the names of the root Kustomizations or their sources differ between clusters";
    notes.push({ kind: "left", message, position: { file: fluxFile, line: 1, column: 1 } });
  }
  const changes: FileChange[] = [];
  for (const file of new Set([
    taskfiles.root,
    ...prunedFiles(taskfiles, pruned),
    ...(fluxFile ? [fluxFile] : []),
  ])) {
    if (!context.selected(file)) continue;
    const edit = new YamlEdit(fileText(repository, file) ?? "");
    if (file === taskfiles.root) notes.push(...removeIncludes(edit, taskfiles, essential));
    const tasks = taskfiles.tasks.filter((task) => task.file === file);
    const added = file === fluxFile ? missing(wanted, tasks) : [];
    notes.push(...editTasks(edit, tasks, essential, added));
    changes.push({ path: file, text: edit.text() });
  }
  if (changes.some(({ path }) => path === taskfiles.root))
    notes.push(...unreadVariables(taskfiles, essential, context, changes));
  return { changes, notes };
}

function prunedFiles({ includes }: Taskfiles, pruned: readonly string[]): readonly string[] {
  return includes.flatMap(({ name, file }) => (pruned.includes(name) && file !== undefined ? [file] : []));
}

/** Notes on the includes that are kept. */
function includeNotes({ includes }: Taskfiles, essential: Essential): readonly Note[] {
  return includes.flatMap(({ name, file, misnamed, optional, isTemplate, position }) => {
    const reason = essential.includes.get(name);
    const notes: Note[] = [];
    if (reason) notes.push({ kind: "left", message: `include ${name} is kept: ${reason}`, position });
    if (misnamed)
      notes.push({
        kind: "unknown",
        message: `include ${name} works only on file systems that ignore case: Task looks for Taskfile.yaml, and the file is ${file ?? ""}`,
        position,
      });
    if (file === undefined && !optional && !isTemplate)
      notes.push({
        kind: "unknown",
        message: `include ${name} points to a file that does not exist`,
        position,
      });
    return notes;
  });
}

function removeIncludes(
  edit: YamlEdit,
  { includes, tasks }: Taskfiles,
  essential: Essential,
): readonly Note[] {
  return includes
    .filter(({ name }) => !essential.includes.has(name))
    .map((include) => {
      const { name, position } = include;
      const comments = withComments(edit.commentsRemovedWith(0, ["includes", name]));
      if (!edit.remove(0, ["includes", name]))
        return {
          kind: "left",
          message: `include ${name} is kept: it is written in a form that cannot be edited safely`,
          position,
        };
      return { kind: "removed", message: removedInclude(include, tasks) + comments, position };
    });
}

function removedInclude({ name, file, isTemplate }: Include, tasks: readonly Task[]): string {
  if (isTemplate) return `include ${name} is removed; its path is a template, and nothing calls its tasks`;
  if (file === undefined) return `include ${name} is removed; it points to a file that does not exist`;
  const names = tasks.filter(({ include }) => include === name).map((task) => task.name);
  return `include ${name} is removed, with ${names.length === 0 ? "no tasks" : `the ${names.length === 1 ? "task" : "tasks"} ${names.join(", ")}`}; the file ${file} is kept`;
}

function missing(wanted: ReadonlyMap<string, string> | undefined, tasks: readonly Task[]): readonly string[] {
  return [...(wanted ?? [])].flatMap(([name, lines]) => (tasks.some(({ key }) => key === name) ? [] : lines));
}

/** Removes unneeded tasks from a file and adds new ones at the end. */
function editTasks(
  edit: YamlEdit,
  tasks: readonly Task[],
  essential: Essential,
  added: readonly string[],
): readonly Note[] {
  const going = tasks.filter((task) => !essential.tasks.has(task));
  const lines = added.join("\n");
  const last = going.length === tasks.length ? going.at(-1) : undefined;
  const replaced = lines !== "" && last !== undefined;
  if (lines !== "" && !last) edit.insert(0, ["tasks"], `\n${lines}`);
  return going.map((task) => {
    const { key, name, description, position } = task;
    const path = ["tasks", key];
    const isReplaced = replaced && task === last;
    const comments = withComments(
      isReplaced ? edit.commentsOf(0, path, true) : edit.commentsRemovedWith(0, path),
    );
    const done = isReplaced ? edit.replace(0, path, lines) : edit.remove(0, path);
    if (!done)
      return {
        kind: "left",
        message: `task ${name} is kept: it is written in a form that cannot be edited safely`,
        position,
      };
    const what = description === "" ? name : `${name} (${description})`;
    return {
      kind: "removed",
      message: `task ${what} is removed: no remaining task calls it${comments}`,
      position,
    };
  });
}

/** Ends a message with the comments that are deleted. */
function withComments(comments: readonly string[]): string {
  return comments.length === 0 ? "" : `; deleted with its comments: ${comments.join(" ")}`;
}

/** Variables in the root Taskfile that nothing reads any more. */
function unreadVariables(
  { root, files, includes }: Taskfiles,
  essential: Essential,
  { repository }: StepContext,
  changes: readonly FileChange[],
): readonly Note[] {
  const vars = files.get(root)?.vars;
  const staying = includes.flatMap(({ name, file }) => (essential.includes.has(name) ? (file ?? []) : []));
  const texts = [root, ...staying].map(
    (file) => changes.find(({ path }) => path === file)?.text ?? fileText(repository, file) ?? "",
  );
  const unread = Object.keys(isMapping(vars) ? vars : {}).filter(
    (name) => !texts.some((text) => reads(text, name)),
  );
  if (unread.length === 0) return [];
  const message = `no longer used, and left in place: ${unread.length === 1 ? "variable" : "variables"} ${unread.join(", ")}`;
  return [{ kind: "left", message, position: { file: root, line: 1, column: 1 } }];
}
