import type { Repository } from "../../../gitops/yaml/repository.ts";
import { locate, SourceFile, type Position } from "../../../gitops/yaml/source.ts";
import { fileText } from "../../../gitops/yaml/file-text.ts";
import { runsCommands, textFiles } from "../../text-files.ts";
import { shellCallsAt, writtenName } from "./calls.ts";
import { tasksCalled, type Task, type Taskfiles } from "./taskfiles.ts";

/** A place in the repository that names a task. */
export interface Mention {
  /** `{{…}}` in it stands for anything. */
  readonly name: string;
  readonly written: string;
  readonly position: Position;
  /** A script or a workflow calls the task; otherwise a text for people names it. */
  readonly isCall: boolean;
}

/** A name with a namespace, such as `flux:sync` or `talos:*`. */
const NAME = /(?<![\w/.@:{}$-])[A-Za-z_][\w.-]*(?::(?:[\w.-]*\w|\*))+(?![\w:/@])/g;

/** Where files other than the Taskfiles that define them name or call tasks. */
export function mentionsIn(repository: Repository, taskfiles: Taskfiles): readonly Mention[] {
  const namespaces = new Set(
    taskfiles.tasks.flatMap(({ names }) => names.map((name) => name.split(":")[0] ?? "")),
  );
  return textFiles(repository).flatMap((file) => {
    const text = fileText(repository, file) ?? "";
    if (text.includes("\0")) return [];
    const source = new SourceFile(file, text);
    const isTaskfile = taskfiles.files.has(file);
    const isScript = !isTaskfile && runsCommands(file, text);
    const calls = isTaskfile
      ? []
      : shellCallsAt(text).filter(({ name }) => isScript || !writtenName(name).includes("{{"));
    const names = [...text.matchAll(NAME)]
      .map(({ 0: name, index }) => ({ name, offset: index }))
      .filter(({ name }) => namespaces.has(name.slice(0, name.indexOf(":"))))
      .filter(({ name }) => tasksCalled(taskfiles.tasks, anyFor(name)).length > 0)
      .filter(({ name }) => !isTaskfile || isOnlyNamed(taskfiles.tasks, name, file));
    return [
      ...calls.map((call) => ({ ...call, isCall: isScript })),
      ...names.map((name) => ({ ...name, isCall: false })),
    ].map(({ name, offset, isCall }) => ({
      name: anyFor(name),
      written: writtenName(name),
      isCall,
      position: locate({ source, offset }),
    }));
  });
}

const anyFor = (name: string): string => name.replace(/\*$/, "{{}}");

/** Whether a Taskfile names a task that it neither defines nor calls: calls count only while the calling task stays, and a task's help names the task itself. */
function isOnlyNamed(tasks: readonly Task[], name: string, file: string): boolean {
  return (
    tasksCalled(tasks, name).every((task) => task.file !== file) &&
    !tasks.some((task) => task.file === file && task.calls.includes(name))
  );
}
