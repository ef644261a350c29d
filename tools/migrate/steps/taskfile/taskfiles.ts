import { posix } from "node:path";
import type { Repository } from "../../../gitops/yaml/repository.ts";
import { locate, type Position } from "../../../gitops/yaml/source.ts";
import { entryOrigin, isMapping, type Mapping, type Value } from "../../../gitops/yaml/values.ts";
import { callsIn, matches } from "./calls.ts";

/** The file names that Task looks for, in its order. Source: https://taskfile.dev/docs/guide, "Supported file names". */
const NAMES = ["Taskfile", "taskfile"].flatMap((name) => [`${name}.yml`, `${name}.yaml`]);
const FILE_NAMES = [...NAMES, ...NAMES.map((name) => name.replace(".", ".dist."))];

/** A task, by the name that the root uses. */
export interface Task {
  readonly name: string;
  /** The name in its own file. */
  readonly key: string;
  readonly file: string;
  /** The root's include that provides it; empty for the root's own tasks. */
  readonly include: string;
  readonly description: string;
  readonly calls: readonly string[];
  readonly position: Position;
}

/** An include of the root Taskfile. */
export interface Include {
  readonly name: string;
  /** Undefined if the repository has no such file. */
  readonly file: string | undefined;
  /** The file name differs from the expected one in case only: Task finds it only on some machines. */
  readonly misnamed: boolean;
  readonly optional: boolean;
  readonly position: Position;
}

/** The Taskfiles, starting at the root. */
export interface Taskfiles {
  readonly root: string;
  readonly includes: readonly Include[];
  readonly tasks: readonly Task[];
  /** Top-level mapping of each file. */
  readonly files: ReadonlyMap<string, Mapping>;
}

/** Reads the root Taskfile and its includes; undefined if there is none or it cannot be parsed. */
export function readTaskfiles(repository: Repository): Taskfiles | undefined {
  const root = taskfileAt(repository, ".");
  const fields = root === undefined ? undefined : mappingOf(repository, root);
  if (root === undefined || !fields) return undefined;
  const files = new Map([[root, fields]]);
  const tasks = [...tasksOf(fields, root, "", "")];
  const includes = includesOf(repository, root, fields);
  for (const { name, file } of includes) {
    if (file !== undefined) tasks.push(...read(repository, file, { namespace: name, include: name, files }));
  }
  return { root, includes, tasks, files };
}

function read(
  repository: Repository,
  file: string,
  at: { namespace: string; include: string; files: Map<string, Mapping> },
): readonly Task[] {
  const { namespace, include, files } = at;
  const fields = files.has(file) ? undefined : mappingOf(repository, file);
  if (!fields) return [];
  files.set(file, fields);
  const below = includesOf(repository, file, fields).flatMap((nested) =>
    nested.file === undefined
      ? []
      : read(repository, nested.file, { namespace: `${namespace}:${nested.name}`, include, files }),
  );
  return [...tasksOf(fields, file, namespace, include), ...below];
}

function mappingOf(repository: Repository, file: string): Mapping | undefined {
  const { documents, errors } = repository.parse(file);
  const value = documents[0]?.value;
  return errors.length === 0 && documents.length === 1 && isMapping(value) ? value : undefined;
}

function taskfileAt(repository: Repository, directory: string): string | undefined {
  return FILE_NAMES.map((name) => posix.join(directory, name)).find((path) => repository.isFile(path));
}

function misnamedAt(repository: Repository, directory: string): string | undefined {
  if (!repository.isDirectory(directory)) return undefined;
  const entries = repository.entries(directory);
  const found = entries.find(({ name }) => FILE_NAMES.includes(name.toLowerCase()));
  return found && posix.join(directory, found.name);
}

function includesOf(repository: Repository, file: string, fields: Mapping): readonly Include[] {
  const { includes } = fields;
  if (!isMapping(includes)) return [];
  return Object.entries(includes).map(([name, value]) => {
    const written = isMapping(value) ? value.taskfile : value;
    const path = typeof written === "string" ? repository.resolve(posix.dirname(file), written) : undefined;
    const found = path === undefined || repository.isFile(path) ? path : taskfileAt(repository, path);
    const misnamed = found === undefined && path !== undefined ? misnamedAt(repository, path) : undefined;
    return {
      name,
      file: found ?? misnamed,
      misnamed: misnamed !== undefined,
      optional: isMapping(value) && value.optional === true,
      position: locate(entryOrigin(includes, name)),
    };
  });
}

function tasksOf(fields: Mapping, file: string, namespace: string, include: string): readonly Task[] {
  const { tasks } = fields;
  if (!isMapping(tasks)) return [];
  const full = (name: string): string => (namespace === "" ? name : `${namespace}:${name}`);
  return Object.entries(tasks).map(([key, task]: [string, Value]) => ({
    name: full(key),
    key,
    file,
    include,
    description: isMapping(task) && typeof task.desc === "string" ? task.desc : "",
    calls: callsIn(task).map((call) =>
      call.local ? (call.name.startsWith(":") ? call.name.slice(1) : full(call.name)) : call.name,
    ),
    position: locate(entryOrigin(tasks, key)),
  }));
}

/** The tasks that a call may mean; its name may contain templates. */
export function tasksCalled(tasks: readonly Task[], name: string): readonly Task[] {
  return tasks.filter((task) => matches(task.name, name) || task.name === `${name}:default`);
}
