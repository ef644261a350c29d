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

/** The include that gets the tasks `verify` and `sync`. */
const FLUX = "flux";

/** Cuts the root Taskfile down to what the options name and what that calls. */
export const taskfile: Step = {
  id: "taskfile",
  title: "Taskfiles down to the essential tasks, with flux:verify and flux:sync",
  risk: "low",
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
  // Without the new tasks, the old ones are all there is.
  const pruned = options.taskfile.pruned.filter((name) => name !== FLUX || wanted !== undefined);
  const essential = essentialOf(repository, taskfiles, { ...options.taskfile, pruned });
  const notes: Note[] = [...includeNotes(taskfiles, essential)];
  if (fluxFile !== undefined && !wanted) {
    const message = "stays: the clusters' root Kustomizations, or their sources, differ in name";
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
  const root = changes.find(({ path }) => path === taskfiles.root)?.text;
  if (root !== undefined) notes.push(...unreadVariables(taskfiles, essential, root, context, changes));
  return { changes, notes };
}

function prunedFiles({ includes }: Taskfiles, pruned: readonly string[]): readonly string[] {
  return includes.flatMap(({ name, file }) => (pruned.includes(name) && file !== undefined ? [file] : []));
}

/** What a person should know of the includes that stay. */
function includeNotes({ includes }: Taskfiles, essential: Essential): readonly Note[] {
  return includes.flatMap(({ name, file, misnamed, optional, position }) => {
    const reason = essential.includes.get(name);
    const notes: Note[] = [];
    if (reason) notes.push({ kind: "left", message: `include ${name} stays: ${reason}`, position });
    if (misnamed)
      notes.push({
        kind: "unknown",
        message: `include ${name} works only where file names ignore case: Task looks for Taskfile.yaml, the file is ${file ?? ""}`,
        position,
      });
    if (file === undefined && !optional)
      notes.push({ kind: "unknown", message: `include ${name} leads to no Taskfile`, position });
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
      const comments = commentsAbove(edit, ["includes", name]);
      if (!edit.remove(0, ["includes", name]))
        return {
          kind: "left",
          message: `include ${name} is written in a form that is not changed`,
          position,
        };
      return { kind: "lost", message: removedInclude(include, tasks) + comments, position };
    });
}

function removedInclude({ name, file }: Include, tasks: readonly Task[]): string {
  if (file === undefined) return `include ${name} is removed; the repository has no Taskfile of it`;
  const names = tasks.filter(({ include }) => include === name).map((task) => task.name);
  return `include ${name} is removed, and with it ${names.join(", ") || "no task"}; ${file} stays`;
}

function missing(wanted: ReadonlyMap<string, string> | undefined, tasks: readonly Task[]): readonly string[] {
  return [...(wanted ?? [])].flatMap(([name, lines]) => (tasks.some(({ key }) => key === name) ? [] : lines));
}

/** Removes the tasks of a file that do not stay, and adds others at its end. */
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
    const comments = commentsAbove(edit, path);
    const done = replaced && task === last ? edit.replace(0, path, lines) : edit.remove(0, path);
    if (!done)
      return { kind: "left", message: `task ${name} is written in a form that is not changed`, position };
    const what = description === "" ? name : `${name} (${description})`;
    return {
      kind: "lost",
      message: `task ${what} is removed: nothing that stays calls it${comments}`,
      position,
    };
  });
}

/** What stands above an entry goes with it. */
function commentsAbove(edit: YamlEdit, path: readonly string[]): string {
  const lines = edit.linesOf(0, path)?.split("\n") ?? [];
  const comments = lines.filter((line) => line.startsWith("#"));
  return comments.length === 0 ? "" : `; its comment "${comments.join(" ")}" goes too`;
}

/** Variables of the root that nothing reads any more. */
function unreadVariables(
  { root, files, includes }: Taskfiles,
  essential: Essential,
  rootText: string,
  { repository }: StepContext,
  changes: readonly FileChange[],
): readonly Note[] {
  const vars = files.get(root)?.vars;
  const staying = includes.flatMap(({ name, file }) => (essential.includes.has(name) ? (file ?? []) : []));
  const texts = staying.map(
    (file) => changes.find(({ path }) => path === file)?.text ?? fileText(repository, file) ?? "",
  );
  const unread = Object.keys(isMapping(vars) ? vars : {}).filter(
    (name) => ![rootText, ...texts].some((text) => reads(text, name)),
  );
  if (unread.length === 0) return [];
  const message = `variables that nothing reads any more stay: ${unread.join(", ")}`;
  return [{ kind: "left", message, position: { file: root, line: 1, column: 1 } }];
}
