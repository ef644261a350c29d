import { isMapping } from "../../../gitops/yaml/values.ts";
import type { YamlEdit } from "../../../gitops/edit/yaml-edit.ts";
import { fileText } from "../../../gitops/yaml/file-text.ts";
import { Edits } from "../../edits.ts";
import {
  noChangeAllowed,
  type FileChange,
  type Note,
  type Plan,
  type Step,
  type StepContext,
} from "../../step.ts";
import { essentialOf, type Essential } from "./essential.ts";
import { changeEntries, withoutBlankStart } from "./edit-entries.ts";
import { fluxTasks, otherFluxTasks, type FluxTask } from "./flux-tasks.ts";
import { FLUX } from "./flux-names.ts";
import { idleNotes, includeNotes, proposal, removedInclude, taskNotes, withComments } from "./notes.ts";
import { reads } from "./lent-variables.ts";
import { notEditable } from "../../not-editable.ts";
import { readTaskfiles, type Task, type Taskfiles } from "./taskfiles.ts";

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
  const flux = taskfiles.includes.find(({ name }) => name === FLUX)?.file;
  const edits = new Edits(repository);
  const added = flux === undefined ? [] : newTasks(context, taskfiles, flux, edits.of(flux));
  const replaced = new Set(
    taskfiles.tasks.filter(
      ({ file, key }) => file === flux && added?.some(({ replaces }) => replaces === key),
    ),
  );
  // Without the new tasks, the old ones must be kept.
  const pruned = options.taskfile.pruned.filter((name) => name !== FLUX || added !== undefined);
  const essential = essentialOf(repository, taskfiles, { ...options.taskfile, pruned }, replaced);
  const notes: Note[] = [
    ...includeNotes(taskfiles, essential),
    ...taskNotes(essential),
    ...idleNotes(taskfiles, essential),
  ];
  if (flux !== undefined && !added) {
    const message =
      "no task is added: the names of the root Kustomizations or their sources differ between clusters";
    notes.push({ kind: "left", message, position: { file: flux, line: 1, column: 1 } });
  }
  const own = taskfiles.files.get(flux ?? "") ?? {};
  for (const { key, command } of otherFluxTasks(context, own)) {
    const message = `task ${FLUX}:${key} is kept as it is: it does not run \`${command}\`, so rename it if the step should add its own`;
    for (const { position } of taskfiles.tasks.filter((task) => task.file === flux && task.key === key))
      notes.push({ kind: "left", message, position });
  }
  if (context.selected(taskfiles.root))
    notes.push(...removeIncludes(edits.of(taskfiles.root), taskfiles, essential));
  const staying = taskfiles.tasks.filter(({ include }) => include === "" || essential.includes.has(include));
  for (const [file, tasks] of Map.groupBy(staying, (task) => task.file)) {
    if (!context.selected(file)) continue;
    notes.push(...editTasks(edits.of(file), tasks, essential, file === flux ? (added ?? []) : []));
  }
  const changes = edits.changes().map(({ path, text = "" }) => {
    const before = fileText(repository, path) ?? "";
    return { path, text: withoutBlankStart(before, withoutBlankStart(before, text, "includes"), "tasks") };
  });
  if (changes.some(({ path, text }) => path === taskfiles.root && text !== fileText(repository, path)))
    notes.push(...unreadVariables(taskfiles, essential, context, changes));
  return { changes, notes: [...notes, ...essential.outdated, ...proposal(taskfiles, options.taskfile)] };
}

function newTasks(
  context: StepContext,
  { root, files }: Taskfiles,
  flux: string,
  edit: YamlEdit,
): readonly FluxTask[] | undefined {
  return fluxTasks(context, files.get(root) ?? {}, files.get(flux) ?? {}, edit);
}

function removeIncludes(
  edit: YamlEdit,
  { root, includes, tasks }: Taskfiles,
  essential: Essential,
): readonly Note[] {
  const going = includes.filter(({ name }) => !essential.includes.has(name));
  const { removed, kept } = changeEntries(
    edit,
    "includes",
    going.map(({ name }) => name),
  );
  return going.map((include) => {
    const { name, position } = include;
    const comments = removed.get(name);
    if (comments === undefined)
      return {
        kind: "left",
        message: `include ${name} is kept: ${notEditable(kept.get(name) ?? edit, root)}`,
        position,
      };
    return { kind: "removed", message: removedInclude(include, tasks) + withComments(comments), position };
  });
}

/** Removes unneeded tasks from a file and adds new ones: in place of the tasks that they replace, or at the end. */
function editTasks(
  edit: YamlEdit,
  tasks: readonly Task[],
  essential: Essential,
  added: readonly FluxTask[],
): readonly Note[] {
  const staying = new Set(tasks.filter((task) => essential.tasks.has(task)).map(({ key }) => key));
  const going = tasks.filter(({ key }) => !staying.has(key));
  const isReplacing = ({ replaces }: FluxTask): boolean => going.some(({ key }) => key === replaces);
  const file = tasks[0]?.file ?? "";
  const { removed, kept, notAdded } = changeEntries(
    edit,
    "tasks",
    [...new Set(going.map(({ key }) => key))],
    added.map((task) => ({
      lines: task.lines(isReplacing(task)),
      replaces: isReplacing(task) ? task.replaces : undefined,
    })),
  );
  const failed: readonly Note[] = notAdded
    ? [
        {
          kind: "left",
          message: `no task is added: ${notEditable(notAdded, file)}`,
          position: { file, line: 1, column: 1 },
        },
      ]
    : [];
  return [
    ...failed,
    ...going.map(({ key, name, description, position }): Note => {
      const comments = removed.get(key);
      if (comments === undefined)
        return {
          kind: "left",
          message: `task ${name} is kept: ${notEditable(kept.get(key) ?? edit, file)}`,
          position,
        };
      const what = description === "" ? name : `${name} (${description})`;
      const by = added.find(({ replaces }) => replaces === key);
      const why = by
        ? `${FLUX}:${by.key} replaces it, and has its name as an alias`
        : "no remaining task calls it";
      return {
        kind: "removed",
        message: `task ${what} is removed: ${why}${withComments(comments)}`,
        position,
      };
    }),
  ];
}

/** Variables in the root Taskfile that nothing reads any more. */
function unreadVariables(
  { root, files, includes, filesOf }: Taskfiles,
  essential: Essential,
  { repository }: StepContext,
  changes: readonly FileChange[],
): readonly Note[] {
  const vars = files.get(root)?.vars;
  const staying = includes.filter(({ name }) => essential.includes.has(name));
  const readers = [root, ...staying.flatMap(({ name }) => filesOf.get(name) ?? [])].map((file) => ({
    text: changes.find(({ path }) => path === file)?.text ?? fileText(repository, file) ?? "",
    fields: files.get(file),
  }));
  const unread = Object.keys(isMapping(vars) ? vars : {}).filter(
    (name) => !readers.some(({ text, fields }) => reads(text, fields, name)),
  );
  if (unread.length === 0) return [];
  const message = `no longer used, and left in place: ${unread.length === 1 ? "variable" : "variables"} ${unread.join(", ")}`;
  return [{ kind: "left", message, position: { file: root, line: 1, column: 1 } }];
}
