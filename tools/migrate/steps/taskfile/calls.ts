import { posix } from "node:path";
import type { Repository } from "../../../gitops/yaml/repository.ts";
import { isMapping, type Value } from "../../../gitops/yaml/values.ts";
import { fileText } from "../../../gitops/yaml/file-text.ts";

/** A call of a task. */
export interface Call {
  readonly name: string;
  /** The name is relative to the calling file's namespace, unless it begins with a colon. */
  readonly local: boolean;
}

/** `task name` in a shell command; options before the name are skipped. */
const SHELL_CALL = /\btask[ \t]+(?:-\S+[ \t]+)*([A-Za-z_.][\w.:-]*)/g;

/** What a task calls: in `deps`, by `task:`, and by the command `task` in its scripts. */
export function callsIn(task: Value): readonly Call[] {
  if (typeof task === "string") return shellCalls(task).map((name) => ({ name, local: false }));
  if (Array.isArray(task)) return task.flatMap(callsIn);
  if (!isMapping(task)) return [];
  return Object.entries(task).flatMap(([key, value]: [string, Value]) => {
    if (key === "task" && typeof value === "string") return [{ name: value, local: true }];
    if (key !== "deps" || !Array.isArray(value)) return callsIn(value);
    return value.flatMap((entry) =>
      typeof entry === "string" ? [{ name: entry, local: true }] : callsIn(entry),
    );
  });
}

function shellCalls(text: string): readonly string[] {
  return [...text.matchAll(SHELL_CALL)].flatMap(([, name]) => name ?? []);
}

/** Whether a call can mean a task; `{{…}}` matches anything. */
export function matches(name: string, call: string): boolean {
  const [first = "", ...rest] = call.split(/\{\{.*?\}\}/);
  if (rest.length === 0) return name === call;
  const last = rest.at(-1) ?? "";
  return name.startsWith(first) && name.endsWith(last);
}

/** Files that run commands: workflows and other YAML, scripts, makefiles. */
const RUNS_COMMANDS = /(?:\.ya?ml|\.sh|\.bash|\.envrc|(?:^|\/)(?:Makefile|justfile))$/;

/** What files other than Taskfiles call. */
export function callsFromOutside(
  repository: Repository,
  taskfiles: ReadonlyMap<string, unknown>,
): readonly string[] {
  const calls: string[] = [];
  const visit = (directory: string): void => {
    for (const entry of repository.entries(directory)) {
      const path = posix.join(directory, entry.name);
      if (entry.isDirectory()) {
        if (entry.name !== ".git" && entry.name !== "node_modules") visit(path);
      } else if (entry.isFile() && RUNS_COMMANDS.test(path) && !taskfiles.has(path)) {
        calls.push(...shellCalls(fileText(repository, path) ?? ""));
      }
    }
  };
  visit(".");
  return calls;
}
